"""A batch is answered lead by lead, in order, and every lead stands for itself."""

from typing import Any

import pytest
from tests.dialects.leadbyte.world import PLAIN_KEY, World, new_lead

from leadyard.intake.model import IntakeResult, Submission
from leadyard.intake.service import Intake

SEE_ERRORS = "One or more errors occurred, see errors array"


async def post(world: World, leads: Any, version: str = "v1.2") -> Any:
    reply = await world.call("POST", f"/restapi/{version}/leads", json=leads)
    assert reply.status == 200, reply.text
    return reply.json


@pytest.mark.parametrize("wrap", [lambda leads: {"leads": leads}, lambda leads: leads])
async def test_all_go_in(world: World, wrap: Any) -> None:
    answer = await post(world, wrap([new_lead() for _ in range(3)]))
    assert list(answer) == ["status", "code", "message", "results"]
    assert (answer["status"], answer["code"], answer["message"]) == ("Success", 2, "")
    assert [list(item) for item in answer["results"]] == [["queueId", "status", "code"]] * 3
    assert [item["status"] for item in answer["results"]] == ["Queued"] * 3


async def test_a_form_with_brackets_is_a_batch_too(world: World) -> None:
    lines = [
        f"leads[{i}][{name}]={value}"
        for i in range(2)
        for name, value in new_lead(email=f"{i}@example.com").items()
    ]
    body = "&".join(lines).replace(" ", "+").encode()
    reply = await world.call("POST", "/restapi/v1.2/leads", body=body)
    assert [item["status"] for item in reply.json["results"]] == ["Queued", "Queued"]


async def test_some_go_in(world: World) -> None:
    leads = [new_lead(), new_lead(email="x"), new_lead(campid="EXAMPLE-QUARANTINE"), new_lead(campid="?")]
    answer = await post(world, {"leads": leads}, "v1.3")
    assert (answer["status"], answer["code"], answer["message"]) == ("Warning", 1, SEE_ERRORS)
    first, second, third, fourth = answer["results"]
    assert (first["status"], first["code"]) == ("Queued", 1)
    assert second == {
        "queueId": None,
        "status": "Error",
        "code": -5,
        "errors": ["Email is not a valid email address"],
    }
    assert third["status"] == "Quarantined"
    assert (fourth["code"], fourth["errors"]) == (-9, ["Campaign not found"])


async def test_none_goes_in(world: World) -> None:
    answer = await post(world, [new_lead(email="x"), new_lead(campid="?")])
    assert list(answer) == ["status", "code", "message", "redirectUrl", "errors", "results"]
    assert (answer["status"], answer["code"]) == ("Error", -5)
    assert answer["errors"] == ["Email is not a valid email address"]
    assert [item["code"] for item in answer["results"]] == [-5, -9]


async def test_of_two_equal_leads_one_goes_in(world: World) -> None:
    twice = new_lead()
    answer = await post(world, [twice, new_lead(), twice])
    assert [item["status"] for item in answer["results"]] == ["Queued", "Queued", "Error"]
    assert answer["results"][2]["code"] == -2
    assert "Duplicate" in answer["results"][2]["errors"][0]


async def test_of_equal_leads_far_apart_the_first_goes_in(world: World) -> None:
    twice = new_lead()
    answer = await post(world, [twice, *(new_lead() for _ in range(400)), twice])
    assert [item["code"] for item in answer["results"]] == [2] * 401 + [-2]


async def test_a_batch_in_which_one_lead_breaks_something_keeps_the_others(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    submit = Intake.submit

    async def fail_once(intake: Intake, submission: Submission) -> IntakeResult:
        if submission.sid == "3":
            raise RuntimeError("a mistake of ours")
        return await submit(intake, submission)

    monkeypatch.setattr(Intake, "submit", fail_once)
    answer = await post(world, [new_lead(sid="3"), new_lead()])
    assert answer["status"] == "Warning"
    assert answer["results"][0] == {
        "queueId": None,
        "status": "Error",
        "code": -100,
        "errors": ["Internal error"],
    }


async def test_a_thousand_are_taken_and_one_more_is_not(world: World) -> None:
    leads = [new_lead() for _ in range(1001)]
    too_many = await world.call("POST", "/restapi/v1.2/leads", json={"leads": leads})
    assert too_many.status == 400
    assert await world.rows("leads") == []
    answer = await post(world, {"leads": leads[:1000]})
    assert answer["status"] == "Success"
    assert len({item["queueId"] for item in answer["results"]}) == 1000


@pytest.mark.parametrize("leads", [[], "x", 1, {}, [1], [[]], [None], ["x"], [new_lead(), 3]])
async def test_what_is_no_batch_is_refused_and_stores_nothing(world: World, leads: Any) -> None:
    reply = await world.call("POST", "/restapi/v1.2/leads", json={"key": PLAIN_KEY, "leads": leads})
    assert reply.status == 400
    assert reply.json["status"] == "Error"
    assert reply.json["errors"]
    assert await world.rows("leads") == []
