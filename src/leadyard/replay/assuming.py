"""What nobody knows: answers and bids of deliveries that a lead never reached, by what they did with others."""

from collections import Counter
from collections.abc import Mapping

from leadyard.campaigns.model import Delivery, DeliveryKind
from leadyard.replay.model import Habit, Untried
from leadyard.routing.offers import Bid, Offer

NO_ANSWERS = Habit()


class Assumptions:
    """Assumed answers of one replay; the same leads in the same order are always answered alike.

    With `share`, whole leads are taken, spread so that a delivery's share is at any time within half a lead of the
    one that it had in the window.
    """

    def __init__(self, habits: Mapping[int, Habit], untried: Untried) -> None:
        """Take what deliveries did in the window."""
        self._habits = habits
        self._untried = untried
        self._asked: Counter[int] = Counter()
        self._all = Habit(
            sum(habit.asked for habit in habits.values()), sum(habit.taken for habit in habits.values())
        )

    def seconds(self, delivery_id: int) -> float:
        """Tell how long an answer takes."""
        return self._habits.get(delivery_id, NO_ANSWERS).seconds

    def takes(self, delivery: Delivery) -> bool:
        """Answer for a delivery; one that was never asked answers as all others together did."""
        if self._untried is not Untried.SHARE:
            return self._untried is Untried.ACCEPT
        habit = self._habits.get(delivery.id, NO_ANSWERS)
        if not habit.asked:
            habit = Habit(1, 1) if delivery.settings.kind is DeliveryKind.STORE else self._all
        if not habit.asked:
            return False
        before = self._asked[delivery.id]
        self._asked[delivery.id] += 1
        return _rounded(before + 1, habit) > _rounded(before, habit)

    def revenue(self, offer: Offer) -> int:
        """Tell what a delivery pays, in micro-units: its price, or the mean where buyers name their own."""
        habit = self._habits.get(offer.delivery.id, NO_ANSWERS)
        if offer.delivery.settings.answers.revenue is not None and habit.taken:
            return habit.revenue // habit.taken
        return offer.price

    def bid(self, offer: Offer) -> Bid:
        """Bid what a delivery bids on average; one that never bid makes no bid."""
        amount = self._habits.get(offer.delivery.id, NO_ANSWERS).bid
        return Bid(offer.delivery.id, offer.delivery.buyer_id, amount, "" if amount is not None else "no bid")


def _rounded(asked: int, habit: Habit) -> int:
    return (2 * asked * habit.taken + habit.asked) // (2 * habit.asked)
