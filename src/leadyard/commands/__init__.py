"""What the command `leadyard` can do, one module per command."""
