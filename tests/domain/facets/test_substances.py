"""Substances and their limits, in four languages, and the common words that are none."""

import re

import pytest

from app.domain.facets import FacetTables
from app.domain.sectors import Facet, Sorter
from tests.domain.facets.read import ids, quotes


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Maximum residue limits for chlorpyrifos and chlorpyrifos-methyl", {"chlorpyrifos", "chlorpyrifos-methyl"}),
        ("Límites máximos de residuos de clorpirifós y glifosato", {"chlorpyrifos", "glyphosate"}),
        ("Limites maximales de résidus de cyperméthrine", {"cypermethrin"}),
        ("Đề xuất giới hạn dư lượng tối đa đối với cyantraniliprole", {"cyantraniliprole"}),
        ("hàm lượng formaldehyt và amin thơm trong sản phẩm dệt may", {"formaldehyde", "aromatic-amines"}),
        ("migration of DEHP, DBP and BBP in toys", {"bis-2-ethylhexyl-phthalate", "dibutyl-phthalate",
                                                    "benzyl-butyl-phthalate"}),
        ("2,4-D residues", {"2-4-d"}),
        ("Restriction of PFAS in textiles", {"per-and-polyfluoroalkyl-substances"}),
        ("chrome hexavalent dans les articles en cuir", {"hexavalent-chromium"}),
        ("Chromium (VI) in leather articles", {"hexavalent-chromium"}),
        ("Contenido de cadmio y plomo en cacao", {"cadmium", "lead"}),
        ("Mức tối đa asen vô cơ trong gạo", {"inorganic-arsenic"}),
        ("Túi xách: giới hạn chì", {"lead"}),
        ("Dư lượng kháng sinh enrofloxacin và chloramphenicol trong tôm", {"enrofloxacin", "chloramphenicol"}),
        ("aflatoxinas en maní", {"aflatoxins"}),
        ("Titanium dioxide as a food additive", {"titanium-dioxide"}),
        ("nickel release from jewellery", {"nickel"}),
        ("REACH: lead and its compounds in PVC", {"lead"}),
        ("Mercury-added products", {"mercury"}),
        ("Hydrocyanic acid, or hydrogen cyanide, in cassava", {"hydrogen-cyanide"}),
    ],
)  # fmt: skip
def test_a_substance_is_known_by_its_names_in_four_languages(sorter: Sorter, text: str, expected: set[str]) -> None:
    assert ids(sorter, Facet.SUBSTANCE, text) == expected


@pytest.mark.parametrize(
    "text",
    [
        "changes that lead to lower limits",
        "the lead agency for contaminants",
        "lead time of 90 days",
        "tin cans for fruit",
        "Mercury Marine outboard engines",
        "bút chì màu",
        "nickel alloy tubes",
        "zinc coated steel sheets",
        "a printed circuit board (PCB)",
        "the bpa of the region",
        "dehp",
        "captain of the vessel",
    ],
)
def test_common_words_are_no_substances(sorter: Sorter, text: str) -> None:
    assert ids(sorter, Facet.SUBSTANCE, text) == set()


@pytest.mark.parametrize(
    ("text", "label", "quote"),
    [
        ("glyphosate in soya at 0.01 mg/kg", "glyphosate", "glyphosate in soya at 0.01 mg/kg"),
        ("Formaldehyde: 75 mg/kg for skin contact", "formaldehyde", "Formaldehyde: 75 mg/kg"),
        ("không quá 0,05 mg/kg; asen vô cơ tối đa 0,2 mg/kg", "inorganic-arsenic", "asen vô cơ tối đa 0,2 mg/kg"),
        ("a limit of 90 ppm of lead in paint", "lead", "90 ppm of lead"),
        ("carbendazim. The fee is 5 mg/kg", "carbendazim", "carbendazim"),
        ("captan, folpet 0.03 mg/kg", "captan", "captan"),
        ("plomo (0,5 mg/kg)", "lead", "plomo (0,5 mg/kg"),
    ],
)
def test_the_limit_that_stands_by_a_substance_is_quoted(sorter: Sorter, text: str, label: str, quote: str) -> None:
    assert quotes(sorter, Facet.SUBSTANCE, label, description=text) == [quote]


def test_a_longer_name_hides_a_shorter_one_in_it(sorter: Sorter) -> None:
    assert ids(sorter, Facet.SUBSTANCE, "lambda-cyhalothrin in tea") == {"lambda-cyhalothrin"}


def test_the_table_is_sound(tables: FacetTables) -> None:
    assert len(tables.substances) > 700
    assert len({substance.id for substance in tables.substances}) == len(tables.substances)
    kinds = {"pesticide", "veterinary_drug", "additive", "contaminant", "chemical"}
    for substance in tables.substances:
        assert re.fullmatch(r"[a-z0-9]+(-[a-z0-9]+)*", substance.id)
        assert substance.kind in kinds
        assert len(set(substance.names)) == len(substance.names), substance.id
        if substance.cas:
            digits = substance.cas.replace("-", "")
            weighted = sum(int(digit) * place for place, digit in enumerate(reversed(digits[:-1]), start=1))
            assert weighted % 10 == int(digits[-1]), substance.id


def test_no_name_or_number_belongs_to_two_substances(tables: FacetTables) -> None:
    owners: dict[str, set[str]] = {}
    for substance in tables.substances:
        for name in (*(name for _, name in substance.names), substance.cas or substance.id):
            owners.setdefault(name.casefold(), set()).add(substance.id)
    assert [name for name, ids_of in owners.items() if len(ids_of) > 1] == []
