"""Sets the stage of a benchmark: a fresh database, a campaign of twelve fields, and the processes to measure."""

import contextlib
import os
import signal
import socket
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Iterator, Mapping, Sequence
from decimal import Decimal
from pathlib import Path

from leadyard.campaigns import service as setup
from leadyard.campaigns.inputs import BuyerInput, CampaignInput, DeliveryInput, SupplierInput
from leadyard.campaigns.model import (
    CampaignSettings,
    Caps,
    Dedupe,
    DeliveryKind,
    DeliverySettings,
    DeliveryStatus,
    Payout,
    SupplierTerms,
)
from leadyard.delivery.model import AnswerRule, AnswerRules, FieldMapping, HttpTarget
from leadyard.identity import service as identity
from leadyard.identity.actor import Actor
from leadyard.identity.keys import KeyInput
from leadyard.identity.model import ALLOWED, KeyKind, KeySettings
from leadyard.intake.fields import STANDARD_FIELDS, DataType, FieldRule
from leadyard.storage import migrate
from leadyard.storage.database import Database
from leadyard.storage.embedded import EmbeddedPostgres

VALIDATED = ("email", "phone1", "firstname", "lastname", "postcode", "dob", "gender", "ipaddress")
TEXTS = ("data13", "source", "c1", "useragent")


def listeners(count: int) -> list[socket.socket]:
    """Bind a free port once for each process, so that the kernel spreads connections over them."""
    bound = [socket.create_server(("127.0.0.1", 0), backlog=2048, reuse_port=True)]
    port = bound[0].getsockname()[1]
    bound += [
        socket.create_server(("127.0.0.1", port), backlog=2048, reuse_port=True) for _ in range(count - 1)
    ]
    for one in bound:
        one.set_inheritable(True)
    return bound


@contextlib.contextmanager
def processes(
    commands: Sequence[Sequence[str]], fds: Sequence[int] = (), variables: Mapping[str, str] | None = None
) -> Iterator[None]:
    """Run commands side by side, and end them politely."""
    environment = {**os.environ, **(variables or {})}
    running = [subprocess.Popen(command, pass_fds=fds, env=environment) for command in commands]
    try:
        yield
    finally:
        for process in running:
            process.send_signal(signal.SIGTERM)
        for process in running:
            process.wait(timeout=60)


def wait_for(url: str) -> None:
    """Wait until a server answers."""
    for _ in range(300):
        try:
            with urllib.request.urlopen(url, timeout=2):  # noqa: S310 - our own loopback address
                return
        except OSError:
            time.sleep(0.1)
    raise RuntimeError(f"{url} does not answer")


@contextlib.contextmanager
def fresh_database() -> Iterator[str]:
    """Start an embedded server with durable commits in a new folder."""
    with tempfile.TemporaryDirectory(prefix="leadyard-bench-") as folder:
        # As root the server runs as another user, who has to reach its folder.
        Path(folder).chmod(0o711)
        server = EmbeddedPostgres(Path(folder) / "data")
        dsn = server.start()
        try:
            migrate.upgrade(dsn)
            yield dsn
        finally:
            server.stop()


def python(module: str, *arguments: str) -> list[str]:
    """Name a command that runs a module."""
    return [sys.executable, "-m", module, *arguments]


async def prepare(dsn: str, buyer_port: int) -> str:
    """Make the account that the benchmarks post to; gives its key."""
    database = Database(dsn, size=2)
    await database.open()
    try:
        account = await identity.create_account(database, name="Bench", slug="bench", takes_other_hosts=True)
        actor = Actor(account.id, "bench")
        supplier = await setup.suppliers.create(database, actor, SupplierInput(name="Supplier", sid="1"))
        buyer = await setup.buyers.create(database, actor, BuyerInput(company="Buyer", bid="1"))
        campaign = await setup.campaigns.create(database, actor, campaign_document())
        await setup.put_terms(database, actor, campaign.id, supplier.id, SupplierTerms())
        await setup.deliveries.create(database, actor, delivery_document(campaign.id, buyer.id, buyer_port))
        everything = tuple(sorted(ALLOWED[KeyKind.ADMINISTRATOR]))
        document = KeyInput(reference="bench", settings=KeySettings(permissions=everything))
        _, key = await identity.create_key(database, actor, document)
    finally:
        await database.close()
    return key


def campaign_document() -> CampaignInput:
    """Describe a campaign of twelve fields, eight of them validated, with duplicate check and caps."""
    own = FieldRule(name="data13", label="make_of_car", data_type=DataType.TEXT)
    fields = [STANDARD_FIELDS[name] for name in (*VALIDATED, *TEXTS[1:])]
    return CampaignInput(
        reference="BENCH",
        name="Bench",
        settings=CampaignSettings(
            payout=Payout(amount=Decimal("3.5")),
            revenue=Decimal("12.5"),
            dedupe=Dedupe(fields=("email", "phone1")),
            caps=Caps(hour=100_000_000, day=100_000_000),
        ),
        fields=(own, *fields),
    )


def delivery_document(campaign_id: int, buyer_id: int, port: int) -> DeliveryInput:
    """Describe an automatic delivery by HTTP."""
    names = ("firstname", "lastname", "email", "phone1", "postcode", "data13")
    target = HttpTarget(
        url=f"http://127.0.0.1:{port}/lead",
        body="json",
        fields=tuple(FieldMapping(name, f"{{{{ {name} }}}}") for name in names),
    )
    rule = AnswerRule(kind="json_path", path="status", pattern="accepted", outcome="accept")
    settings = DeliverySettings(kind=DeliveryKind.HTTP, http=target, answers=AnswerRules(rules=(rule,)))
    return DeliveryInput(
        campaign_id=campaign_id,
        buyer_id=buyer_id,
        reference="bench",
        status=DeliveryStatus.ACTIVE,
        settings=settings,
    )
