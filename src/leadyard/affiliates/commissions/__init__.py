"""Commissions: what events earn, when it is due, how it is paid and taken back."""
