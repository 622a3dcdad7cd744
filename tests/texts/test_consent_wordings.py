"""What people agreed to stays as it was, to the byte."""

import hashlib

import pytest

from app.texts.consent_wordings import CURRENT, WORDINGS, wording

PUBLISHED = {
    ("2026-11", "vi"): "2779356eb0ce2da6",
    ("2026-11", "en"): "8bc01cf5bc6f34a4",
    ("2026-11-22", "vi"): "f1005ab66a52fd97",
    ("2026-11-22", "en"): "9898ac4cdae875a7",
}
"""SHA-256, the first sixteen digits, of every wording that stood on a page."""


def test_no_wording_that_stood_on_a_page_was_changed_or_dropped() -> None:
    found = {
        (version, language): hashlib.sha256(text.encode()).hexdigest()[:16]
        for version, texts in WORDINGS.items()
        for language, text in texts.items()
    }
    assert found == PUBLISHED


def test_the_present_wording_is_there_in_both_languages_and_no_unknown_one_is() -> None:
    assert "đồng ý" in wording(CURRENT, "vi")
    assert "agree" in wording(CURRENT, "en")
    with pytest.raises(KeyError):
        wording("1999-01", "vi")
