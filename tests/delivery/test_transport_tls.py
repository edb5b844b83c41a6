"""A buyer that is not who it must be gets no lead; we show a certificate of our own to those who ask for one."""

from datetime import timedelta
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import load_pem_private_key
from tests.delivery.buyers import ACCEPTING, Call, buyer, transport
from tests.delivery.certificates import DAY, Authority, Identity, key_pem, server_context

from leadyard.delivery.model import ClientCertificate, FieldMapping, HttpTarget, Outcome, Verdict
from leadyard.delivery.transports.http import HttpTransport, check_target
from leadyard.delivery.transports.http.tls import context_of

OURS, OTHER = Authority(), Authority("Other")
US = OURS.identity()


async def take(call: Call) -> None:
    await call.answer("taken")


def target(url: str, tls: ClientCertificate | None) -> HttpTarget:
    fields = (FieldMapping("email", "{{ email }}"),)
    return HttpTarget(url, fields=fields, timeout_seconds=2, tls=tls)


async def deliver(http: HttpTransport, url: str, tls: ClientCertificate | None) -> Verdict:
    return await http.deliver(target(url, tls), ACCEPTING, {"email": "ann@example.com"}, idempotency_key="k")


def trusting(identity: Identity | None = None, authority: Authority = OURS) -> ClientCertificate:
    mine = identity or Identity("", "")
    return ClientCertificate(mine.certificate, mine.key, authority=authority.certificate)


async def test_a_buyer_whose_certificate_our_authority_signed_gets_the_lead(tmp_path: Path) -> None:
    context = server_context(tmp_path, OURS.identity())
    async with buyer(take, tls=context) as running, transport() as http:
        verdict = await deliver(http, running.url, trusting())
    assert verdict.outcome is Outcome.ACCEPT, verdict.reason


@pytest.mark.parametrize(
    "identity",
    [
        OURS.identity("127.0.0.2"),
        OURS.identity(begun=2 * DAY, left=-DAY),
        OURS.identity(begun=timedelta(hours=-1)),
        OTHER.identity(),
    ],
    ids=["of another host", "expired", "not valid yet", "of another authority"],
)
async def test_a_certificate_that_does_not_prove_the_buyer_is_tried_again_and_gets_no_lead(
    identity: Identity, tmp_path: Path
) -> None:
    async with buyer(take, tls=server_context(tmp_path, identity)) as running, transport() as http:
        verdict = await deliver(http, running.url, trusting())
    assert verdict.outcome is Outcome.RETRY
    assert "certificate" in verdict.reason
    assert running.calls == []


async def test_the_public_authorities_do_not_count_beside_a_private_one(tmp_path: Path) -> None:
    context = server_context(tmp_path, OURS.identity())
    async with buyer(take, tls=context) as running, transport() as http:
        verdict = await deliver(http, running.url, trusting(authority=OTHER))
    assert verdict.outcome is Outcome.RETRY


async def test_a_buyer_that_asks_for_a_certificate_is_shown_ours(tmp_path: Path) -> None:
    context = server_context(tmp_path, OURS.identity(), clients_of=OURS)
    async with buyer(take, tls=context) as running, transport() as http:
        verdict = await deliver(http, running.url, trusting(US))
    assert verdict.outcome is Outcome.ACCEPT, verdict.reason


@pytest.mark.parametrize("identity", [None, OTHER.identity()], ids=["none", "of another authority"])
async def test_a_buyer_that_refuses_our_certificate_sold_nothing(
    identity: Identity | None, tmp_path: Path
) -> None:
    context = server_context(tmp_path, OURS.identity(), clients_of=OURS)
    async with buyer(take, tls=context) as running, transport() as http:
        verdict = await deliver(http, running.url, trusting(identity))
    assert verdict.outcome in {Outcome.RETRY, Outcome.UNKNOWN}
    assert running.calls == []


def test_a_context_is_made_once_for_each_certificate() -> None:
    assert context_of(trusting(US)) is context_of(trusting(US))


KEY = ec.generate_private_key(ec.SECP256R1())


@pytest.mark.parametrize(
    ("tls", "field"),
    [
        (ClientCertificate("nonsense", US.key), "tls.certificate"),
        (ClientCertificate(US.certificate, "nonsense"), "tls.private_key"),
        (ClientCertificate(US.certificate), "tls.private_key"),
        (ClientCertificate(private_key=US.key), "tls.certificate"),
        (ClientCertificate(US.certificate, key_pem(KEY)), "tls.private_key"),
        (ClientCertificate(US.certificate, key_pem(KEY, b"open")), "tls.passphrase"),
        (ClientCertificate(US.certificate, key_pem(KEY, b"open"), "wrong"), "tls.private_key"),
        (
            ClientCertificate(authority="-----BEGIN CERTIFICATE-----\nAA\n-----END CERTIFICATE-----"),
            "tls.authority",
        ),
    ],
)
def test_a_certificate_that_cannot_be_used_is_refused_at_set_up(tls: ClientCertificate, field: str) -> None:
    assert [problem.field for problem in check_target(target("https://buyer.example/", tls))] == [field]


def test_a_key_behind_a_passphrase_can_be_used() -> None:
    key = load_pem_private_key(US.key.encode(), None)
    assert isinstance(key, ec.EllipticCurvePrivateKey)
    tls = ClientCertificate(US.certificate, key_pem(key, b"open"), "open")
    assert check_target(target("https://buyer.example/", tls)) == []
