"""Field types: what each accepts, how a value is stored, and what is said of one that is refused."""

from leadyard.intake.fields.compiled import CompiledField, check_all, compile_field
from leadyard.intake.fields.keys import email_key, phone_key
from leadyard.intake.fields.model import DataType, FieldRule, FieldRuleError, InvalidValue
from leadyard.intake.fields.standard import STANDARD_FIELDS

__all__ = [
    "STANDARD_FIELDS",
    "CompiledField",
    "DataType",
    "FieldRule",
    "FieldRuleError",
    "InvalidValue",
    "check_all",
    "compile_field",
    "email_key",
    "phone_key",
]
