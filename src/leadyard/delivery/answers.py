"""Judges a buyer's answer by the delivery's response table (docs/templates.md)."""

import re
from collections.abc import Callable
from datetime import UTC, datetime
from decimal import Decimal
from email.utils import parsedate_to_datetime
from functools import cached_property, lru_cache

import re2
from msgspec import Struct

from leadyard.delivery import json_paths, xml_paths
from leadyard.delivery.model import AnswerRule, AnswerRules, Extract, Outcome
from leadyard.kit.errors import FieldProblem
from leadyard.kit.money import BadAmountError, parse_amount
from leadyard.kit.web_addresses import LONGEST_WEB_ADDRESS, is_web_address

_BUSY = frozenset({429, 503})
_STATUS_PART = re.compile(r"([1-5])xx|([1-5]\d\d)(?:-([1-5]\d\d))?", re.IGNORECASE)
_AMOUNT = re.compile(r"\d[\d,]*(?:\.\d+)?|\.\d+")
_PATHS = frozenset({"json_path", "xml_path"})
_REASON_LIMIT = 500
_MEMORY_PER_PATTERN = 1 << 20


class RuleError(ValueError):
    """A response table that cannot be used; `field` is the dotted path of the member."""

    def __init__(self, field: str, detail: str) -> None:
        """Name the member and what is wrong with it."""
        super().__init__(f"{field}: {detail}")
        self.problem = FieldProblem(field, detail)


class Judgement(Struct, frozen=True):
    """What the answer says: the outcome, in words, and what was read from it."""

    outcome: Outcome
    reason: str
    revenue: Decimal | None = None
    buyer_reference: str | None = None
    redirect_url: str | None = None


class Answer:
    """One answer of a buyer; its JSON is read once, and only when a rule asks."""

    def __init__(self, status: int, content_type: str, body: str) -> None:
        """Take the status, the media type and the text of the body."""
        self.status = status
        self.content_type = content_type
        self.body = body

    @cached_property
    def document(self) -> object:
        """The body as JSON, whatever its media type says; MISSING when it is none."""
        return json_paths.parse(self.body)

    @cached_property
    def tree(self) -> xml_paths.Element | None:
        """The body as XML, whatever its media type says; None when it is none."""
        return xml_paths.parse(self.body)

    @cached_property
    def folded(self) -> str:
        """The body without regard to upper and lower case."""
        return self.body.casefold()


Matcher = Callable[[Answer], bool]
Reader = Callable[[Answer], str | None]


class CompiledRules(Struct, frozen=True):
    """A response table made ready: a matcher per row, a reader per value."""

    rows: tuple[tuple[Matcher, Outcome, str], ...]
    revenue: Reader | None
    reference: Reader | None
    reason: Reader | None
    redirect_url: Reader | None


def judge(rules: AnswerRules, status: int, content_type: str, body: str) -> Judgement:
    """Judge an answer: the first row that matches decides, and anything else rejects.

    Without a matching row 429 and 503 mean that the buyer did not look at the lead, so it may be sent again. An
    acceptance whose price cannot be read is still an acceptance. Raises RuleError for an unusable table.
    """
    compiled = compile_rules(rules)
    answer = Answer(status, content_type, body)
    for matches, outcome, label in compiled.rows:
        if matches(answer):
            return _judgement(compiled, answer, outcome, label)
    if status in _BUSY:
        return _judgement(compiled, answer, Outcome.RETRY, f"The buyer is busy: status {status}")
    if 300 <= status < 400:  # noqa: PLR2004 - the statuses of a redirect
        return _judgement(
            compiled, answer, Outcome.REJECT, f"Redirected with status {status}; redirects are not followed"
        )
    label = f"No answer rule matched; status {status}"
    fault = xml_paths.fault(answer.tree) if "Fault" in body else None
    return _judgement(compiled, answer, Outcome.REJECT, f"{label}; {fault}" if fault else label)


def check_rules(rules: AnswerRules) -> list[FieldProblem]:
    """List what is wrong with a response table, for the set-up API."""
    try:
        compile_rules(rules)
    except RuleError as error:
        return [error.problem]
    return []


def retry_after_seconds(header: str | None, now: datetime) -> int | None:
    """Read a Retry-After header, seconds or an HTTP date; None when there is none that can be read."""
    text = (header or "").strip()
    if not text:
        return None
    if text.isascii() and text.isdigit():
        return min(int(text[:9]), 10**9)
    try:
        moment = parsedate_to_datetime(text)
    except (ValueError, OverflowError):
        return None
    moment = moment if moment.tzinfo else moment.replace(tzinfo=UTC)
    return max(0, round((moment - now).total_seconds()))


def _judgement(compiled: CompiledRules, answer: Answer, outcome: Outcome, label: str) -> Judgement:
    words = read_value(compiled.reason, answer)
    revenue = _amount(read_value(compiled.revenue, answer)) if outcome is Outcome.ACCEPT else None
    return Judgement(
        outcome,
        (words or label)[:_REASON_LIMIT],
        revenue,
        (read_value(compiled.reference, answer) or "")[:255] or None,
        _page(read_value(compiled.redirect_url, answer)) if outcome is Outcome.ACCEPT else None,
    )


def read_value(reader: Reader | None, answer: Answer) -> str | None:
    """Read a value; JSON escapes can spell NUL and lone surrogates, which no database text can hold."""
    text = None if reader is None else reader(answer)
    return text and text.replace("\x00", "\ufffd").encode(errors="replace").decode()


def _page(text: str | None) -> str | None:
    """Take the address of a page; anything that is not one, or too long for one, is none."""
    page = (text or "").strip()
    return page if 0 < len(page) <= LONGEST_WEB_ADDRESS and is_web_address(page) else None


def _amount(text: str | None) -> Decimal | None:
    """Find the amount in texts such as `12.50`, `£1,200.00` or `USD 3`."""
    found = _AMOUNT.search((text or "")[:100])
    if found is None or "-" in (text or "")[: found.start()]:
        return None
    try:
        return parse_amount(found[0].replace(",", ""))
    except BadAmountError:
        return None


@lru_cache(maxsize=4096)
def compile_rules(rules: AnswerRules) -> CompiledRules:
    """Make a response table ready; RuleError names the first member that cannot be used."""
    return CompiledRules(
        tuple(
            (_matcher(rule, f"rules[{index}]"), Outcome(rule.outcome), _label(rule))
            for index, rule in enumerate(rules.rules)
        ),
        _reader(rules.revenue, "revenue"),
        _reader(rules.reference, "reference"),
        _reader(rules.reason, "reason"),
        _reader(rules.redirect_url, "redirect_url"),
    )


def _label(rule: AnswerRule) -> str:
    place = f" at {rule.path}" if rule.kind in _PATHS else ""
    return f"Matched {rule.kind}{place}: {rule.pattern}"


def _matcher(rule: AnswerRule, field: str) -> Matcher:
    pattern = rule.pattern
    if not pattern.strip() and rule.kind in {"keyword", "regex"}:
        raise RuleError(f"{field}.pattern", "is empty and would match every answer")
    if rule.kind == "keyword":
        keyword = pattern.casefold()
        return lambda answer: keyword in answer.folded
    if rule.kind == "exact":
        wanted = pattern.strip()
        return lambda answer: answer.body.strip() == wanted
    if rule.kind == "regex":
        search = _search(pattern, f"{field}.pattern")
        return lambda answer: search(answer.body) is not None
    if rule.kind == "status":
        statuses = _statuses(pattern, f"{field}.pattern")
        return lambda answer: answer.status in statuses
    find, pattern = _finder(rule.kind, rule.path or "", f"{field}.path"), rule.pattern

    def matches(answer: Answer) -> bool:
        text = find(answer)
        return text is not None and pattern in ("*", text)

    return matches


def compile_extract(extract: Extract, field: str) -> Reader:
    """Make the reader of one value; RuleError names what cannot be used below `field`."""
    if extract.kind == "regex":
        search = _search(extract.expression, f"{field}.expression")
        return lambda answer: search(answer.body)
    return _finder(extract.kind, extract.expression, f"{field}.expression")


def _reader(extract: Extract | None, field: str) -> Reader | None:
    return None if extract is None else compile_extract(extract, field)


def _finder(kind: str, path: str, field: str) -> Reader:
    if not path.strip():
        raise RuleError(field, "is missing")
    try:
        if kind == "xml_path":
            wanted = xml_paths.compile_path(path)
            return lambda answer: xml_paths.find(answer.tree, wanted)
        steps = json_paths.compile_path(path)
    except (json_paths.JsonPathError, xml_paths.XmlPathError) as error:
        raise RuleError(field, str(error)) from None
    return lambda answer: json_paths.as_text(json_paths.find(answer.document, steps))


def _search(pattern: str, field: str) -> Callable[[str], str | None]:
    """Compile with RE2, whose time is linear in the answer whatever the pattern."""
    options = re2.Options()
    options.max_mem = _MEMORY_PER_PATTERN
    options.log_errors = False
    try:
        compiled = re2.compile(pattern, options)
    except re2.error as error:
        text = error.args[0].decode(errors="replace") if isinstance(error.args[0], bytes) else str(error)
        raise RuleError(field, f"is not a pattern: {text}") from None

    def search(body: str) -> str | None:
        match = compiled.search(body)
        if match is None:
            return None
        return (match.group(1) or "") if compiled.groups else str(match.group())

    return search


def _statuses(pattern: str, field: str) -> frozenset[int]:
    statuses: set[int] = set()
    for part in pattern.split(","):
        match = _STATUS_PART.fullmatch(part.strip())
        if match is None:
            raise RuleError(field, "is not a status such as 200, 2xx, 200-299 or a list of these")
        if match[1]:
            statuses.update(range(int(match[1]) * 100, int(match[1]) * 100 + 100))
        else:
            statuses.update(range(int(match[2]), int(match[3] or match[2]) + 1))
    return frozenset(statuses)
