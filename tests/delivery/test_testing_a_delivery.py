"""A delivery is tested by sending a made-up lead; only an accepted one counts as passed."""

import pytest
from tests.delivery.buyers import Buyer
from tests.exchange import Exchange
