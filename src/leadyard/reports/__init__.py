"""Reports: roll-ups kept up to date in the write path, and the figures read from them."""
