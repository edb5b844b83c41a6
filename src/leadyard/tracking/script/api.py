"""What a page needs to include the tracker, in the own API."""

import msgspec

from leadyard.identity.model import Permission
from leadyard.own_api.operation import Answer, Call, Operation, Section
from leadyard.tracking.script.serving import PATH, TrackerScript

_PUBLIC_KEY = "YOUR_PUBLIC_KEY"


class ScriptRecord(msgspec.Struct, frozen=True):
    """Where the script is: `url` is always the current text, `lasting_url` this very text, which `integrity` proves."""

    url: str
    lasting_url: str
    integrity: str
    snippet: str


def section(script: TrackerScript) -> Section:
    """Make the section over the script that this server serves."""

    async def read(_call: Call) -> Answer:
        record = ScriptRecord(
            f"{script.server}{PATH}", script.url, script.integrity, script.snippet(_PUBLIC_KEY)
        )
        return Answer(record)

    return Section(
        "Tracking script",
        "Pages that include the script tell of their visits, leads and purchases.",
        (
            Operation(
                method="GET",
                path="/tracking-script",
                id="getTrackingScript",
                summary="Read where the tracking script is",
                description=f"Put an account's public key where the snippet says {_PUBLIC_KEY}.",
                handler=read,
                permission=Permission.SETUP_READ,
                answer=ScriptRecord,
            ),
        ),
    )
