"""The suppliers: they post the market's leads, some of them twice at once, and write down every answer."""

import itertools
import json
import re
from collections import Counter
from collections.abc import Iterator

import msgspec

from benchmarks import load
from benchmarks.market.scenario import METHODS
from benchmarks.market.set_up import SID

_PATH = "/restapi/v1.3/leads"
_TWICE_EVERY = 50
_NUMBER = re.compile(rb'"data1": ?"(\d+)"')
ACCEPTED, DUPLICATE, CAP = 1, -2, -4


class Answers(msgspec.Struct):
    """What suppliers were told, by the number of the lead."""

    accepted: dict[int, list[str]] = {}
    """Queue ids of each lead that was accepted."""
    codes: Counter[int] = Counter()
    surprises: list[str] = []

    def told(self, request: bytes, answer: bytes) -> None:
        """Write down an answer."""
        found = _NUMBER.search(request)
        number = int(found[1]) if found else -1
        head, _, body = answer.partition(b"\r\n\r\n")
        document = json.loads(body) if head.split(b" ")[1] == b"200" else {}
        code = int(document.get("code", 0))
        self.codes[code] += 1
        if code == ACCEPTED:
            self.accepted.setdefault(number, []).append(document["results"][0]["queueId"])
        elif code not in (DUPLICATE, CAP):
            self.surprises.append(answer.decode(errors="replace")[:300])


def requests(key: str, count: int) -> Iterator[bytes]:
    """Write the market's leads as requests, campaign by campaign in turn; every fiftieth is posted twice."""
    for number in range(count):
        request = lead(key, METHODS[number % len(METHODS)], number)
        yield request
        if number % _TWICE_EVERY == 0:
            yield request


def posted(count: int) -> int:
    """Tell how many requests so many leads are."""
    return count + len(range(0, count, _TWICE_EVERY))


def lead(key: str, campaign: str, number: int) -> bytes:
    """Write one lead as a request."""
    document = {
        "lead": {
            "campid": campaign,
            "sid": SID,
            "email": f"person.{number}@example.com",
            "phone1": f"07{700_000_000 + number:09d}",
            "firstname": "Josephine",
            "lastname": "Smith",
            "data1": str(number),
        }
    }
    return load.post(_PATH, json.dumps(document).encode(), f"X_KEY: {key}\r\n")


def endless(key: str, campaign: str) -> Iterator[bytes]:
    """Write leads of one campaign without end."""
    return (lead(key, campaign, number) for number in itertools.count())
