"""What browsers send: taken with one write, worked in by the worker."""
