"""The design that pages and mails share: colours, type, spacing and corners, said here and nowhere else.

Pages take all of it as custom properties; mails take the colours into their inline styles and keep the fonts that the
reader's system has. Contrast is that of WCAG 2.2: 4.5 for text (1.4.3), 3 for edges and marks that must be seen (1.4.11).
"""

from dataclasses import asdict, dataclass
from typing import Final

FAMILY: Final = "Be Vietnam Pro"
SYSTEM_FONTS: Final = "'Segoe UI',Roboto,'Noto Sans','Helvetica Neue',Arial,sans-serif"
"""What stands in until the pages' own font is there, and what mails are set in; each has every Vietnamese letter."""

TEXT_CONTRAST: Final = 4.5
EDGE_CONTRAST: Final = 3.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Palette:
    """The colours of one mode, each named after what it is for; `on_…` is what is written on it.

    `accent` is the only colour that means nothing but "Kẻng". `urgent`, `warn` and `good` always stand beside words.
    """

    ground: str
    sheet: str
    soft: str
    ink: str
    muted: str
    rule: str
    edge: str
    brand: str
    on_brand: str
    accent: str
    on_accent: str
    urgent: str
    on_urgent: str
    urgent_soft: str
    warn: str
    warn_soft: str
    good: str
    good_soft: str
    found: str


LIGHT: Final = Palette(
    ground="#f2f4f7",
    sheet="#ffffff",
    soft="#edf2f8",
    ink="#16202c",
    muted="#4f5c6a",
    rule="#d6dde5",
    edge="#6a7887",
    brand="#12335c",
    on_brand="#ffffff",
    accent="#1a4f8b",
    on_accent="#ffffff",
    urgent="#a3161b",
    on_urgent="#ffffff",
    urgent_soft="#fdeceb",
    warn="#4d3800",
    warn_soft="#fff3cf",
    good="#14573a",
    good_soft="#e4f3ea",
    found="#ffe9a8",
)
DARK: Final = Palette(
    ground="#0f141a",
    sheet="#182029",
    soft="#212c38",
    ink="#eaf0f6",
    muted="#aab6c3",
    rule="#34414e",
    edge="#7f8d9c",
    brand="#0c2340",
    on_brand="#ffffff",
    accent="#97c3ff",
    on_accent="#0b1a2c",
    urgent="#ffa9a1",
    on_urgent="#2d0607",
    urgent_soft="#3b1e20",
    warn="#f6e2a6",
    warn_soft="#3a3013",
    good="#8fd8ae",
    good_soft="#163226",
    found="#54430b",
)

MEASURES: Final = {
    "text-small": "0.8125rem",
    "text-note": "0.875rem",
    "text-body": "1rem",
    "text-lead": "1.125rem",
    "text-heading": "1.25rem",
    "text-title": "1.75rem",
    "text-number": "2.25rem",
    "line-body": "1.6",
    "line-heading": "1.35",
    "weight-body": "400",
    "weight-strong": "600",
    "space-1": "0.25rem",
    "space-2": "0.5rem",
    "space-3": "0.75rem",
    "space-4": "1rem",
    "space-5": "1.5rem",
    "space-6": "2rem",
    "corner-small": "4px",
    "corner": "8px",
    "page-width": "64rem",
    "broad-width": "96rem",
    "line-length": "44rem",
}
"""One scale each for type, lines, weights, distances and corners. Two marks above a letter need the high lines."""

_PAPERS = ("ground", "sheet", "soft")
PAIRS: Final = (
    *((text, paper, TEXT_CONTRAST) for text in ("ink", "muted", "accent", "urgent", "good") for paper in _PAPERS),
    *((line, paper, EDGE_CONTRAST) for line in ("edge", "accent", "urgent") for paper in _PAPERS),
    ("on_brand", "brand", TEXT_CONTRAST),
    ("on_accent", "accent", TEXT_CONTRAST),
    ("on_urgent", "urgent", TEXT_CONTRAST),
    ("warn", "warn_soft", TEXT_CONTRAST),
    ("accent", "warn_soft", TEXT_CONTRAST),
    ("urgent", "urgent_soft", TEXT_CONTRAST),
    ("ink", "urgent_soft", TEXT_CONTRAST),
    ("good", "good_soft", TEXT_CONTRAST),
    ("ink", "good_soft", TEXT_CONTRAST),
    ("ink", "found", TEXT_CONTRAST),
)
"""Every foreground that stands on a background, with the least contrast between the two in either mode."""


def custom_properties() -> str:
    """Return the tokens as CSS: light, then dark for whoever prefers it; paper is always light."""
    return (
        f":root {{ color-scheme: light dark; {_declared(LIGHT)} {_listed(MEASURES)} "
        f"--family: '{FAMILY}',{SYSTEM_FONTS}; }}\n"
        f"@media screen and (prefers-color-scheme: dark) {{ :root {{ {_declared(DARK)} }} }}\n"
        "@media print { :root { color-scheme: light; } }\n"
    )


def _declared(palette: Palette) -> str:
    return _listed({name.replace("_", "-"): colour for name, colour in asdict(palette).items()})


def _listed(values: dict[str, str]) -> str:
    return " ".join(f"--{name}: {value};" for name, value in values.items())
