"""Merchants who post purchases until each is answered, operators who pay what is due, and who they tell of it."""

import asyncio
import itertools
import random
from collections import Counter
from typing import Any
from urllib.parse import parse_qs

from tests.delivery.buyers import Call
from tests.processes.calls import LOST, Answer, ask
from tests.processes.installation import Installation

AFFILIATES = ("top", "middle", "seller")
AMOUNT = "80.00"
_BUSY = 503


class Receiver:
    """Who pays affiliates when told: writes down each reference and amount, and answers a little later."""

    def __init__(self, chance: random.Random) -> None:
        self.told: Counter[str] = Counter()
        self.amounts: dict[str, str] = {}
        self._chance = chance

    async def answer(self, call: Call) -> None:
        """Take a payout."""
        sent = parse_qs(call.body.decode())
        reference = sent["payout_id"][0]
        self.told[reference] += 1
        self.amounts[reference] = sent["amount"][0]
        await asyncio.sleep(self._chance.uniform(0, 0.1))
        await call.answer("paid")


class Merchants:
    """Merchants that post until they are told to stop; one without an answer posts the same purchase again."""

    def __init__(self, installation: Installation) -> None:
        self.answered: dict[str, int] = {}
        """Purchase code to the purchase's id."""
        self.surprises: list[Answer] = []
        self.runs = 0
        self._installation = installation
        self._numbers = itertools.count(1)
        self._stop = asyncio.Event()
        self._key = str(installation.demo()["leaddyno"]["private_key"])

    async def run(self, count: int, pause: float) -> None:
        """Post from so many merchants, each pausing so many seconds; pay what is due twice a second."""
        async with asyncio.TaskGroup() as tasks:
            for _ in range(count):
                tasks.create_task(self._keep_posting(pause))
            tasks.create_task(self._keep_paying())

    def stop(self) -> None:
        self._stop.set()

    async def pay(self) -> bool:
        """Start a payout run; False when its fate is not known."""
        answer = await self._ask("/api/v1/payout-runs", self._installation.key(), {"method": "webhook"})
        if answer is None or answer.status == _BUSY:
            return False
        if answer.status == 201:
            self.runs += 1
        else:
            self.surprises.append(answer)
        return True

    async def _keep_paying(self) -> None:
        while not self._stop.is_set():
            await self.pay()
            await asyncio.sleep(0.5)

    async def _keep_posting(self, pause: float) -> None:
        while not self._stop.is_set():
            code = f"order-{next(self._numbers)}"
            while not await self._post(code):  # noqa: ASYNC110 - the server may be gone, and says nothing
                await asyncio.sleep(0.1)
            await asyncio.sleep(pause)

    async def _post(self, code: str) -> bool:
        document = {
            "key": self._key,
            "email": f"{code}@example.com",
            "purchase_code": code,
            "purchase_amount": AMOUNT,
            "code": AFFILIATES[-1],
        }
        answer = await self._ask("/v1/purchases", "", document)
        if answer is None or answer.status == _BUSY:
            return False
        if answer.status in {200, 201}:
            self.answered[code] = answer.json()["id"]
        else:
            self.surprises.append(answer)
        return True

    async def _ask(self, path: str, key: str, document: dict[str, Any]) -> Answer | None:
        try:
            async with asyncio.timeout(60):
                return await ask(self._installation.port, "POST", path, key, document)
        except LOST:
            return None


async def set_up_programme(port: int, key: str, receiver_url: str) -> None:
    """Make affiliates under each other, lift the rate limit, and say who pays."""
    parent = None
    for name in AFFILIATES:
        document = {"email": f"{name}@example.com", "code": name}
        if parent is not None:
            document["referring_affiliate"] = parent
        answer = await ask(port, "POST", "/api/v1/affiliates", key, document)
        assert answer.status == 201, answer.body
        parent = document["email"]
    changed = await ask(port, "PATCH", "/api/v1/affiliate-program", key, {"requests_per_minute": 0})
    assert changed.status == 200, changed.body
    channel = {"url": f"{receiver_url}/pay", "secret": "a secret of ours"}
    answer = await ask(port, "PUT", "/api/v1/payout-channels/webhook", key, channel)
    assert answer.status == 200, answer.body
