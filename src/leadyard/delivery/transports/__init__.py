"""How leads travel to buyers: one folder per kind of delivery."""
