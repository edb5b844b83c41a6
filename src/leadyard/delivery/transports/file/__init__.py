"""Files of leads: how they are written, named, timed and handed over."""
