"""GET /apiqueue: polling queue ids (docs/leadbyte.md, "Calls")."""

from leadyard.dialects.leadbyte.call import Answer, Call
from leadyard.dialects.leadbyte.records import envelope, not_found, record_of
from leadyard.dialects.leadbyte.values import UnreadableError, as_asked
from leadyard.kit.ids import read_queue_id
from leadyard.leads.masking import masked_view

_MOST = 1000


async def read_record(call: Call) -> Answer:
    """Answer for the queue id in the path; one that is not the caller's is `Not Found` with status 200."""
    return await _records(call, [call.path_id])


async def list_records(call: Call) -> Answer:
    """Answer for many queue ids, in the order asked; one that is asked for twice is answered twice."""
    asked = as_asked(call.members.get("queueIds", call.members.get("queueId")))
    if not asked:
        raise UnreadableError("queueIds is required")
    if len(asked) > _MOST:
        raise UnreadableError(f"queueIds must not be more than {_MOST}")
    return await _records(call, asked)


async def _records(call: Call, asked: list[str]) -> Answer:
    uuids = {text: read_queue_id(text) for text in asked}
    known = [uuid for uuid in uuids.values() if uuid is not None]
    views = (
        await call.services.leads.by_uuid(
            call.account_id, known, supplier_id=call.supplier_id, buyer_id=call.buyer_id
        )
        if known
        else {}
    )
    setup = await call.setup()
    append = call.principal.key.settings.append
    records = []
    for text in asked:
        uuid = uuids[text]
        view = None if uuid is None else views.get(uuid)
        if uuid is None or view is None:
            records.append(not_found(text))
        else:
            records.append(record_of(uuid, masked_view(view, setup, call.principal), setup, append))
    return call.answer(envelope(records))
