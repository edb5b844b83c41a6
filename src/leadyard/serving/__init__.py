"""`leadyard serve`: database, web processes and workers of one installation on one machine."""
