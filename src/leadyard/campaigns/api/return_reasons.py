"""Return reasons in the own API."""

from leadyard.campaigns.api.noun import operations_of
from leadyard.campaigns.model import Status
from leadyard.campaigns.service import return_reasons
from leadyard.own_api.operation import Section

SECTION = Section(
    "Return reasons",
    "The codes with which buyers return leads. Every account has some by itself (`GET /returns/reasons` lists what "
    "may be used); an own reason with the code of one of them takes its place, or switches it off when it is not "
    "active.",
    operations_of(
        return_reasons,
        "/return-reasons",
        plural="return reasons",
        creating="Buyers may use the code at once.",
        status=Status,
        example={"code": "TPS", "label": "On the TPS list"},
    ),
)
