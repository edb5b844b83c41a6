"""A push and a lead to a message that can be sent (pure)."""

from collections.abc import Mapping

import msgspec

from leadyard.delivery.templates import TemplateError, UnfitValueError, compile_template
from leadyard.delivery.templates.escapes import in_xml_attribute, verbatim
from leadyard.kit.errors import FieldProblem
from leadyard.responders.links import CLICK, OPEN, UNSUBSCRIBE, Links, redirected_html, redirected_text
from leadyard.responders.model import Push, PushType

LONGEST_SMS = 1600


class Rendered(msgspec.Struct, frozen=True):
    """What goes out: `links` are the addresses behind the message's redirects, in order."""

    subject: str
    text: str
    html: str
    headers: dict[str, str]
    links: list[str]


def rendered(
    push: Push, values: Mapping[str, str], links: Links, account_id: int, message_id: int
) -> Rendered:
    """Fill in a lead's values; raises UnfitValueError for values that make it too long."""
    unsubscribe = links.make(UNSUBSCRIBE, account_id, message_id)
    known = {**values, "unsubscribe": unsubscribe}
    found: list[str] = []

    def click(place: int) -> str:
        address = found[place]
        own = address == unsubscribe
        return address if own else links.make(CLICK, account_id, message_id, place)

    text = redirected_text(compile_template(push.text).render(known, verbatim), found, click)
    if push.type is PushType.SMS:
        if len(text) > LONGEST_SMS:
            raise UnfitValueError(f"The text message is longer than {LONGEST_SMS} characters")
        return Rendered("", text, "", {}, found)
    html = redirected_html(compile_template(push.html).render(known, in_xml_attribute), found, click)
    if html:
        pixel = links.make(OPEN, account_id, message_id)
        html += f'<img src="{pixel}" width="1" height="1" alt="">'
    subject = " ".join(compile_template(push.subject).render(known, verbatim).split())
    headers = {
        "List-Unsubscribe": f"<{unsubscribe}>",
        "List-Unsubscribe-Post": "List-Unsubscribe=One-Click",
    }
    return Rendered(subject, text, html, headers, found)


def push_problems(push: Push, path: str) -> list[FieldProblem]:
    """Name everything that is wrong with a push."""
    problems = []
    for name in ("subject", "text", "html"):
        try:
            compile_template(getattr(push, name))
        except TemplateError as error:
            problems.append(FieldProblem(f"{path}.{name}", str(error)))
    if push.type is PushType.EMAIL:
        if not push.subject.strip():
            problems.append(FieldProblem(f"{path}.subject", "is required for Email"))
        if not push.text.strip() and not push.html.strip():
            problems.append(FieldProblem(f"{path}.text", "or html is required for Email"))
    else:
        if not push.text.strip():
            problems.append(FieldProblem(f"{path}.text", "is required for SMS"))
        problems += [
            FieldProblem(f"{path}.{name}", "is not for SMS")
            for name in ("subject", "html")
            if getattr(push, name)
        ]
    return problems
