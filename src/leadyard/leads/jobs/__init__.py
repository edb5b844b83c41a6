"""Work on many leads: done in batches by whichever worker comes, and never forgotten."""
