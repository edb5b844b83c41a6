"""The demo: two accounts, a buyer that this server plays itself, and some weeks of made-up history."""

from leadyard.demo.seed import prepare

__all__ = ["prepare"]
