"""T16: words of associations and staff, and files with scripts in them; the words of every field are tried in F60."""

import httpx
import pytest
from fastapi import FastAPI

from app.domain.access import Role
from app.domain.organisations import Organisation
from app.flow import organisations
from app.flow.organisations import ContactDesk
from app.store.tables import metadata
from app.texts.letterhead import Letterhead
from tests.conftest import FrozenClock
from tests.flow.test_readdress import address
from tests.office import KEY, Office, plain
from tests.permissions import rows
from tests.staff import browser, form_token, hire
from tests.surfaces.conftest import on_sqlite_only
from tests.surfaces.threats.corpus import LIVE, SCRIPTS
from tests.surfaces.threats.reading import alive
from tests.surfaces.threats.test_t07_forgery import path_of

EVERYTHING = list(metadata.sorted_tables)
SVG = b'<svg xmlns="http://www.w3.org/2000/svg" onload="window.owned=1"><script>window.owned=1</script></svg>'
DISGUISES = (
    ("logo.svg", "image/svg+xml"),
    ("logo.png", "image/png"),
    ("../../static/logo.svg", "image/svg+xml"),
    ("logo.html", "text/html"),
    ("x\x00.svg", "application/octet-stream"),
)


@on_sqlite_only
@pytest.mark.parametrize("role", [Role.APPROVER, Role.ADMINISTRATOR])
async def test_t16_no_form_of_the_desk_takes_a_file(
    application: FastAPI, office: Office, frozen: FrozenClock, role: Role
) -> None:
    own = browser(application, frozen)
    await own.sign_in(await hire(office.database, frozen, role))
    token = form_token((await own.get("/desk")).text)
    before = await office.snapshot(*EVERYTHING)
    for row in rows(application):
        if row.method == "GET" or role not in row.roles:
            continue
        for name, kind in DISGUISES:
            files = {"logo": (name, SVG, kind)}
            data = {"form_token": token, "because": "vì thế"}
            answer = await own.client.post(path_of(row), files=files, data=data, headers=own.said)
            assert answer.status_code == 400, (row.path, name)
    assert await office.snapshot(*EVERYTHING) == before


@on_sqlite_only
@pytest.mark.parametrize("path", ["/", "/static/logo.svg", "/static/../../etc/passwd", "/static/%2e%2e/app/main.py"])
async def test_t16_nothing_is_served_that_was_not_ours_from_the_start(client: httpx.AsyncClient, path: str) -> None:
    for method in ("PUT", "POST", "PATCH", "DELETE"):
        answer = await client.request(method, path, content=SVG, headers={"Content-Type": "image/svg+xml"})
        assert answer.status_code in {404, 405}
    answer = await client.get(path)
    assert answer.status_code == (200 if path == "/" else 404)
    assert "owned" not in answer.text


@on_sqlite_only
@pytest.mark.parametrize("words", [*SCRIPTS, LIVE])
async def test_t16_the_name_of_an_association_is_inert_in_its_mail_and_behind_its_link(
    client: httpx.AsyncClient, office: Office, letterhead: Letterhead, words: str
) -> None:
    one = Organisation(key="hiep-hoi", name_vi=words[:200], name_en=words[:200])
    mailbox = address("vanphong@hiephoi.vn")
    await organisations.save(office.database, one, "clerk", ())
    await organisations.add_contact(office.database, one.key, mailbox, "", "clerk", [KEY])
    await organisations.mail_link(ContactDesk(office.database, letterhead, [KEY]), one.key, mailbox, "clerk")
    await office.drain()
    (_, mail), *more = office.inbox
    assert more == []
    page = mail.get_body(("html",))
    assert page is None or "owned" not in " ".join(alive(str(page.get_content())))
    link = next(word for word in plain(mail).split() if "/contact/" in word).partition("keng.example")[2]
    for prefix in ("", "/en"):
        for answer in (await client.get(prefix + link), await client.post(prefix + link)):
            assert answer.status_code == 200
            assert alive(answer.text) == []
