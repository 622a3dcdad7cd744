"""A warning that somebody typed is read by the rules of every source, and a doubt is refused at once."""

import json
from dataclasses import replace
from datetime import date
from typing import Any

import pytest

from app.domain.errors import AppError
from app.domain.notices import NoticeType
from app.sources.warning_form import WarningForm, read_warning

TODAY = date(2026, 11, 22)
FORM = WarningForm(
    source="rasff",
    key="2026.1234",
    language="vi",
    title="Ethylen oxit trong mì ăn liền từ Việt Nam",
    description="Phát hiện tại Đức.",
    products="Mì ăn liền",
    members=("EU",),
    hs=("1902.30",),
    published="2026-11-20",
    link="https://webgate.ec.europa.eu/rasff-window/screen/notification/1",
)


def test_a_form_becomes_a_record_of_its_source_with_its_own_bytes() -> None:
    page = read_warning(FORM, today=TODAY)
    (record,) = page.records
    assert (record.source, record.key, record.language) == ("rasff", "2026.1234", "vi")
    content = record.content
    assert (content.type, content.symbols, content.members) == (NoticeType.WARNING, (), ("EU",))
    assert (content.hs, content.distributed_on) == (("190230",), date(2026, 11, 20))
    assert (content.title, content.products, content.notice_link) == (FORM.title, "Mì ăn liền", FORM.link)
    assert page.payload is not None
    assert page.payload.hash == record.payload_hash
    assert json.loads(page.payload.body)["title"] == FORM.title


def test_the_same_form_is_the_same_bytes() -> None:
    assert read_warning(FORM, today=TODAY) == read_warning(FORM, today=TODAY)


@pytest.mark.parametrize(
    ("values", "field"),
    [
        ({"source": "eping"}, "source"),
        ({"source": "Thương vụ"}, "source"),
        ({"key": ""}, "key"),
        ({"key": "two words"}, "key"),
        ({"key": "a" * 201}, "key"),
        ({"key": "G/TBT/N/USA/1"}, "key"),
        ({"title": "  "}, "title"),
        ({"members": ("Atlantis",)}, "members"),
        ({"hs": ("shoe",)}, "hs"),
        ({"published": "2026-13-40"}, "distributed_on"),
        ({"published": "2027-11-20"}, "distributed_on"),
        ({"deadline": "2026-11-01"}, "comment_deadline"),
        ({"link": "javascript:alert(1)"}, "notice_link"),
    ],
)
def test_what_cannot_stand_is_refused_by_its_field(values: dict[str, Any], field: str) -> None:
    with pytest.raises(AppError) as refused:
        read_warning(replace(FORM, **values), today=TODAY)
    assert refused.value.field == field
