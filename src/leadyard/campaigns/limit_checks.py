"""What a buyer's credit terms must satisfy."""

from leadyard.kit.errors import FieldProblem
from leadyard.ledger.credit.model import CreditMode, CreditTerms


def credit_problems(path: str, terms: CreditTerms) -> list[FieldProblem]:
    """Name everything that is wrong with the terms."""
    problems = []
    if terms.limit and terms.mode is not CreditMode.POSTPAID:
        problems.append(FieldProblem(f"{path}.limit", "is only for postpaid buyers"))
    if terms.top_up is None:
        return problems
    if terms.mode is not CreditMode.PREPAID:
        problems.append(FieldProblem(f"{path}.top_up", "is only for prepaid buyers"))
    for name, amount in (("amount", terms.top_up.amount), ("threshold", terms.top_up.threshold)):
        if not amount:
            problems.append(FieldProblem(f"{path}.top_up.{name}", "must be above 0"))
    return problems
