"""Affiliates: who sends traffic, by which codes, in which groups."""
