"""What follows a sale: returns, assignment by hand, feedback."""
