import random
from typing import Any

import pytest

from app.domain.errors import AppError
from app.domain.folding import fold
from app.domain.notices import NoticeType
from app.store import catalogue
from app.store.database import Database
from app.store.filters import Filters
from app.store.search import LONGEST_QUERY, MOST_TERMS, parse_query
from tests.surfaces.rows import keep, regular

PLANES = [*range(1, 0xD800, 7), *range(0xE000, 0x30000, 31), *range(0xE0000, 0xE0200)]


async def searched(database: Database, text: str) -> list[str]:
    async with database.reading() as connection:
        page, _ = await catalogue.newest(connection, Filters(query=parse_query(text)), None, 100)
    return [notice.ref for notice in page]


SHELF: dict[str, dict[str, Any]] = {
    "G/TBT/N/USA/2211": {"titles": (("en", "Energy Conservation: Uninterruptible Power Supplies"),), "hs": ("850440",)},
    "G/SPS/N/JPN/1180": {"titles": (("en", "Pesticide residues in tea; 2,4-D"),), "hs": ("0902",)},
    "G/TBT/N/KOR/1200": {"titles": (("vi", "Dự thảo quy chuẩn về da giầy, thuốc nhuộm và đường"),), "hs": ("64",)},
    "G/TBT/N/EU/922/Add.1": {"titles": (("fr", "Règlement sur l’écoconception des téléphones"),), "type": "addendum"},
}


SEARCHES = [
    ("G/TBT/N/USA/2211", {"G/TBT/N/USA/2211"}),
    ("USA/2211", {"G/TBT/N/USA/2211"}),
    ("g/tbt/n/eu/922", {"G/TBT/N/EU/922/Add.1"}),
    ("2211", {"G/TBT/N/USA/2211"}),
    ("power energy", {"G/TBT/N/USA/2211"}),
    ('"power supplies"', {"G/TBT/N/USA/2211"}),
    ('"supplies power"', set()),
    ("power residues", set()),
    ("pestic*", {"G/SPS/N/JPN/1180"}),
    ("pestic", set()),
    ("2,4-D", {"G/SPS/N/JPN/1180"}),
    ("duong", {"G/TBT/N/KOR/1200"}),
    ("đường", {"G/TBT/N/KOR/1200"}),
    ("Da Giầy", {"G/TBT/N/KOR/1200"}),
    ("DA GIẦY", {"G/TBT/N/KOR/1200"}),
    ("telephones reglement", {"G/TBT/N/EU/922/Add.1"}),
    ("HS 64", {"G/TBT/N/KOR/1200"}),
    ("mã HS 6403.99", {"G/TBT/N/KOR/1200"}),
    ("HS 09 residues", {"G/SPS/N/JPN/1180"}),
    ("HS 09 thuốc", set()),
]


async def test_search_finds_what_was_typed(database: Database) -> None:
    for symbol, fields in SHELF.items():
        kind = NoticeType(str(fields.get("type", "regular")))
        await keep(database, regular(symbol, **(fields | {"type": kind})))
    for text, expected in SEARCHES:
        assert set(await searched(database, text)) == expected, text


@pytest.mark.parametrize(
    "text",
    [
        "%%%%",
        "",
        "   ",
        "'; --",
        "& | ! <->",
        "\x00",
        '"',
        "*",
        "(((",
        "\\' \\\\",
        "x" * (LONGEST_QUERY + 1),
        "a " * (10**5),
    ],
)
def test_a_search_without_words_or_without_end_is_refused(text: str) -> None:
    with pytest.raises(AppError) as refusal:
        parse_query(text)
    assert refusal.value.field == "q"


def test_a_search_of_too_many_words_is_refused() -> None:
    with pytest.raises(AppError):
        parse_query(" ".join(f"w{number}" for number in range(MOST_TERMS + 1)))
    assert len(parse_query(" ".join(f"w{number}" for number in range(MOST_TERMS))).terms) == MOST_TERMS


HOSTILE = [
    "a' OR '1'='1",
    'x" OR folded:y',
    "NEAR(a b, 2)",
    "folded:shoes",
    "^shoes",
    "a AND OR NOT b",
    "shoes:*",
    "a <-> b & !c",
    "*shoes*",
    "a*b* c**",
    '"shoes * "*',
    "-shoes +boots",
    "{folded} : x",
    "1e400 0x1f 1.5.2",
    "\ud800 shoes",
    "shoes\x00boots",
    "HS 99999999999999999999",
    "HS 64 HS 65 HS 66",
]


async def test_no_search_is_an_error_of_the_database(database: Database) -> None:
    await keep(database, regular("G/TBT/N/USA/1", titles=(("en", "Shoes and boots"),)))
    for text in HOSTILE:
        assert set(await searched(database, text)) <= {"G/TBT/N/USA/1"}, text


async def test_no_characters_are_an_error_of_the_database(database: Database) -> None:
    generator = random.Random(11)
    drawn = ["".join(chr(generator.choice(PLANES)) for _ in range(12)) for _ in range(100)]
    for text in drawn:
        if fold(text):
            await searched(database, f'{text} "{text}" {text}*')


async def test_random_searches_agree_on_both_databases_with_a_plain_reading(database: Database) -> None:
    generator = random.Random(7)
    words = ["da", "giay", "duong", "tea", "2", "4", "d", "usa", "2211", "10a", "1e5", "thuốc"]
    texts = [" ".join(generator.choices(words, k=6)) for _ in range(30)]
    for number, text in enumerate(texts, 5000):
        await keep(database, regular(f"G/TBT/N/EU/{number}", titles=(("en", text),)))
    for _ in range(60):
        phrase = generator.choices(words, k=generator.randint(1, 3))
        expected = {
            f"G/TBT/N/EU/{number}" for number, text in enumerate(texts, 5000) if f" {' '.join(phrase)} " in f" {text} "
        }
        assert set(await searched(database, f'"{" ".join(phrase)}"')) == expected, phrase
