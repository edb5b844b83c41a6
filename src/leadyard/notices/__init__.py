"""News for whoever works for an account: kept until they are old, acknowledged, and mailed where that is wanted."""
