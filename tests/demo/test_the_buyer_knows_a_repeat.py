"""The demo's buyer answers a lead that comes again as it did the first time."""

from tests.dialects.leadbyte.client import Client

from leadyard import demo_buyer


async def test_a_repeated_key_has_the_same_reference_and_another_key_another_one() -> None:
    send = Client(demo_buyer.answer)
    references = []
    for key in ("one", "one", "two", None, None):
        headers = {} if key is None else {"Idempotency-Key": key}
        reply = await send("POST", demo_buyer.PATH, json={"email": "jo@example.com"}, headers=headers)
        assert reply.json["status"] == "accepted"
        references.append(reply.json["reference"])
    first, again, *others = references
    assert first == again
    assert len({first, *others}) == 4
