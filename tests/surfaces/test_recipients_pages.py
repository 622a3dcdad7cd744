"""The room of the desk in which organisations and their addresses are looked after."""

import re
from dataclasses import replace

import pytest
from fastapi import FastAPI
from sqlalchemy import select

from app.domain.access import Role
from app.domain.organisations import Organisation, Responsibility
from app.domain.sectors import Label
from app.domain.sectors import Role as SectorRole
from app.flow import organisations
from app.flow.organisations import ContactDesk
from app.store import recipients, tables
from app.store.recipients import Wanted
from tests.conftest import FrozenClock
from tests.flow.test_readdress import address
from tests.office import KEY, Office
from tests.staff import Browser, browser, hire
from tests.surfaces.rows import STORED_AT, keep, label, regular

PAGE = "/desk/recipients"
MAILBOX = "vanphong@hiephoi.example"
HOSTILE = '"><script>alert(1)</script>'
SECTORS = {"textiles", "coffee-tea"}
THREADS = Organisation(
    key="vitas_textile",
    abbreviation="VITAS",
    name_vi="Hiệp hội Dệt may Việt Nam",
    name_en="Vietnam Textile and Apparel Association",
    sectors=(("textiles", Responsibility.PRIMARY),),
)
TEA = Organisation(
    key="vitas_tea",
    abbreviation="VITAS",
    name_vi="Hiệp hội Chè Việt Nam",
    sectors=(("coffee-tea", Responsibility.PRIMARY),),
)


@pytest.fixture
async def keeper(application: FastAPI, frozen: FrozenClock, office: Office) -> Browser:
    """The browser of an editor, in an office that knows both associations called VITAS."""
    for one in (THREADS, TEA):
        await organisations.save(office.database, one, "clerk", SECTORS)
    return await signed_in(application, frozen, office, Role.EDITOR)


async def signed_in(application: FastAPI, frozen: FrozenClock, office: Office, role: Role) -> Browser:
    opened = browser(application, frozen)
    await opened.sign_in(await hire(office.database, frozen, role, f"{role}@moit.gov.vn"))
    return opened


async def audited(office: Office) -> list[str]:
    async with office.database.reading() as connection:
        return list((await connection.execute(select(tables.audit.c.verb).order_by(tables.audit.c.id))).scalars())


async def test_organisations_are_found_without_accents_and_those_of_one_name_told_apart(keeper: Browser) -> None:
    both = (await keeper.get(f"{PAGE}?q=vitas")).text
    assert all(said in both for said in ("vitas_textile", "vitas_tea", "Dệt may", "2 tổ chức"))
    tea = (await keeper.get(f"{PAGE}?q=hiep+hoi+che")).text
    assert ("vitas_tea" in tea, "vitas_textile" in tea) == (True, False)
    sector = (await keeper.get(f"{PAGE}?sector=textiles&kind=association")).text
    assert ("vitas_tea" in sector.split("Các tổ chức tìm được")[1], "vitas_textile" in sector) == (False, True)
    for nothing in ("q=zzz", "kind=institute", "ended=yes"):
        assert "Không có tổ chức nào như vậy" in (await keeper.get(f"{PAGE}?{nothing}")).text
    assert "Chưa xác minh" in both


async def test_a_list_longer_than_a_page_goes_on_by_its_keys(keeper: Browser, office: Office) -> None:
    many = [Organisation(key=f"hoi_{number:03}", name_vi=f"Hội số {number}") for number in range(60)]
    await organisations.seed(office.database, many, "clerk")
    first = (await keeper.get(f"{PAGE}?q=hoi_0")).text
    assert ("hoi_049" in first, "hoi_050" in first, "60 tổ chức" in first) == (True, False, True)
    (link,) = re.findall(r'href="([^"]+after=[^"]+)"', first)
    second = (await keeper.get(link.replace("&amp;", "&"))).text
    assert ("hoi_059" in second, "hoi_049" in second) == (True, False)


async def test_who_has_no_address_to_write_to_is_found(keeper: Browser, office: Office) -> None:
    await organisations.add_contact(office.database, "vitas_tea", address(MAILBOX), "Văn phòng", "clerk", [KEY])
    async with office.database.reading() as connection:
        rows, _more, total = await recipients.found(connection, Wanted(unreachable=True), "", 9)
    assert ([row.key for row in rows], total) == (["vitas_tea", "vitas_textile"], 2)
    await organisations.verify(office.database, "vitas_tea", address(MAILBOX), "họ gọi điện", "danh bạ", "clerk")
    found = (await keeper.get(f"{PAGE}?unreachable=yes")).text
    assert ('/vitas_tea"' in found, '/vitas_textile"' in found) == (False, True)
    assert "1 trên 1" in (await keeper.get(PAGE)).text


async def test_an_organisation_is_added_changed_ended_and_restored(keeper: Browser, office: Office) -> None:
    form = {
        "kind": "institute",
        "level": "national",
        "name_vi": "Viện Da giày",
        "hs": "64",
        "sector.footwear": "related",
    }
    answer = await keeper.post(PAGE, page=f"{PAGE}/_new", key="vien_giay", **form)
    assert answer.headers["location"] == f"{PAGE}/vien_giay?done=saved"
    shown = (await keeper.get(f"{PAGE}/vien_giay")).text
    assert all(said in shown for said in ("Viện Da giầy", "Viện nghiên cứu", "liên quan"))
    again = await keeper.post(PAGE, page=f"{PAGE}/_new", key="vien_giay", **form)
    assert (again.status_code, "Đã có tổ chức mang khóa này" in again.text) == (422, True)
    seen = await mark(keeper, f"{PAGE}/vien_giay/edit")
    changed = form | {"hs": "cotton", "seen": seen}
    wrong = await keeper.post(f"{PAGE}/vien_giay/edit", page=f"{PAGE}/vien_giay/edit", **changed)
    assert (wrong.status_code, 'aria-invalid="true"' in wrong.text, "cotton" in wrong.text) == (422, True, True)

    assert "Hãy ghi lý do" in (await keeper.post(f"{PAGE}/vien_giay/end", page=PAGE, because=" ")).text
    await keeper.post(f"{PAGE}/vien_giay/end", page=PAGE, because="sáp nhập")
    ended = (await keeper.get(f"{PAGE}/vien_giay")).text
    assert ("sáp nhập" in ended, "Thêm địa chỉ" in ended) == (True, False)
    assert "vien_giay" not in (await keeper.get(PAGE)).text
    assert "vien_giay" in (await keeper.get(f"{PAGE}?ended=yes")).text
    late = await keeper.post(f"{PAGE}/vien_giay/contacts", page=PAGE, email=MAILBOX)
    assert "hãy khôi phục trước" in late.text
    await keeper.post(f"{PAGE}/vien_giay/restore", page=PAGE)
    assert "vien_giay" in (await keeper.get(PAGE)).text
    assert (await audited(office))[-3:] == ["save_organisation", "end_organisation", "restore_organisation"]


async def mark(who: Browser, path: str) -> str:
    """Return what a form says that its writer saw."""
    (seen,) = re.findall(r'name="(?:seen|version)" value="([^"]+)"', (await who.get(path)).text)
    return str(seen)


async def test_over_what_somebody_else_saved_nothing_is_saved_and_nothing_typed_is_lost(
    keeper: Browser, office: Office
) -> None:
    edit = f"{PAGE}/vitas_tea/edit"
    form = {
        "kind": "association",
        "level": "national",
        "name_vi": "Hiệp hội Chè Việt Nam",
        "sector.coffee-tea": "primary",
    }
    seen = await mark(keeper, edit)
    await organisations.save(office.database, replace(TEA, website="https://che.example"), "nga", SECTORS)
    typed = form | {"note": "Gọi buổi sáng", "seen": seen}
    stale = await keeper.post(edit, page=edit, **typed)
    assert stale.status_code == 409
    assert all(said in stale.text for said in ("người khác đã lưu", "Gọi buổi sáng", "https://che.example"))
    assert 'value="Hiệp hội Chè Việt Nam"' in stale.text
    assert (await keeper.post(edit, page=edit, **form)).status_code == 409, "a form that does not say what it saw"
    (newer,) = re.findall(r'name="seen" value="([^"]+)"', stale.text)
    again = await keeper.post(edit, page=edit, **(typed | {"seen": newer, "website": "https://che.example"}))
    assert again.headers["location"] == f"{PAGE}/vitas_tea?done=saved"
    shown = (await keeper.get(f"{PAGE}/vitas_tea")).text
    assert all(said in shown for said in ("Gọi buổi sáng", "https://che.example"))


async def test_what_was_typed_stays_in_the_form_that_was_refused_and_the_fault_at_its_field(
    keeper: Browser, office: Office
) -> None:
    one = f"{PAGE}/vitas_tea"
    refused = (await keeper.post(f"{one}/contacts", page=one, email="nobody", role="Chánh văn phòng")).text
    assert all(said in refused for said in ('value="nobody"', 'value="Chánh văn phòng"', 'id="email-error"'))
    await organisations.add_contact(office.database, "vitas_tea", address(MAILBOX), "", "clerk", [KEY])
    (number,) = set(re.findall(r"/contacts/(\d+)/", (await keeper.get(one)).text))
    refused = (await keeper.post(f"{one}/contacts/{number}/verify", page=one, because="gọi điện")).text
    assert all(said in refused for said in ('value="gọi điện"', f'id="source-{number}-error"', "<details open>"))


async def test_an_address_is_added_asked_verified_and_removed_and_never_shown_in_full(
    keeper: Browser, office: Office
) -> None:
    one = f"{PAGE}/vitas_tea"
    assert "Chưa có địa chỉ nào" in (await keeper.get(one)).text
    await keeper.post(f"{one}/contacts", page=one, email=MAILBOX, role="Văn phòng")
    assert "Địa chỉ thư không đúng" in (await keeper.post(f"{one}/contacts", page=one, email="nobody")).text
    shown = (await keeper.get(one)).text
    assert ("chưa xác minh" in shown, MAILBOX in shown) == (True, False)
    (number,) = set(re.findall(r"/contacts/(\d+)/", shown))

    await keeper.post(f"{one}/contacts/{number}/ask", page=one)
    assert "đã hỏi qua thư" in (await keeper.get(one)).text
    refused = await keeper.post(f"{one}/contacts/{number}/ask", page=one)
    assert "đã được hỏi hôm nay" in refused.text
    assert "Hãy ghi nguồn" in (await keeper.post(f"{one}/contacts/{number}/verify", page=one, because="gọi điện")).text
    await keeper.post(f"{one}/contacts/{number}/verify", page=one, because="gọi điện", source=HOSTILE)
    verified = (await keeper.get(one)).text
    assert ("xác minh bởi cán bộ" in verified, HOSTILE in verified, "&lt;script&gt;" in verified) == (True, False, True)
    await keeper.post(f"{one}/contacts/{number}/remove", page=one, because="đổi hộp thư")
    assert "đã gỡ" in (await keeper.get(one)).text
    assert (await keeper.post(f"{one}/contacts/{number}/remove", page=one, because="lần nữa")).status_code == 404
    assert MAILBOX not in str(await office.snapshot(tables.audit))


async def test_states_of_an_address_are_told_apart(keeper: Browser, office: Office) -> None:
    desk = ContactDesk(office.database, office.stationery.letterhead, [KEY])
    for name in ("asked", "bounced"):
        await organisations.add_contact(office.database, "vitas_tea", address(f"{name}@x.example"), "", "clerk", [KEY])
    await organisations.mail_link(desk, "vitas_tea", address("asked@x.example"), "clerk")
    await office.suppress("bounced@x.example")
    shown = (await keeper.get(f"{PAGE}/vitas_tea")).text
    assert ("đã hỏi qua thư" in shown, "không gửi nữa" in shown) == (True, True)


async def test_addresses_in_full_are_for_who_keeps_them_and_go_into_the_audit(
    application: FastAPI, frozen: FrozenClock, keeper: Browser, office: Office
) -> None:
    await organisations.add_contact(office.database, "vitas_tea", address(MAILBOX), "", "clerk", [KEY])
    one = f"{PAGE}/vitas_tea"
    in_full = await keeper.post(f"{one}/addresses", page=one)
    assert (MAILBOX in in_full.text, (await audited(office))[-1]) == (True, "show_addresses")
    reader = await signed_in(application, frozen, office, Role.READER)
    seen = (await reader.get(one)).text
    assert (MAILBOX in seen, "/contacts" in seen, f"{one}/end" in seen) == (False, False, False)
    assert (await reader.post(f"{one}/addresses", page="/desk")).status_code == 403


async def test_what_it_would_get_is_shown_with_the_reason(keeper: Browser, office: Office) -> None:
    number = await keep(office.database, regular("G/TBT/N/USA/7", products="Fabrics"), sorted_at=STORED_AT)
    await label(office.database, number, [Label("textiles", SectorRole.PRIMARY, 0.95, ())])
    threads = (await keeper.get(f"{PAGE}/vitas_textile")).text
    assert all(said in threads for said in ("G/TBT/N/USA/7", "Công văn", "phụ trách lĩnh vực: Dệt may"))
    assert "/desk/register?organisation=vitas_textile" in threads
    assert "Không có thông báo nào trong số đó" in (await keeper.get(f"{PAGE}/vitas_tea")).text


async def test_the_bundled_organisations_are_added_once(keeper: Browser, office: Office) -> None:
    assert "tổ chức đi kèm Kẻng</button>" in (await keeper.get(PAGE)).text
    await keeper.post(f"{PAGE}/seed", page=PAGE)
    assert "tổ chức đi kèm Kẻng</button>" not in (await keeper.get(PAGE)).text
    assert await office.count(tables.contacts) == 0


async def test_hostile_names_and_keys_do_no_harm(keeper: Browser) -> None:
    form = {"kind": "association", "level": "local", "name_vi": HOSTILE, "note": HOSTILE, "name_en": HOSTILE}
    wrong = await keeper.post(PAGE, page=f"{PAGE}/_new", key="../x", **form)
    assert (wrong.status_code, HOSTILE in wrong.text) == (422, False)
    await keeper.post(PAGE, page=f"{PAGE}/_new", key="hostile", **form)
    for path in (f"{PAGE}/hostile", f"/en{PAGE}/hostile", f"{PAGE}?q=script", f"{PAGE}?q={HOSTILE}&after={HOSTILE}"):
        assert HOSTILE not in (await keeper.get(path)).text
    for path in (f"{PAGE}/unknown", f"{PAGE}/unknown/edit"):
        assert (await keeper.get(path)).status_code == 404
    assert (await keeper.post(f"{PAGE}/hostile/contacts/x/ask", page=PAGE)).status_code == 400
