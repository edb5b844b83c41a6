"""What a page needs to include the tracker, in the own API."""

import msgspec

from leadyard.identity.model import Permission
from leadyard.own_api.operation import Answer, Call, Operation, Section
from leadyard.tracking.script.serving import PATH, TrackerScript

_PUBLIC_KEY = "YOUR_PUBLIC_KEY"


class ScriptRecord(msgspec.Struct, frozen=True):
    """Where the script is: `url` is always the current text, `lasting_url` this very text, which `integrity` proves.

    `snippet` goes on after updates; `strict_snippet` runs this text alone and has to be taken anew after each change.
    """

    url: str
    lasting_url: str
    integrity: str
    snippet: str
    strict_snippet: str


def section(script: TrackerScript) -> Section:
    """Make the section over the script that this server serves."""

    async def read(_call: Call) -> Answer:
        record = ScriptRecord(
            f"{script.server}{PATH}",
            script.url,
            script.integrity,
            script.snippet(_PUBLIC_KEY),
            script.strict_snippet(_PUBLIC_KEY),
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
                description=(
                    f"Put an account's public key where a snippet says {_PUBLIC_KEY}. Pages with `snippet` go on after a "
                    "change of the script or of the server's public address; those with `strict_snippet` are not tracked "
                    "until they take the new one."
                ),
                handler=read,
                permission=Permission.SETUP_READ,
                answer=ScriptRecord,
            ),
        ),
    )
