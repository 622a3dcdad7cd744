"""Staff from the command line, and the desk that they then get into."""

import sys
from functools import partial
from pathlib import Path

import httpx
import pyotp
import pytest

from tests.peers.smtp_peer import SmtpPeer
from tests.staff import OTHER_PASSWORD, PASSWORD, form_token
from tests.stories.commands import Done, Keng
from tests.stories.serving import Server, served
from tests.stories.town import letters, recipients
from tests.surfaces.conftest import on_sqlite_only

pytestmark = pytest.mark.sockets

LAN, CHI = "lan@example.org", "chi@example.org"


def type_in(file: Path) -> None:
    """Let a command read a file as what is typed."""
    sys.stdin = file.open(encoding="utf-8")


async def typed(keng: Keng, password: str, *words: str, exits: int = 0) -> Done:
    """Run a command that reads a password."""
    file = keng.folder / "typed"
    file.write_text(f"{password}\n", encoding="utf-8")
    started = keng.start(*words, "--password-stdin", prepare=partial(type_in, file))
    return keng.judged(await started.ended(), words, exits)


async def sign_in(server: Server, email: str, password: str, code: str) -> httpx.Response:
    """Sign in as a browser would and return the page that it ends at."""
    base = f"http://127.0.0.1:{server.port}"
    async with httpx.AsyncClient(base_url=base, trust_env=False, follow_redirects=True) as browser:
        token = form_token((await browser.get("/sign-in")).text)
        fields = {"form_token": token, "email": email, "password": password, "code": code}
        return await browser.post("/sign-in", data=fields, headers={"Sec-Fetch-Site": "same-origin"})


async def test_the_first_administrator_is_made_here_and_gets_into_the_desk(keng: Keng) -> None:
    house = keng.with_settings(base_url="http://127.0.0.1:8000")
    made = (await typed(house, PASSWORD, "staff", "add", LAN, "--role", "administrator", "--json")).value
    assert (made["email"], made["role"], len(made["recovery_codes"])) == (LAN, "administrator", 8)
    assert "password" not in made
    async with served(house, "--no-worker") as server:
        page = await sign_in(server, LAN, PASSWORD, pyotp.TOTP(made["secret"]).now())
        assert (page.url.path, LAN in page.text, "Hàng đợi" in page.text) == ("/desk", True, True)
        again = (await typed(house, OTHER_PASSWORD, "staff", "reset", LAN, "--because", "lost all", "--json")).value
        spare = again["recovery_codes"][0]
        assert (await sign_in(server, LAN, PASSWORD, spare)).status_code == 422
        assert (await sign_in(server, LAN, OTHER_PASSWORD, made["recovery_codes"][0])).status_code == 422
        assert (await sign_in(server, LAN, OTHER_PASSWORD, spare)).url.path == "/desk"
    (listed,) = (await house("staff", "list", "--json")).value
    assert (listed["state"], listed["signed_in_at"] is not None) == ("active", True)


async def test_an_invitation_goes_out_with_keng_deliver_and_past_a_hold(keng: Keng, relay: SmtpPeer) -> None:
    await keng("staff", "add", CHI, "--role", "approver", "--invite", "--language", "en")
    assert "approver  invited" in (await keng("staff", "list")).out
    await keng("deliver", "--once")
    assert recipients(relay) == [CHI]
    assert "https://keng.example/en/sign-in/link/" in letters(relay)[0].text
    await keng("deliver", "--once")
    assert recipients(relay) == [CHI]


@on_sqlite_only
async def test_without_a_password_one_is_made_up_and_each_secret_is_said_once(keng: Keng) -> None:
    said = (await keng("staff", "add", LAN, "--role", "editor")).out
    password = said.partition("Password: ")[2].split()[0]
    assert len(password) >= 24
    listed = await keng("staff", "list", "--json")
    assert password not in listed.out
    assert "secret" not in listed.out


@on_sqlite_only
async def test_what_cannot_be_is_said_in_one_line(keng: Keng) -> None:
    assert (
        "easily guessed" in (await typed(keng, "matkhau123456", "staff", "add", LAN, "--role", "reader", exits=2)).err
    )
    await keng("staff", "add", LAN, "--role", "administrator")
    for words, said in (
        (("add", LAN.upper(), "--role", "reader"), "has an account"),
        (("disable", LAN, "--because", "left"), "the last administrator"),
        (("role", LAN, "--to", "reader"), "the last administrator"),
        (("disable", CHI, "--because", "left"), "nobody on the staff"),
        (("reset", LAN, "--because", " "), "give the reason"),
        (("erase", LAN, "--because", "left"), "disable the account first"),
    ):
        done = await keng("staff", *words, exits=2)
        assert (said in done.err, done.err.count("\n")) == (True, 1)


@on_sqlite_only
async def test_somebody_leaves_and_comes_back_and_is_forgotten(keng: Keng) -> None:
    await keng("staff", "add", LAN, "--role", "administrator")
    await keng("staff", "add", CHI, "--role", "editor")
    for words, state in (
        (("disable", CHI, "--because", "left"), "editor  disabled"),
        (("enable", CHI, "--because", "is back"), "editor  active"),
        (("role", CHI, "--to", "approver"), "approver  active"),
        (("disable", CHI, "--because", "left"), "approver  disabled"),
    ):
        await keng("staff", *words)
        assert f"{CHI}  {state}" in (await keng("staff", "list")).out
    await keng("staff", "erase", CHI, "--because", "asked for it")
    assert CHI not in (await keng("staff", "list")).out
    kept = b"".join(file.read_bytes() for file in keng.folder.parent.glob("keng.db*"))
    assert LAN.encode() in kept
    assert CHI.encode() not in kept


@on_sqlite_only
async def test_nobody_passes_on_the_command_line_for_who_signed_in(keng: Keng) -> None:
    for by in ("account:7", " Account:7"):
        refused = await keng("staff", "add", LAN, "--role", "editor", "--by", by, exits=2)
        assert "names who signed in to the desk" in refused.err
    assert (await keng("staff", "list", "--json")).value == []
