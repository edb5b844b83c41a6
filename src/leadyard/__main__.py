"""Lets `python -m leadyard` be the same as the command `leadyard`."""

from leadyard.cli import main

if __name__ == "__main__":
    main()
