"""The catalogue holds exactly the texts that the programme uses, each with its English."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from babel.messages.catalog import Catalog
from babel.messages.extract import extract_from_dir
from babel.messages.pofile import read_po

import app
from app.i18n.catalogue import translator

HOUSE = Path(app.__file__).parent
KEYWORDS = {"_": None, "gettext": None, "ngettext": (1, 2)}
METHODS = [("**.py", "python"), ("**/templates/**", "jinja2")]
OPTIONS = {"**/templates/**": {"trim_blocks": "true", "lstrip_blocks": "true", "silent": "false"}}
PLACEHOLDER = re.compile(r"%\((\w+)\)s")


def used() -> set[str | tuple[str, ...]]:
    found = extract_from_dir(HOUSE, METHODS, OPTIONS, keywords=KEYWORDS)
    return {message for _, _, message, _, _ in found if message}


def catalogue() -> Catalog:
    with (HOUSE / "i18n" / "locale" / "en" / "LC_MESSAGES" / "keng.po").open("rb") as file:
        return read_po(file, locale="en", abort_invalid=True)


def pairs() -> Iterator[tuple[str, str]]:
    """Yield each Vietnamese text with each of its English forms."""
    for message in catalogue():
        source = message.id if isinstance(message.id, str) else message.id[0]
        forms = [message.string] if isinstance(message.string, str) else list(message.string or ())
        yield from ((source, str(form)) for form in forms if source)


def test_every_text_in_use_has_its_english_and_no_other_is_kept() -> None:
    kept = {message.id if isinstance(message.id, str) else tuple(message.id) for message in catalogue() if message.id}
    assert {"missing": used() - kept, "unused": kept - used()} == {"missing": set(), "unused": set()}


def test_no_entry_is_empty_or_fuzzy_and_placeholders_agree() -> None:
    assert not [message.id for message in catalogue() if message.id and message.fuzzy]
    for vietnamese, english in pairs():
        assert english.strip()
        assert sorted(PLACEHOLDER.findall(vietnamese)) == sorted(PLACEHOLDER.findall(english))


def test_counted_texts_have_one_form_in_vietnamese_and_two_in_english() -> None:
    messages = translator("vi"), translator("en")
    for count, english in ((1, "1 day left"), (2, "2 days left")):
        said = [each.ngettext("còn %(days)s ngày", "còn %(days)s ngày", count) % {"days": count} for each in messages]
        assert said == [f"còn {count} ngày", english]


def test_vietnamese_is_the_source_and_stands_for_itself() -> None:
    assert translator("vi").gettext("Việc cần làm") == "Việc cần làm"
    assert translator("en").gettext("Việc cần làm") == "What to do"


def test_another_language_is_refused() -> None:
    with pytest.raises(KeyError):
        translator("fr")
