"""How many leads a minute: small batches with pauses, so that no sixty seconds ever see more than was said."""

from datetime import timedelta

MOST_PER_MINUTE = 60_000
_LARGEST_BATCH = 200
_BATCHES_PER_MINUTE = 12


def batch_size(per_minute: int) -> int:
    """Tell how many leads a batch takes at most, so that throttled work comes often and in small steps."""
    return max(1, min(_LARGEST_BATCH, per_minute // _BATCHES_PER_MINUTE))


def pause_after(taken: int, per_minute: int) -> timedelta:
    """Tell how long after a batch of so many leads the next one may begin.

    Batches of one are spread evenly. Sixty seconds that begin with a larger one may end with another: the pauses
    leave room for that one.
    """
    size = batch_size(per_minute)
    rate = per_minute if size == 1 else per_minute - size
    return timedelta(seconds=60 * taken / rate)


def longest_pause(per_minute: int) -> timedelta:
    """Tell how long a batch that is begun keeps others away, should nobody ever hear how it ended."""
    return pause_after(batch_size(per_minute), per_minute)
