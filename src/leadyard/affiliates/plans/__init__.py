"""Plans: what affiliates are paid for."""
