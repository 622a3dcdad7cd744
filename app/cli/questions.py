"""Questions as they are asked on the command line: the options of every command that takes criteria, and what they mean."""

from collections.abc import Sequence
from typing import Annotated, Any

import typer

from app.domain.errors import invalid
from app.domain.sectors import Facet
from app.domain.subscriptions import FIELDS, READ_FACETS, Criteria
from app.domain.taxonomy import Taxonomy
from app.flow.search import value_meant
from app.i18n.facets import facet_values
from app.i18n.members import member_of_code, member_of_name

Sectors = Annotated[list[str] | None, typer.Option("--sector", help="A sector; may be given again.")]
Members = Annotated[list[str] | None, typer.Option("--member", help="A WTO member, by code or name.")]
Codes = Annotated[list[str] | None, typer.Option("--hs", help="An HS code or its beginning, two digits or more.")]
Themes = Annotated[list[str] | None, typer.Option("--theme", help="A theme.")]
MeasureTypes = Annotated[
    list[str] | None, typer.Option("--measure-type", help="A type of measure: technical_regulation, food_safety …")
]
Standards = Annotated[list[str] | None, typer.Option("--standard", help="A standard that is cited: ISO 14362-1.")]
Substances = Annotated[
    list[str] | None, typer.Option("--substance", help="A substance, by any of its names or its CAS number.")
]
Agreements = Annotated[list[str] | None, typer.Option("--agreement", help="A trade agreement with the member.")]
Origins = Annotated[list[str] | None, typer.Option("--origin", help="origin_labelling or rules_of_origin.")]
Affected = Annotated[
    list[str] | None, typer.Option("--affected", help="Whose goods: viet_nam, all_partners or others.")
]
Importances = Annotated[list[str] | None, typer.Option("--importance", help="act, note or not_concerned.")]
Keywords = Annotated[
    list[str] | None, typer.Option("--keyword", help="A word or phrase; with - in front it must not occur.")
]
Related = Annotated[bool, typer.Option("--related", help="Copies of what only touches the sectors, too.")]


def criteria_of(
    taxonomy: Taxonomy,
    *,
    sectors: Sequence[str] | None,
    members: Sequence[str] | None = None,
    hs: Sequence[str] | None = None,
    themes: Sequence[str] | None = None,
    keywords: Sequence[str] | None = None,
    related: bool = False,
    **read: Sequence[str] | None,
) -> Criteria:
    """Return the question in canonical form; a keyword with `-` in front must not occur.

    `read` holds names of values of the facets that are read out of a notice, by the name of the facet's field.

    Raises AppError (invalid) naming the field that cannot be asked for.
    """
    values: dict[str, Any] = {
        field: tuple(_value(facet, name) for name in read.pop(field, None) or ())
        for facet, field in FIELDS.items()
        if facet in READ_FACETS
    }
    return Criteria(
        sectors=tuple(_known("sector", name, taxonomy.sector_id(name)) for name in sectors or ()),
        themes=tuple(_known("theme", name, taxonomy.theme_id(name)) for name in themes or ()),
        members=tuple(_known("member", name, member_of_code(name) or member_of_name(name)) for name in members or ()),
        hs=tuple(_prefix(code) for code in hs or ()),
        keywords=tuple(word for word in keywords or () if not word.startswith("-")),
        excluded=tuple(word[1:] for word in keywords or () if word.startswith("-")),
        related=related,
        **values,
    ).canonical()


def _value(facet: Facet, name: str) -> str:
    found = value_meant(facet, name)
    if found is None:
        known = ", ".join(value.id for value in facet_values(facet)) or "a name"
        raise invalid(f"unknown-{facet}", f"{name}: must be one of: {known}", field=facet.value.replace("_", "-"))
    return found


def _known(field: str, asked: str, found: str | None) -> str:
    if found is None:
        raise invalid(f"unknown-{field}", f"{asked}: no such {field}", field=field)
    return found


def _prefix(code: str) -> str:
    digits = code.replace(".", "").replace(" ", "")
    if not digits.isdigit() or not 2 <= len(digits) <= 6:  # noqa: PLR2004 - a chapter up to a subheading of the HS
        raise invalid("hs", f"{code}: must be two to six digits of the HS", field="hs")
    return digits
