"""The shared design holds: contrast by computation, no colour outside the tokens, no file from elsewhere."""

import re
from dataclasses import asdict
from pathlib import Path

import pytest

from app.demo.notices import sample_notices
from app.texts import design
from app.web import dress
from tests.design import screenshots
from tests.house import ROOT

MODES = {"light": asdict(design.LIGHT), "dark": asdict(design.DARK)}
STYLES = sorted((ROOT / "app" / "web" / "styles").glob("*.css"))
MAILS = sorted((ROOT / "app" / "texts" / "templates").glob("*.html"))
COLOUR = re.compile(r"#[0-9a-fA-F]{3,8}\b|\b(?:rgb|hsl|oklch|color-mix)\(")
BLACK_ON_PAPER = "#000000"


def luminance(colour: str) -> float:
    """Relative luminance as WCAG 2.2 defines it, 0 to 1."""
    parts = [int(colour[place : place + 2], 16) / 255 for place in (1, 3, 5)]
    red, green, blue = (part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def contrast(one: str, other: str) -> float:
    """Contrast as WCAG 2.2 defines it, 1 to 21."""
    darker, lighter = sorted((luminance(one), luminance(other)))
    return (lighter + 0.05) / (darker + 0.05)


def used(rule: str, *properties: str) -> list[str]:
    """The tokens that a rule gives to one of the properties."""
    names = "|".join(properties)
    return [name.replace("-", "_") for name in re.findall(rf"(?<![\w-])(?:{names}):[^;]*?var\(--([a-z-]+)\)", rule)]


def test_contrast_is_measured_as_the_standard_does() -> None:
    assert contrast("#000000", "#ffffff") == 21
    assert round(contrast("#777777", "#ffffff"), 2) == 4.48


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize(("text", "paper", "least"), design.PAIRS)
def test_every_pair_is_legible_in_both_modes(mode: str, text: str, paper: str, least: float) -> None:
    colours = MODES[mode]
    assert contrast(colours[text], colours[paper]) >= least, f"{text} {colours[text]} on {paper} {colours[paper]}"


def test_every_colour_is_judged_but_the_thin_lines_that_say_nothing() -> None:
    assert set(MODES["light"]) - {name for pair in design.PAIRS for name in pair[:2]} == {"rule"}


@pytest.mark.parametrize("style", STYLES, ids=lambda path: path.name)
def test_a_rule_pairs_only_what_was_judged(style: Path) -> None:
    judged = {(text, paper) for text, paper, least in design.PAIRS if least == design.TEXT_CONTRAST}
    for rule in re.findall(r"\{([^{}]*)\}", style.read_text(encoding="utf-8")):
        for text in used(rule, "color"):
            for paper in used(rule, "background", "background-color"):
                assert (text, paper) in judged, rule


@pytest.mark.parametrize("style", [*STYLES, *MAILS], ids=lambda path: path.name)
def test_no_colour_is_named_outside_the_tokens(style: Path) -> None:
    found = set(COLOUR.findall(style.read_text(encoding="utf-8")))
    assert found <= ({BLACK_ON_PAPER} if style.name == "print.css" else set())


def test_every_custom_property_is_a_token() -> None:
    sheet = dress.style_sheet()
    declared = set(re.findall(r"(--[a-z0-9-]+):", design.custom_properties()))
    asked = set(re.findall(r"var\((--[a-z0-9-]+)\)", sheet))
    assert asked - declared == set()
    assert declared - asked == set(), "a token that nothing uses"


def test_motion_is_only_for_those_who_did_not_ask_for_less() -> None:
    for style in STYLES:
        text = style.read_text(encoding="utf-8")
        still = re.sub(r"@media \(prefers-reduced-motion: no-preference\) \{(?:[^{}]*\{[^{}]*\})*\s*\}", "", text)
        assert not re.search(r"\b(?:transition|animation|scroll-behavior)\b", still), style.name


def test_every_file_of_the_font_lies_beside_its_licence() -> None:
    for folder in (ROOT / "app" / "web" / "static" / "fonts", ROOT / "app" / "texts" / "fonts"):
        assert "SIL OPEN FONT LICENSE Version 1.1" in (folder / "OFL.txt").read_text(encoding="utf-8")
    wanted = {f"be-vietnam-pro-{letters}-{weight}.woff2" for letters in dress.LETTERS for weight in dress.WEIGHTS}
    assert wanted | {"OFL.txt"} == {path.name for path in (ROOT / "app" / "web" / "static" / "fonts").iterdir()}


def test_axe_is_a_tool_of_the_tests_and_has_its_licence() -> None:
    folder = ROOT / "tests" / "design" / "axe"
    assert "Mozilla Public License" in (folder / "LICENSE").read_text(encoding="utf-8")
    assert not list((ROOT / "app").rglob("*.js"))


def test_the_pictures_show_notices_that_the_demo_has() -> None:
    symbols = {symbol for notice in sample_notices() for symbol in notice.symbols}
    assert {screenshots.URGENT, f"{screenshots.THREAD}/Add.1"} <= symbols
