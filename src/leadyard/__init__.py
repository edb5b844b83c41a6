"""Leadyard: a self-hosted lead exchange."""

__version__ = "0.1.0"
