"""Which deliveries a lead goes to, in which order, and the caps that bound them."""
