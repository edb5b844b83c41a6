"""Value lists in the own API."""

from leadyard.campaigns.api.noun import operations_of
from leadyard.campaigns.model import Status
from leadyard.campaigns.service.value_lists import value_lists, values_of_list
from leadyard.campaigns.value_lists import ValueListValues
from leadyard.identity.model import Permission
from leadyard.own_api.operation import Answer, Call, Operation, Section

EXAMPLE = {"reference": "LONDON", "name": "Postcodes of London", "values": ["E1", "N1", "SW1A"]}


async def _values(call: Call) -> Answer:
    return Answer(await values_of_list(call.database, call.account_id, call.id()))


SECTION = Section(
    "Value lists",
    "Up to 100,000 values, such as postcodes or e-mail domains, that rules name by the list's reference.",
    (
        *operations_of(
            value_lists,
            "/value-lists",
            plural="value lists",
            creating="Rules may name the list by its reference at once.",
            status=Status,
            example=EXAMPLE,
        ),
        Operation(
            method="GET",
            path="/value-lists/{id}/values",
            id="readValueListValues",
            summary="Read the values of a list",
            description="All of them, in lower case and in order. A PATCH of the list with `values` or `lines` replaces "
            "them.",
            handler=_values,
            permission=Permission.SETUP_READ,
            answer=ValueListValues,
        ),
    ),
)
