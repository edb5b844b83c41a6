"""What looks wrong about visits and leads, and the queue in which people decide about it."""
