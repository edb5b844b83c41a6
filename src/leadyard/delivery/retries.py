"""When a lead that was surely not taken is tried again."""

from leadyard.delivery.model import RetryPolicy

LONGEST_RETRY_AFTER_SECONDS = 86_400
"""A buyer's Retry-After is honoured up to a day; a longer one counts as a day."""


def next_delay(
    policy: RetryPolicy, tries_so_far: int, random_value: float, retry_after_seconds: int | None = None
) -> float | None:
    """Tell how many seconds to wait before the next try, or None when no try is left.

    Exponential with full jitter: `random_value` (0 to 1) of a ceiling that grows by the policy's factor, but never
    sooner than the buyer's Retry-After. `tries_so_far` counts the tries already made, at least 1.
    """
    if tries_so_far > policy.attempts:
        return None
    ceiling = policy.first_delay_seconds * policy.factor ** max(tries_so_far - 1, 0)
    delay = random_value * min(ceiling, policy.maximum_delay_seconds)
    if retry_after_seconds is None:
        return delay
    return max(delay, float(min(retry_after_seconds, LONGEST_RETRY_AFTER_SECONDS)))
