import asyncio
import random
import unicodedata
from datetime import date
from typing import Any

import pytest
from alembic import command
from sqlalchemy import select, update

from app.bootstrap import open_taxonomy
from app.domain.errors import AppError
from app.domain.folding import fold
from app.domain.notices import NoticeType
from app.domain.queries import LONGEST_QUERY, MOST_TERMS, parse_query
from app.domain.symbols import Area
from app.flow import search
from app.store import catalogue, migrations
from app.store.database import Database
from app.store.filters import Filters
from app.store.tables import notice_texts
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
    for asked, expected in SEARCHES:
        assert set(await searched(database, asked)) == expected, asked


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


async def most_relevant(database: Database, text: str) -> list[str]:
    async with database.reading() as connection:
        query = search.understood(text, open_taxonomy())
        return [one.ref for one in (await search.most_relevant(connection, Filters(query=query), 100)).notices]


LIBRARY: dict[str, dict[str, Any]] = {
    "G/TBT/N/VNM/1": {"titles": (("vi", "Dự thảo quy chuẩn kỹ thuật về da giầy"),)},
    "G/TBT/N/VNM/2": {"titles": (("vi", "Quy dinh ve da giay"),)},
    "G/TBT/N/EU/3": {"titles": (("en", "Labelling of footwear"),), "hs": ("640399",)},
    "G/TBT/N/VNM/4": {"titles": (("vi", "Điều 5 của Nghị định về đường bộ"),)},
    "G/SPS/N/VNM/5": {"titles": (("vi", "Kiểm dịch hạt điều"),), "hs": ("080132",)},
    "G/SPS/N/USA/6": {"titles": (("en", "Cashew nuts: maximum levels of aflatoxin B1"),), "hs": ("080132",)},
    "G/SPS/N/CHN/7": {"titles": (("en", "Fresh lychee from Viet Nam"),)},
    "G/TBT/N/KOR/8": {"titles": (("en", "Safety of fabrics"),)},
    "G/TBT/N/VNM/9": {"titles": (("vi", "Chất lượng vải dệt thoi"),)},
    "G/SPS/N/VNM/10": {"titles": (("vi", "Điều kiện vệ sinh đối với thuỷ sản"),)},
    "G/SPS/N/JPN/11": {"titles": (("en", "Residues of 2,4-D and chlorpyrifos-methyl in pepper"),), "hs": ("0904",)},
    "G/SPS/N/JPN/12": {"titles": (("en", "Standards for seafood"),)},
    "G/TBT/N/VNM/13": {"titles": (("vi", "Mật ong và đường ăn"),)},
}

RANKED = [
    ("da giày", ["G/TBT/N/VNM/1", "G/TBT/N/VNM/2", "G/TBT/N/EU/3"]),
    ("da giầy", ["G/TBT/N/VNM/1", "G/TBT/N/VNM/2", "G/TBT/N/EU/3"]),
    ("da giay", ["G/TBT/N/VNM/2", "G/TBT/N/VNM/1", "G/TBT/N/EU/3"]),
    ("footwear", ["G/TBT/N/EU/3", "G/TBT/N/VNM/2", "G/TBT/N/VNM/1"]),
    ("điều", ["G/SPS/N/VNM/10", "G/SPS/N/VNM/5", "G/SPS/N/USA/6"]),
    ("hạt điều", ["G/SPS/N/VNM/5", "G/SPS/N/USA/6"]),
    ("vải", ["G/TBT/N/VNM/9", "G/TBT/N/KOR/8"]),
    ("vải thiều", ["G/SPS/N/CHN/7"]),
    ("thủy sản", ["G/SPS/N/VNM/10", "G/SPS/N/JPN/12"]),
    ("thuỷ sản", ["G/SPS/N/VNM/10", "G/SPS/N/JPN/12"]),
    ("thuyr sanr", ["G/SPS/N/VNM/10"]),
    ("qui chuẩn kĩ thuật", ["G/TBT/N/VNM/1"]),
    ("đường", ["G/TBT/N/VNM/13", "G/TBT/N/VNM/4"]),
    ("Điều 5", ["G/TBT/N/VNM/4"]),
    ("HS 64", ["G/TBT/N/EU/3"]),
    ("HS 0801", ["G/SPS/N/USA/6", "G/SPS/N/VNM/5"]),
    ("0904", ["G/SPS/N/JPN/11"]),
    ("2,4-D", ["G/SPS/N/JPN/11"]),
    ("chlorpyrifos-methyl", ["G/SPS/N/JPN/11"]),
    ("aflatoxin B1", ["G/SPS/N/USA/6"]),
    ("g sps n jpn 11", ["G/SPS/N/JPN/11"]),
    ("JPN/11", ["G/SPS/N/JPN/11"]),
]


@pytest.mark.parametrize("form", ["NFC", "NFD"])
async def test_what_fits_best_comes_first(database: Database, form: Any) -> None:
    for symbol, fields in LIBRARY.items():
        await keep(database, regular(symbol, **fields))
    for asked, expected in RANKED:
        assert await most_relevant(database, unicodedata.normalize(form, asked)) == expected, asked


async def test_words_that_occur_nowhere_are_read_as_telex(database: Database) -> None:
    await keep(database, regular("G/SPS/N/VNM/1", titles=(("vi", "Thủy sản"),)))
    await keep(database, regular("G/SPS/N/VNM/2", titles=(("en", "Project thuyr"),)))
    async with database.reading() as connection:
        for typed, refs, also in (("thuyr san", ["G/SPS/N/VNM/1"], ("thủy",)), ("thuyr", ["G/SPS/N/VNM/2"], ())):
            query = search.understood(typed, open_taxonomy())
            found = await search.newest(connection, Filters(query=query), None, 20)
            assert [one.ref for one in found.notices] == refs
            assert found.also_searched == also


async def test_pages_of_a_search_tile_it_newest_first(database: Database) -> None:
    for number in range(1, 12):
        day = None if number % 4 == 0 else date(2026, 1, 1 + number % 3)
        await keep(database, regular(f"G/SPS/N/EU/{number}", distributed_on=day))
    async with database.reading() as connection:
        every, _ = await catalogue.newest(connection, Filters(), None, 100)
        walked: list[str] = []
        place: catalogue.Place | None = None
        while len(walked) < len(every):
            page, place = await catalogue.newest(connection, Filters(query=parse_query("draft")), place, 2)
            walked += [one.ref for one in page]
    assert place is None
    assert walked == [one.ref for one in every]


async def test_a_search_goes_with_other_filters(database: Database) -> None:
    await keep(database, regular("G/SPS/N/EU/1", titles=(("en", "Rice"),)))
    await keep(database, regular("G/TBT/N/EU/1", titles=(("en", "Rice"),)))
    async with database.reading() as connection:
        asked = Filters(query=parse_query("rice"), area=Area.SPS)
        found, _ = await catalogue.newest(connection, asked, None, 20)
        moved, _ = await catalogue.changed(connection, asked, None, 20)
    assert [one.ref for one in found] == [one.ref for one in moved] == ["G/SPS/N/EU/1"]


async def test_notices_stored_before_the_index_had_an_order_are_found_in_it(
    database: Database, database_url: str
) -> None:
    for number, day in ((1, date(2026, 2, 2)), (2, None), (3, date(2024, 2, 29)), (4, date(2026, 1, 1))):
        await keep(database, regular(f"G/TBT/N/USA/{number}", distributed_on=day, hs=("640399",)))
    expected = [f"G/TBT/N/USA/{number}" for number in (1, 4, 3, 2)]
    assert await searched(database, "HS 6403") == expected
    async with database.reading() as connection:
        places = set(await connection.execute(select(notice_texts.c.notice_id, notice_texts.c.place)))
    steps = migrations._config(database_url)  # noqa: SLF001 - a step back is for tests only
    await asyncio.to_thread(command.downgrade, steps, "0001")
    async with database.writing() as connection:
        await connection.execute(update(notice_texts).values(folded="before"))
    await asyncio.to_thread(command.upgrade, steps, "head")
    async with database.reading() as connection:
        assert set(await connection.execute(select(notice_texts.c.notice_id, notice_texts.c.place))) == places
    assert await searched(database, "HS 6403") == await searched(database, "before") == expected
