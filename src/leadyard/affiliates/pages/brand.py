"""An account's colours and own CSS as one style sheet (pure)."""

from leadyard.affiliates.pages.settings import PageSettings

_LINEAR_BELOW = 0.04045
_WHITE, _BLACK = "#ffffff", "#000000"


def brand_css(settings: PageSettings) -> str:
    """Write the style sheet; what stands on a brand colour is black or white, whichever is easier to read."""
    light, dark = settings.brand_colour, settings.brand_colour_dark or settings.brand_colour
    rules = []
    if light is not None:
        rules.append(f":root {{ {_variables(light)} }}")
    if dark is not None:
        rules.append(f"@media (prefers-color-scheme: dark) {{ :root {{ {_variables(dark)} }} }}")
    return "\n".join([*rules, settings.css, ""])


def ink_on(colour: str) -> str:
    """Choose black or white for text on a colour, by the contrast ratio of WCAG 2."""
    light = _luminance(colour)
    return _WHITE if 1.05 / (light + 0.05) >= (light + 0.05) / 0.05 else _BLACK


def _variables(colour: str) -> str:
    return f"--brand: {colour}; --on-brand: {ink_on(colour)};"


def _luminance(colour: str) -> float:
    parts = [int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)]
    red, green, blue = (p / 12.92 if p <= _LINEAR_BELOW else ((p + 0.055) / 1.055) ** 2.4 for p in parts)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue
