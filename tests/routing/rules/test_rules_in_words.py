"""Rules are put into words for the people who check them, and tried condition by condition."""

from tests.routing.rules.made import WORDS, facts, rule

from leadyard.routing.rules import Rule, in_words, read_rule
from leadyard.routing.rules.examining import examine

YOUNG = {"operand": "age", "operator": "less than", "value": 25}
LONDON = {"operand": "postcode", "operator": "begins with in list", "list": "LONDON"}
MAKES = {"operand": "data1", "operator": "in list", "value": ["a", "b", "c", "d", "e", "f", "g"]}


def words_of(tree: Rule) -> str:
    return in_words(tree, WORDS.operands)


def test_groups_and_conditions_become_a_sentence() -> None:
    tree = rule(all_of=[LONDON, {"any": [YOUNG, {"operand": "email", "operator": "is empty"}]}, MAKES])
    assert words_of(tree) == (
        'Postcode begins with one of the list "LONDON" and (Age is less than 25 or Email is empty) and '
        'Car Make is one of "a", "b", "c", "d", "e" and 2 more'
    )


def test_a_range_names_both_ends() -> None:
    tree = rule(operand="received.time", operator="between", value=["09:00", "17:30"])
    assert words_of(tree) == 'Time received is from "09:00" to "17:30"'


def test_a_rule_that_cannot_be_used_has_words_too() -> None:
    assert words_of(Rule()) == "nothing is not empty"
    assert words_of(Rule(any_of=())) == "nothing"
    assert words_of(rule(operand="lost", operator="is")) == "lost is nothing"


def test_every_condition_tells_what_it_saw() -> None:
    node, _ = read_rule(rule(any_of=[YOUNG, LONDON]), WORDS)
    assert node is not None
    matches, findings = examine(node, facts({"dob": "1990-01-01", "postcode": "SW1A 1AA"}), WORDS.operands)
    assert matches
    assert [(f.path, f.matches, f.seen) for f in findings] == [
        ("rule.any[0]", False, "36"),
        ("rule.any[1]", True, "SW1A 1AA"),
    ]
