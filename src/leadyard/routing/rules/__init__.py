"""The rules language: conditions over a lead, in every place where an operator writes one."""

from leadyard.routing.rules.compiling import Test, compile_rule, compile_when_needed
from leadyard.routing.rules.facts import Facts
from leadyard.routing.rules.lists import ValueList
from leadyard.routing.rules.model import Operator, Rule, lists_in, without
from leadyard.routing.rules.operands import operands_of, priced_in
from leadyard.routing.rules.reading import Node, Vocabulary, read_rule
from leadyard.routing.rules.wording import in_words

__all__ = [
    "Facts",
    "Node",
    "Operator",
    "Rule",
    "Test",
    "ValueList",
    "Vocabulary",
    "compile_rule",
    "compile_when_needed",
    "in_words",
    "lists_in",
    "operands_of",
    "priced_in",
    "read_rule",
    "without",
]
