"""Files of leads: the queue of each file delivery, the files built from it, and handing them over."""
