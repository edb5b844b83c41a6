"""Small things every room needs; imports nothing of ours."""
