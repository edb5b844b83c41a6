"""The template language of deliveries: names, literals and filters; no loops, no code."""

from leadyard.delivery.templates.language import Template, compile_template
from leadyard.delivery.templates.limits import TemplateError, UnfitValueError

__all__ = ["Template", "TemplateError", "UnfitValueError", "compile_template"]
