"""Names that templates use beyond the lead's own: each must be there when it is needed."""

from collections.abc import Mapping, Sequence

from leadyard.delivery.model import HttpTarget
from leadyard.delivery.transports.http.compiling import Parts
from leadyard.delivery.transports.http.signing import BODY, PREFIX, Signer
from leadyard.kit.errors import FieldProblem

AMBIENT = frozenset({"request.timestamp", "request.timestamp_ms", "request.time", "request.nonce"})
"""What each sending has of its own: when it is made, and a random text."""

_STEP = "step."


def check_names(
    target: HttpTarget, main: Parts, steps: Sequence[frozenset[str]], signers: Mapping[str, Signer]
) -> list[FieldProblem]:
    """List every name that nothing gives, or that is used before it is there."""
    problems = _step_name_problems(target)
    known: set[str] = set()
    for index, (step, names) in enumerate(zip(target.steps, steps, strict=True)):
        read = _all_read(names, signers)
        problems += _unknown(read, known, f"steps[{index}]")
        if step.keep_seconds:
            problems += _kept_problems(target, read, index)
        known |= {f"{_STEP}{value.name}" for value in step.values}
    everything = _all_read(main.names, signers)
    problems += _unknown(everything, known, "steps")
    problems += _secret_problems(target, everything.union(*(_all_read(names, signers) for names in steps)))
    for name in sorted(main.names.union(*steps)):
        if name.startswith(PREFIX) and name not in signers:
            problems.append(
                FieldProblem("signatures", f"lacks {name.removeprefix(PREFIX)}, which a template names")
            )
    looping = sorted(name for name in main.body_names if name in signers and signers[name].needs_body)
    problems += [
        FieldProblem("signatures", f"{name.removeprefix(PREFIX)} signs the body and cannot stand in it")
        for name in looping
    ]
    return problems


def _all_read(names: frozenset[str], signers: Mapping[str, Signer]) -> frozenset[str]:
    signed = (signers[name].names - {BODY} for name in names if name in signers)
    return names.union(*signed)


def _unknown(read: frozenset[str], known: set[str], field: str) -> list[FieldProblem]:
    problems = [
        FieldProblem(field, f"no earlier step gives {name.removeprefix(_STEP)}, which a template names")
        for name in sorted(read)
        if name.startswith(_STEP) and name not in known
    ]
    return problems + [
        FieldProblem(field, f"there is no value {name}; there are {', '.join(sorted(AMBIENT))}")
        for name in sorted(read)
        if name.startswith("request.") and name not in AMBIENT
    ]


def _step_name_problems(target: HttpTarget) -> list[FieldProblem]:
    problems, steps, values = [], set[str](), set[str]()
    for index, step in enumerate(target.steps):
        if step.name in steps:
            problems.append(FieldProblem(f"steps[{index}].name", "is given twice"))
        steps.add(step.name)
        for place, value in enumerate(step.values):
            if value.name in values:
                problems.append(FieldProblem(f"steps[{index}].values[{place}].name", "is given twice"))
            values.add(value.name)
    return problems


def _kept_problems(target: HttpTarget, read: frozenset[str], index: int) -> list[FieldProblem]:
    """Name what would make the values of a kept step belong to one lead."""
    lasting = {
        f"{_STEP}{value.name}" for step in target.steps[:index] if step.keep_seconds for value in step.values
    }
    passing = sorted(
        name
        for name in read
        if name not in lasting and not name.startswith(("secret.", PREFIX, "request.", "request:"))
    )
    return [
        FieldProblem(f"steps[{index}].keep_seconds", f"must be 0: {name} differs from lead to lead")
        for name in passing
    ]


def _secret_problems(target: HttpTarget, names: frozenset[str]) -> list[FieldProblem]:
    known = {f"secret.{secret.name}" for secret in target.secrets}
    unknown = sorted(name for name in names if name.startswith("secret.") and name not in known)
    return [
        FieldProblem("secrets", f"lacks {name.removeprefix('secret.')}, which a template names")
        for name in unknown
    ]
