"""What `make bench` runs: each speed as a ratio in one run, printed with what it was measured against."""
