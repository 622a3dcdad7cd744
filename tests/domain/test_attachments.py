from datetime import UTC, datetime, timedelta

from app.domain.attachments import MOST_DOCUMENTS, MOST_TRIES, PAUSES, documents_of, next_try
from app.domain.queries import LARGEST_ANNEX, annex_words
from tests.builders import a_content

NOW = datetime(2026, 3, 2, tzinfo=UTC)
LONG = timedelta(days=30)


def test_the_official_notice_comes_first_and_no_link_twice() -> None:
    content = a_content("G/TBT/N/USA/1", notice_link="https://a", text_links=("https://b", "https://a", "https://b"))
    assert documents_of(content) == (("notice", "https://a"), ("text", "https://b"))
    assert documents_of(a_content("G/TBT/N/USA/1")) == ()
    many = tuple(f"https://a/{number}" for number in range(50))
    assert len(documents_of(a_content("G/TBT/N/USA/1", text_links=many))) == MOST_DOCUMENTS


def test_tries_grow_rarer_and_end() -> None:
    pauses = [next_try(NOW, attempts, None) for attempts in range(1, MOST_TRIES + 1)]
    assert pauses == [*(NOW + pause for pause in PAUSES), None]


def test_a_hosts_wish_counts_where_it_is_longer_up_to_six_hours() -> None:
    assert next_try(NOW, 1, timedelta(minutes=5)) == NOW + PAUSES[0]
    assert next_try(NOW, 1, timedelta(hours=2)) == NOW + timedelta(hours=2)
    assert next_try(NOW, 1, LONG) == NOW + timedelta(hours=6)
    assert next_try(NOW, 3, LONG) == NOW + PAUSES[2]


def test_the_words_of_an_annex_are_folded_and_bounded() -> None:
    assert annex_words("Hạt Điều,\nChlorpyrifos") == "hat dieu chlorpyrifos"
    distinct = annex_words(" ".join(f"word{number}" for number in range(200_000)))
    assert 0 < len(distinct) < LARGEST_ANNEX
    assert len(annex_words("rice " * 100_000).split()) == 100_000
