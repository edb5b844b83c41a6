"""The market's plans as documents of the set-up API."""

from datetime import datetime, timedelta
from typing import Any

from benchmarks.market.conduct import Habit
from benchmarks.market.scenario import (
    PING_MILLISECONDS,
    SELL_LIMITS,
    BuyerPlan,
    DeliveryPlan,
    Limits,
    Method,
    Scenario,
)
from leadyard.intake.fields import STANDARD_FIELDS, DataType, FieldRule

PAYOUT = "2.00"
_PERCENT = {Method.AUCTION, Method.HYBRID}
_DAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
_RULES = [
    {"kind": "json_path", "path": "status", "pattern": "taken", "outcome": "accept"},
    {"kind": "json_path", "path": "status", "pattern": "refused", "outcome": "reject"},
    {"kind": "status", "pattern": "500", "outcome": "unknown"},
]
_BREAKER = {"failures": 5, "open_seconds": 2}


def campaign(method: Method, limits: Limits, distribution: Any) -> dict[str, Any]:
    """Describe a campaign; the number of a lead is the one field that pings may carry."""
    own = FieldRule(name="data1", label="number", data_type=DataType.TEXT, ping=True)
    percent = {"kind": "percent", "amount": "40"}
    settings: dict[str, Any] = {
        "payout": percent if method in _PERCENT else {"kind": "fixed", "amount": PAYOUT},
        "accept_on": "System Accept" if method is Method.EVENLY else "Buyer Delivery Accept",
        "revenue": "5.00",
        "dedupe": {"fields": ["email", "phone1"]},
        "caps": limits.document(),
        "caps_count": {"leads": "approved" if method is Method.SHARED else "valid"},
        "distribution": distribution,
        "auction": {"budget_milliseconds": PING_MILLISECONDS + 100, "margin_percent": "10"},
    }
    fields = [STANDARD_FIELDS[name] for name in ("email", "phone1", "firstname", "lastname")]
    return {"reference": str(method), "name": str(method), "settings": settings, "fields": [*fields, own]}


def buyer(plan: BuyerPlan, now: datetime) -> dict[str, Any]:
    """Describe a buyer."""
    settings: dict[str, Any] = {
        "caps": plan.limits.document(),
        "credit": plan.credit.document(),
        "breaker": _BREAKER,
        "returns": {"most": plan.most_returns, "most_percent": plan.returns_percent, "period": "ever"},
    }
    if plan.is_closed:
        settings["schedule"] = closed(now)
    return {"company": f"Buyer {plan.index}", "bid": plan.bid, "settings": settings}


def delivery(plan: DeliveryPlan, url: str, ids: dict[str, int], now: datetime) -> dict[str, Any]:
    """Describe a delivery to the shop at a URL."""
    named = {"number": "data1", "lead": "lead.id", "sale": "sale.kind", "price": "delivery.revenue"}
    answers: dict[str, Any] = {"rules": _RULES}
    if plan.manners.habit is Habit.NAMES_PRICE:
        answers["revenue"] = {"kind": "json_path", "expression": "price"}
    settings: dict[str, Any] = {
        "kind": "Direct Post",
        "priority": plan.index,
        "revenue": str(plan.price),
        "weight": plan.weight,
        "caps": plan.limits.document(),
        "http": _http(f"{url}/lead/{plan.index}", named),
        "answers": answers,
        "when_unknown": "next" if plan.moves_on else "hold",
        "retry": {"attempts": 2, "first_delay_seconds": 1, "factor": 2, "maximum_delay_seconds": 4},
    }
    if plan.shared_price is not None:
        settings |= {"exclusive_price": str(plan.price), "shared_price": str(plan.shared_price)}
    if plan.opens_soon:
        settings["schedule"] = {**_all_days("00:00", "24:00"), _DAYS[now.weekday()]: [soon(now)]}
    if plan.method is Method.AUCTION:
        settings |= {"kind": "PingPost", "ping": _ping(f"{url}/ping/{plan.index}")}
    return {
        "campaign_id": ids[plan.method],
        "buyer_id": ids[f"buyer-{plan.buyer}"],
        "reference": f"delivery-{plan.index}",
        "status": "Active",
        "settings": settings,
    }


def distribution(scenario: Scenario, method: Method, ids: dict[str, int]) -> Any:
    """Describe a campaign's distribution once its deliveries have ids."""
    members = [{"delivery_id": ids[f"delivery-{plan.index}"]} for plan in scenario.of(method)]
    weighted = [
        {**member, "weight": plan.weight} for member, plan in zip(members, scenario.of(method), strict=True)
    ]
    match method:
        case Method.WEIGHTED:
            half = len(members) // 2
            rest = {"method": "Priority", "members": weighted[half:]}
            first = {"method": "Weighted", "members": weighted[:half]}
            return {"method": "Hybrid", "members": [{"group": first}, {"group": rest}]}
        case Method.EVENLY:
            return "Evenly Weighted"
        case Method.PRIORITY:
            return "Priority"
        case Method.SHARED:
            return {
                "method": "Standard",
                "sale": "shared",
                "sell_limit": SELL_LIMITS[method],
                "members": members,
            }
        case Method.HYBRID:
            return {
                "method": "Weighted", "sale": "hybrid", "sell_limit": SELL_LIMITS[method], "best_price": True,
                "members": weighted,
            }  # fmt: skip
        case Method.AUCTION:
            return "Auction"


def closed(now: datetime) -> dict[str, Any]:
    """Write open hours on the day after tomorrow alone."""
    return {_DAYS[(now + timedelta(days=2)).weekday()]: [{"opens": "09:00", "closes": "17:00"}]}


def soon(now: datetime) -> dict[str, str]:
    """Write a window from the minute after next to midnight."""
    return {"opens": opening(now).strftime("%H:%M"), "closes": "24:00"}


def opening(now: datetime) -> datetime:
    """Tell when deliveries that open soon do so: at the beginning of the next minute but one, today at the latest."""
    last = now.replace(hour=23, minute=59, second=0, microsecond=0)
    return min(last, now.replace(second=0, microsecond=0) + timedelta(minutes=1))


def _all_days(opens: str, closes: str) -> dict[str, Any]:
    return {day: [{"opens": opens, "closes": closes}] for day in _DAYS}


def _http(url: str, named: dict[str, str]) -> dict[str, Any]:
    fields = [{"name": name, "value": f"{{{{ {value} }}}}"} for name, value in named.items()]
    return {"url": url, "body": "json", "timeout_seconds": 2, "fields": fields}


def _ping(url: str) -> dict[str, Any]:
    rules = [{"kind": "json_path", "path": "bid", "pattern": "*", "outcome": "accept"}]
    return {
        "http": _http(url, {"number": "data1"}),
        "answers": {"rules": rules, "revenue": {"kind": "json_path", "expression": "bid"}},
        "least_milliseconds": PING_MILLISECONDS // 2,
        "most_milliseconds": PING_MILLISECONDS,
    }
