"""The leads that the benchmarks post: twelve fields, each with an e-mail address and a phone of its own."""

import itertools
import json
from collections.abc import Iterator

from benchmarks.load import post

PATH = "/restapi/v1.2/leads"


def lead_requests(key: str, start: int = 0) -> Iterator[bytes]:
    """Make requests without end, the numbers from `start` on."""
    for number in itertools.count(start):
        yield post(PATH, body(key, number))


def body(key: str, number: int) -> bytes:
    """Write one lead as a request's body."""
    return json.dumps({"key": key, "lead": {"campid": "BENCH", **lead(number)}}).encode()


def lead(number: int) -> dict[str, str]:
    """Make one lead."""
    return {
        "sid": "1",
        "email": f"person.{number}@example.com",
        "phone1": f"07{700_000_000 + number % 100_000_000:09d}",
        "firstname": "Josephine",
        "lastname": "O'Connor-Smith",
        "postcode": "TN25 6QD",
        "dob": "1984-02-29",
        "gender": "Female",
        "ipaddress": "198.51.100.7",
        "data13": "Volkswagen",
        "source": "www.example.com",
        "c1": "GoogleAdWords",
        "useragent": "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0",
    }
