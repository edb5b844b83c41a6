"""The rules of the intake, in the order of docs/leadbyte.md, "Codes": pure, so that they can be replayed."""

from collections.abc import Mapping
from datetime import datetime
from ipaddress import ip_address

from leadyard.campaigns.model import Status
from leadyard.identity.model import KeyKind
from leadyard.intake.fields import InvalidValue, check_all
from leadyard.intake.filtering import by_rules
from leadyard.intake.model import (
    ACCEPTED,
    ADDRESS_BLOCKED,
    CAMPAIGN_INACTIVE,
    INVALID_FIELDS,
    SUPPLIER_REFUSED,
    Reading,
    Submission,
    Verdict,
)
from leadyard.intake.plan import CampaignPlan


def judge(plan: CampaignPlan, submission: Submission, reading: Reading, now: datetime) -> Verdict:
    """Judge a submission by campaign, supplier, address and fields; duplicates and caps come with the commit."""
    values = reading.values
    if plan.campaign.status is not Status.ACTIVE:
        return Verdict(CAMPAIGN_INACTIVE, ["Campaign is not active"], values)
    supplier_id, authorised = _supplier(plan, submission, values)
    if not authorised:
        return Verdict(
            SUPPLIER_REFUSED, ["Supplier is not authorised to post to this Campaign."], values, supplier_id
        )
    _name_sender(plan, submission, supplier_id, values)
    if plan.blocked and _is_blocked(plan, values.get("ipaddress", "")):
        return Verdict(ADDRESS_BLOCKED, ["IP address blocked"], values, supplier_id)
    today = plan.today(now)
    fields = plan.fields
    if reading.errors:
        fields = tuple(field for field in fields if field.name not in reading.errors)
    stored, errors = check_all(fields, values, today)
    if reading.errors or errors:
        return Verdict(INVALID_FIELDS, [*reading.errors.values(), *errors], values, supplier_id)
    for name, value in values.items():
        field = plan.always.get(name)
        if field is not None and value:
            try:
                stored[name] = field.check(value, today)
            except InvalidValue:
                continue
    payout = plan.payout(supplier_id)
    verdict = Verdict(ACCEPTED, [], stored, supplier_id, plan.claim_keys(stored, supplier_id), payout)
    return verdict if plan.rules is None else by_rules(plan, plan.rules, submission, verdict)


def _supplier(
    plan: CampaignPlan, submission: Submission, values: Mapping[str, str]
) -> tuple[int | None, bool]:
    """Find the supplier and whether it may post here; none named is no refusal: the SID field may require one.

    A code that came under another name of the field SID counts as one that was sent as `sid`.
    """
    principal = submission.principal
    if principal is not None and principal.key.kind is KeyKind.SUPPLIER:
        supplier_id = principal.key.supplier_id
    else:
        sid = submission.sid or values.get("sid")
        if not sid:
            return None, True
        supplier_id = plan.setup.supplier_ids.get(sid)
    supplier = None if supplier_id is None else plan.setup.suppliers.get(supplier_id)
    if supplier is None:
        return None, False
    return supplier.id, supplier.status is Status.ACTIVE and supplier.id in plan.campaign.suppliers


def _name_sender(
    plan: CampaignPlan, submission: Submission, supplier_id: int | None, values: dict[str, str]
) -> None:
    if supplier_id is not None:
        values["sid"] = plan.setup.suppliers[supplier_id].sid
    if submission.ssid:
        values.setdefault("ssid", submission.ssid)


def _is_blocked(plan: CampaignPlan, text: str) -> bool:
    try:
        address = ip_address(text)
    except ValueError:
        return False
    return any(address in network for network in plan.blocked)
