"""Tracking: visitors, the touches that brought them, who is credited, and the script that tells of visits."""
