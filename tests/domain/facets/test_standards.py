"""Standards that a notice cites, each under one id however it is written."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.domain.facets.citations import citations
from app.domain.sectors import Facet, Sorter
from tests.domain.facets.read import ids, quotes


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Textiles — Determination of certain aromatic amines, ISO 14362-1:2017", {"ISO 14362-1"}),
        ("in accordance with ISO14362-1", {"ISO 14362-1"}),
        ("ISO/IEC 17025 accredited laboratories", {"ISO/IEC 17025"}),
        ("draft ISO/DIS 20345", {"ISO 20345"}),
        ("safety footwear, EN ISO 20345:2022+A1:2024", {"ISO 20345"}),
        ("TCVN ISO 9001:2015 về hệ thống quản lý chất lượng", {"ISO 9001"}),
        ("IEC 60335-2-9:2019, Household appliances", {"IEC 60335-2-9"}),
        ("CISPR 32 limits", {"CISPR 32"}),
        ("General Standard for Food Additives (CXS 192-1995)", {"CXS 192"}),
        ("Norme générale Codex Stan 192-1995", {"CXS 192"}),
        ("CODEX STAN 192-1995", {"CXS 192"}),
        ("Codex Standard 193-1995", {"CXS 193"}),
        ("CAC/GL 21-1997 and CAC/RCP 1-1969", {"CXG 21", "CXC 1"}),
        ("marked under ISPM 15", {"ISPM 15"}),
        ("ISPM No. 15 and ISPM No 12", {"ISPM 15", "ISPM 12"}),
        ("conformes à la NIMF 15", {"ISPM 15"}),
        ("NIMF N° 15", {"ISPM 15"}),
        ("toys, EN 71-3:2019+A1:2021", {"EN 71-3"}),
        ("radio equipment: ETSI EN 300 328 and EN 301 489-1", {"ETSI EN 300 328", "EN 301 489-1"}),
        ("labelled per ASTM D4236-94", {"ASTM D4236"}),
        ("ASTM F963-17, ASTM F963-23", {"ASTM F963"}),
        ("GB 18401-2010 National general safety technical code for textile products", {"GB 18401"}),
        ("GB/T 22796-2021", {"GB/T 22796"}),
        ("GB 7718—2025 and EN 71–3:2019", {"GB 7718", "EN 71-3"}),
        ("INTE E17‐1:2017, INTE E17‐2:2017", {"INTE E17-1", "INTE E17-2"}),
        ("JIS L 1096:2010", {"JIS L 1096"}),
        ("KS K ISO 105", {"ISO 105"}),
        ("KS 2999:2025 Kitenge fabrics — Specification", {"KS 2999"}),
        ("TCVN 12345:2018 và QCVN 01:2017/BCT", {"TCVN 12345", "QCVN 01/BCT"}),
        ("QCVN 4:2009/BKHCN", {"QCVN 4/BKHCN"}),
        ("UL 60335-2-9", {"UL 60335-2-9"}),
        ("PROY-NOM-187-SSA1/SE-2021 Masa, tortillas", {"NOM-187-SSA1/SE"}),
        ("NOM-004-SE-2021", {"NOM-004-SE"}),
        ("IS 15298 (Part 2): 2016 safety footwear", {"IS 15298"}),
        ("Indian Standard IS 15844", {"IS 15844"}),
        ("SNI 01-3553-2006 and SNI 8218:2024", {"SNI 01-3553", "SNI 8218"}),
        ("GSO 9/2013 Labelling of prepackaged foodstuffs", {"GSO 9"}),
        ("Egyptian Standard ES 2004/2024", {"ES 2004"}),
        ("DUS 2412:2024, Cotton bed sheets", {"US 2412"}),
        ("FDEAS 1217:2023 and DEAS 22: 2025, Butter", {"EAS 1217", "EAS 22"}),
        ("TIS 1390-2566 hot rolled steel sheet piles", {"TIS 1390"}),
        ("RTE INEN 080 “Etiquetado de calzado”", {"RTE INEN 080"}),
        ("FMVSS No. 213", {"FMVSS 213"}),
        ("ГОСТ Р 52722", {"GOST R 52722"}),
    ],
)
def test_a_citation_has_one_id(sorter: Sorter, text: str, expected: set[str]) -> None:
    assert ids(sorter, Facet.STANDARD, text) == expected


@pytest.mark.parametrize(
    "text",
    [
        "the two-letter ISO country code of origin",
        "an ISO certified laboratory",
        "The limit IS 15298 mg in total",
        "THE MAXIMUM CONTENT IS 500 MG",
        "the fee is 1500 dollars",
        "Reglamento (112 páginas, en español) EN 30 DÍAS",
        "MODIFICADO EN 2025",
        "EN, FR, ES 12 pages",
        "16 GB 512 of memory",
        "ISO 2025",
        "notified in G/TBT/N/EGY/313 and G/SPS/N/JPN/1345/Add.1",
        "see https://example.org/ISO-9001/EN-71-3:2019",
        "isolated 123 and ulcer 5",
        "US 100 million dollars, SI 5 m",
        "on 12 GBP 300 a day",
    ],
)
def test_letters_that_look_like_a_body_are_none(sorter: Sorter, text: str) -> None:
    assert ids(sorter, Facet.STANDARD, description=text) == set()


def test_the_year_stands_in_the_quotation_and_not_in_the_id(sorter: Sorter) -> None:
    assert quotes(sorter, Facet.STANDARD, "ISO 14362-1", "Azo colourants: ISO 14362-1:2017.") == ["ISO 14362-1:2017"]
    assert quotes(sorter, Facet.STANDARD, "IS 15298", "IS 15298 (Part 2): 2016") == ["IS 15298 (Part 2): 2016"]


def test_the_ticked_bodies_of_the_form_are_labels(sorter: Sorter) -> None:
    found = ids(
        sorter,
        Facet.STANDARD,
        international_standards=["Codex Alimentarius Commission", "International Plant Protection Convention"],
    )
    assert found == {"Codex", "IPPC"}


@given(st.text(alphabet="ISOENGBCX/-:.() 0123456789", max_size=60), st.lists(st.integers(0, 59), max_size=12))
def test_no_text_makes_citations_overlap_or_leave_it(text: str, starts: list[int]) -> None:
    found = list(citations(text, sorted({start for start in starts if start < len(text)})))
    ends = [0, *(one.end for one in found)]
    assert all(end <= one.start < one.end <= len(text) for end, one in zip(ends, found, strict=False))
