"""A campaign with two buyers who write down what they take, and clients who post to it and write down what is accepted."""

import asyncio
import itertools
import random
from collections import Counter
from typing import Any
from urllib.parse import parse_qs

from tests.delivery.buyers import Call
from tests.processes.calls import LEADS, LOST, Answer, ask, lead
from tests.processes.installation import Installation

from leadyard.intake.fields import STANDARD_FIELDS

CAMPAIGN = "CRASH"
_RULES = [
    {"kind": "exact", "pattern": "taken", "outcome": "accept"},
    {"kind": "exact", "pattern": "refused", "outcome": "reject"},
]


class Buyers:
    """The buyers' own record: the first refuses every fourth lead, the second takes whatever it is offered."""

    def __init__(self, chance: random.Random) -> None:
        self.taken: Counter[int] = Counter()
        self.emails: Counter[str] = Counter()
        self._chance = chance

    async def answer(self, call: Call) -> None:
        """Decide on a lead at once, and answer a little later, so that kills meet leads that are under way."""
        sent = parse_qs(call.body.decode())
        lead_id, email = int(sent["lead.id"][0]), sent["email"][0]
        refused = "/first" in call.head.partition("\r\n")[0] and lead_id % 4 == 0
        if not refused:
            self.taken[lead_id] += 1
            self.emails[email] += 1
        await asyncio.sleep(self._chance.uniform(0, 0.1))
        await call.answer("refused" if refused else "taken")


class Clients:
    """Clients that post until they are told to stop; who gets no answer posts the same lead again."""

    def __init__(self, installation: Installation, key: str) -> None:
        self.accepted: dict[int, str] = {}
        """Number of the lead to the queue id that an answer named."""
        self.unanswered: set[int] = set()
        """Leads that got in though no answer said so: posted again, they were duplicates."""
        self.surprises: list[Answer] = []
        self.not_reached = 0
        self._installation = installation
        self._key = key
        self._numbers = itertools.count(1)
        self._stop = asyncio.Event()

    async def run(self, count: int, pause: float) -> None:
        """Post from so many clients, each pausing so many seconds between its leads."""
        async with asyncio.TaskGroup() as tasks:
            for _ in range(count):
                tasks.create_task(self._keep_posting(pause))

    def stop(self) -> None:
        self._stop.set()

    async def _keep_posting(self, pause: float) -> None:
        while not self._stop.is_set():
            number = next(self._numbers)
            tried = False
            while not await self._post(number, tried_before=tried):
                tried = True
                self.not_reached += 1
                await asyncio.sleep(0.1)
            await asyncio.sleep(pause)

    async def _post(self, number: int, *, tried_before: bool) -> bool:
        """Post a lead; False when its fate is not known."""
        try:
            answer = await self.post(number)
        except LOST:
            return False
        if answer.status == 503:
            return False
        code = answer.code if answer.status == 200 else 0
        if code == 1:
            self.accepted[number] = answer.json()["results"][0]["queueId"]
        elif code == -2 and tried_before:
            self.unanswered.add(number)
        else:
            self.surprises.append(answer)
        return True

    async def post(self, number: int) -> Answer:
        async with asyncio.timeout(60):
            return await ask(self._installation.port, "POST", LEADS, self._key, lead(number, CAMPAIGN))


async def set_up(port: int, key: str, buyer_url: str) -> None:
    """Make the campaign, its two buyers and the deliveries to them, as an operator would."""
    settings = {
        "payout": {"kind": "fixed", "amount": "3.50"},
        "revenue": "12.50",
        "dedupe": {"fields": ["email", "phone1"]},
    }
    fields = [STANDARD_FIELDS[name] for name in ("email", "phone1", "firstname", "lastname")]
    document = {"reference": CAMPAIGN, "name": "Crash", "settings": settings, "fields": fields}
    campaign_id = await _create(port, key, "campaigns", document)
    terms = await ask(port, "PUT", f"/api/v1/campaigns/{campaign_id}/suppliers/1", key, {})
    assert terms.status == 201, terms.body
    for priority, name in enumerate(("first", "second"), start=1):
        buyer_id = await _create(port, key, "buyers", {"company": name.title()})
        target = {
            "url": f"{buyer_url}/{name}",
            "body": "form",
            "fields": [{"name": n, "value": f"{{{{ {n} }}}}"} for n in ("email", "lead.id")],
        }
        delivery = {
            "campaign_id": campaign_id,
            "buyer_id": buyer_id,
            "reference": name,
            "status": "Active",
            "settings": {
                "kind": "Direct Post",
                "priority": priority,
                "http": target,
                "answers": {"rules": _RULES},
            },
        }
        await _create(port, key, "deliveries", delivery)


async def _create(port: int, key: str, noun: str, document: dict[str, Any]) -> int:
    answer = await ask(port, "POST", f"/api/v1/{noun}", key, document)
    assert answer.status == 201, answer.body
    return int(answer.json()["id"])
