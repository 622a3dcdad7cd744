"""Settings: their defaults, what each accepts, and what is refused, by name and without showing a secret."""

import re
from datetime import time
from pathlib import Path
from typing import Any

import pytest
from pydantic import SecretStr, ValidationError
from pydantic_core import PydanticUndefined

from app.bootstrap import open_drafter
from app.settings import (
    DOCUMENTED_EXAMPLES,
    NO_SETTINGS,
    PREFIX,
    Settings,
    SettingsError,
    given_settings,
    load_settings,
    unknown_variables,
)
from app.settings.mailboxes import ImapBox, MaildirBox
from app.settings.values import Feed, HostPort, QuietHours, Sender, is_loopback
from tests.house import ROOT

KEY = "k" * 32
PAGE = (ROOT / "docs" / "settings.md").read_text(encoding="utf-8")
ROWS = re.findall(r"^\| `KENG_(\w+)` \| .+? \| (.+?) \| .+ \|$", PAGE, re.MULTILINE)


def refusal(**values: str) -> str:
    with pytest.raises(SettingsError) as caught:
        given_settings(**values)
    return str(caught.value)


def test_every_setting_is_documented_and_every_documented_one_exists() -> None:
    assert sorted(name for name, _ in ROWS) == sorted(name.upper() for name in Settings.model_fields)
    assert all(f"`{name}`" in PAGE for name in NO_SETTINGS)


@pytest.mark.parametrize(("name", "documented"), ROWS)
def test_the_documented_default_is_the_default(name: str, documented: str) -> None:
    field = name.lower()
    default = getattr(given_settings(), field)
    if documented == "none":
        assert default in (None, ())
    elif documented.startswith("derived"):
        assert Settings.model_fields[field].default is PydanticUndefined
    else:
        assert getattr(given_settings(**{field: documented.strip("`")}), field) == default


def test_every_key_written_in_a_document_is_refused() -> None:
    documents = [*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md"), ROOT / "compose.yaml", ROOT / "Dockerfile"]
    written = {
        key
        for document in documents
        if document.exists()
        for key in re.findall(r"KENG_SECRET_KEY[=:]\s*[\"']?([\w-]{32,})", document.read_text(encoding="utf-8"))
    }
    assert written <= DOCUMENTED_EXAMPLES
    for key in DOCUMENTED_EXAMPLES:
        assert "KENG_SECRET_KEY: is an example" in refusal(secret_key=key)


def test_the_environment_is_read_only_when_asked(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("KENG_PULL_MINUTES", "30")
    monkeypatch.setenv("KENG_QUIET_HOURS", "22:00-06:30")
    monkeypatch.setenv("KENG_FEEDS", "")
    assert given_settings().pull_minutes == 15
    loaded = load_settings(pytest.fail)
    assert loaded.pull_minutes == 30
    assert loaded.quiet_hours == QuietHours(time(22), time(6, 30))
    assert loaded.feeds == ()


def test_a_dot_env_file_in_the_current_directory_is_not_read(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    (tmp_path / ".env").write_text("KENG_PULL_MINUTES=30\n")
    monkeypatch.chdir(tmp_path)
    assert load_settings(pytest.fail).pull_minutes == 15


def test_a_slip_of_the_pen_is_warned_of_with_the_nearest_name(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("KENG_SMPT_URL", "smtp://localhost")
    monkeypatch.setenv("KENG_TEST_DATA", "/data")
    told: list[str] = []
    load_settings(told.append)
    assert told == ["KENG_SMPT_URL is no setting of Kẻng; did you mean KENG_SMTP_URL?"]
    assert unknown_variables({"KENG_ZZZZZZZZ": "1", "HOME": "/"}) == ("KENG_ZZZZZZZZ is no setting of Kẻng",)


def test_settings_cannot_be_changed() -> None:
    with pytest.raises(ValidationError):
        given_settings().pull_minutes = 1


@pytest.mark.parametrize(
    ("given", "driver"),
    [
        ("sqlite:////var/keng.db", "sqlite+aiosqlite:////var/keng.db"),
        ("sqlite+aiosqlite:///keng.db", "sqlite+aiosqlite:///keng.db"),
        ("postgresql://u:p@h/d", "postgresql+psycopg://u:p@h/d"),
        ("postgresql+psycopg://h/d?host=/run", "postgresql+psycopg://h/d?host=/run"),
        ("postgresql+asyncpg://h/d", "postgresql+asyncpg://h/d"),
    ],
)
def test_database_urls_get_their_driver(given: str, driver: str) -> None:
    settings = given_settings(database_url=given)
    assert settings.database_url.get_secret_value() == driver
    assert settings.uses_sqlite == driver.startswith("sqlite")


@pytest.mark.parametrize(
    ("base", "listen"),
    [
        ("http://127.0.0.1:9000", HostPort("127.0.0.1", 9000)),
        ("http://localhost", HostPort("localhost", 80)),
        ("http://[::1]:8080/", HostPort("::1", 8080)),
        ("https://keng.example.vn", HostPort("127.0.0.1", 8000)),
    ],
)
def test_the_address_to_listen_at_follows_a_loopback_base(base: str, listen: HostPort) -> None:
    settings = given_settings(base_url=base)
    assert settings.listen == listen
    assert not settings.base_url.endswith("/")
    assert given_settings(base_url=base, listen="0.0.0.0:80").listen == HostPort("0.0.0.0", 80)


@pytest.mark.parametrize(
    ("values", "sender"),
    [
        ({}, Sender("Kẻng", "keng@localhost")),
        ({"base_url": "https://keng.example.vn"}, Sender("Kẻng", "keng@keng.example.vn")),
        ({"base_url": "https://192.0.2.7"}, Sender("Kẻng", "keng@localhost")),
        ({"mail_from": "a@b.vn"}, Sender("", "a@b.vn")),
        ({"mail_from": "Bộ Công Thương <canh-bao@moit.gov.vn>"}, Sender("Bộ Công Thương", "canh-bao@moit.gov.vn")),
        ({"mail_from": '"Vụ Đa biên, Bộ" <a@b.vn>'}, Sender("Vụ Đa biên, Bộ", "a@b.vn")),
    ],
)
def test_the_sender_is_named_or_derived(values: dict[str, Any], sender: Sender) -> None:
    assert given_settings(**values).mail_from == sender


def test_lists_are_separated_by_commas() -> None:
    settings = given_settings(
        feeds="rasff, wto-news=http://127.0.0.1:9/x?a=1%2C2,ministry=https://example.vn/rss",
        operators="a@b.vn, c@d.vn",
        webhook_allow="127.0.0.1:80,[::1]:81",
    )
    assert settings.feeds == (
        Feed("rasff", None),
        Feed("wto-news", "http://127.0.0.1:9/x?a=1%2C2"),
        Feed("ministry", "https://example.vn/rss"),
    )
    assert settings.operators == ("a@b.vn", "c@d.vn")
    assert settings.webhook_allow == (HostPort("127.0.0.1", 80), HostPort("::1", 81))


@pytest.mark.parametrize("url", ["smtps://u:p%40x@mail.vn", "smtp+starttls://mail.vn:587", "smtp://localhost:25"])
def test_a_relay_is_reached_safely_or_on_this_machine(url: str) -> None:
    assert given_settings(smtp_url=url).required_relay() == url


@pytest.mark.parametrize(
    ("name", "value", "reason"),
    [
        ("base_url", "http://keng.vn", "in the clear; use https://"),
        ("base_url", "ftp://keng.vn", "must begin with https://"),
        ("base_url", "keng.vn", "is no address"),
        ("base_url", "https://u:hush-hush@keng.vn", "must hold no user"),
        ("base_url", "https://keng.vn/?q=1", "must hold no query"),
        ("eping_url", "http://api.wto.org/eping", "in the clear"),
        ("smtp_url", "smtp://u:hush-hush@mail.vn", "in the clear; use smtps://"),
        ("smtp_url", "http://u:hush-hush@mail.vn", "must begin with smtps://"),
        ("smtp_url", "smtps://u:hush-hush/x@mail.vn", "is no address such as"),
        ("smtp_url", "smtps://u:hush-hush@mail.vn/path", "must end after host and port"),
        ("database_url", "mysql://u:hush-hush@h/d", "must begin with sqlite+aiosqlite:///"),
        ("database_url", "keng.db", "must begin with"),
        ("database_url", "sqlite://", "must name a file"),
        ("database_url", "sqlite:///:memory:", "must name a file"),
        ("secret_key", "hush-hush", "shorter than 32 characters; make one: export KENG_SECRET_KEY"),
        ("listen", "8000", "must be host:port"),
        ("listen", "localhost:70000", "must be host:port"),
        ("mail_from", "Kẻng", "no mail address"),
        ("mail_from", "Kẻng <a@b.vn>, c@d.vn", "must be `Name <address>`"),
        ("mail_from", "Kẻng\r\nBcc: x@y.vn <a@b.vn>", "must be one line"),
        ("mail_from", "đức@b.vn", "no mail address"),
        ("operators", "a@b.vn,nobody", "holds 'nobody'"),
        ("feeds", "wto-new", "did you mean wto-news?"),
        ("feeds", "zzz", "the presets are wto-news"),
        ("feeds", "eping=https://x.vn", "`eping` is the API's"),
        ("feeds", "a=http://x.vn/rss", "feed a: the address would go over the network in the clear"),
        ("feeds", "rasff,rasff", "names rasff twice"),
        ("release", "always", "should be 'auto', 'sure' or 'staff'"),
        ("pull_minutes", "0", "greater than or equal to 1"),
        ("pull_minutes", "often", "valid integer"),
        ("digest_at", "25:00", "time of day"),
        ("digest_at", "8.30", "time of day"),
        ("quiet_hours", "22:00", "two times of day"),
        ("quiet_hours", "22:00-22:00", "two different ends"),
        ("lease_seconds", "1", "greater than or equal to 3"),
        ("webhook_allow", "example.vn", "must be host:port"),
        ("rate_limits", "perhaps", "valid boolean"),
        ("bounce_domain", "b@keng.vn", "must be a domain"),
        ("bounce_domain", "https://keng.vn", "must be a domain"),
        ("bounces", "maildir:/var/mail/b", "needs KENG_BOUNCE_DOMAIN"),
        ("feedback_token", "t" * 32, "needs KENG_BOUNCE_DOMAIN"),
        ("drafts_kind", "openai", "needs KENG_DRAFTS_URL"),
        ("drafts_key", "hush-hush", "needs KENG_DRAFTS_URL"),
        ("drafts_model", "a-model", "needs KENG_DRAFTS_URL"),
    ],
)
def test_what_is_unsound_is_refused_by_name_and_reason(name: str, value: str, reason: str) -> None:
    told = refusal(**{name: value})
    assert told.startswith(f"{PREFIX}{name.upper()}: ")
    assert reason in told
    assert len(told.splitlines()) == 1
    assert "hush-hush" not in told


@pytest.mark.parametrize(
    ("value", "reason"),
    [
        ("maildir:mail/b", "absolute path"),
        ("/var/mail/b", "such as maildir:/path"),
        ("pop3://u:hush-hush@mail.vn", "must begin with maildir:/, imaps://"),
        ("imap://u:hush-hush@mail.vn/INBOX", "in the clear; use imaps://"),
        ("imaps://mail.vn/INBOX", "must hold user and password"),
        ("imaps://u:hush-hush/x@mail.vn", "is no address"),
    ],
)
def test_an_unsound_box_for_bounces_is_refused(value: str, reason: str) -> None:
    told = refusal(bounce_domain="keng.vn", bounces=value)
    assert told.startswith("KENG_BOUNCES: ")
    assert reason in told
    assert "hush-hush" not in told


@pytest.mark.parametrize(
    ("value", "box"),
    [
        ("maildir:/var/mail/b", MaildirBox("/var/mail/b")),
        ("imaps://u%40x:p%2Fx@mail.vn", ImapBox("mail.vn", 993, "u@x", SecretStr("p/x"), "INBOX", tls=True)),
        ("imap://u:p@127.0.0.1:1143/In/B", ImapBox("127.0.0.1", 1143, "u", SecretStr("p"), "In/B", tls=False)),
    ],
)
def test_bounces_come_to_a_maildir_or_to_a_mailbox_on_a_server(value: str, box: object) -> None:
    settings = given_settings(bounce_domain="@Bounces.Keng.VN", bounces=value)
    assert settings.bounces == box
    assert settings.bounce_domain == "bounces.keng.vn"


@pytest.mark.parametrize(
    ("values", "told"),
    [
        ({}, "KENG_DRAFTS_KIND: must be libretranslate or openai, as what answers at KENG_DRAFTS_URL"),
        ({"drafts_kind": "deepl"}, "KENG_DRAFTS_KIND: should be 'libretranslate' or 'openai'"),
        ({"drafts_kind": "openai"}, "KENG_DRAFTS_MODEL: must name the model that is asked at KENG_DRAFTS_URL"),
        ({"drafts_kind": "libretranslate", "drafts_url": "http://mt.vn"}, "KENG_DRAFTS_URL: would go over the network"),
        (
            {"drafts_kind": "libretranslate", "drafts_url": "https://u:hush-hush@mt.vn"},
            "KENG_DRAFTS_URL: must hold no user",
        ),
    ],
)
def test_a_machine_for_drafts_is_named_wholly_and_reached_safely(values: dict[str, str], told: str) -> None:
    said = refusal(**({"drafts_url": "https://mt.vn", "drafts_key": "hush-hush"} | values))
    assert told in said
    assert len(said.splitlines()) == 1
    assert "hush-hush" not in said


def test_a_machine_for_drafts_is_off_until_it_is_named() -> None:
    assert open_drafter(given_settings()) is None
    local = given_settings(drafts_url="http://127.0.0.1:5000/", drafts_kind="libretranslate")
    assert (local.drafts_url, open_drafter(local) is None) == ("http://127.0.0.1:5000", False)


def test_a_token_for_feedback_is_long() -> None:
    assert "shorter than 32" in refusal(bounce_domain="keng.vn", feedback_token="hush")
    assert given_settings(bounce_domain="keng.vn", feedback_token="t" * 32).feedback_token is not None


ISSUER = {"oidc_issuer": "https://sso.example.vn/realms/staff/", "oidc_client": "keng", "oidc_secret": "s" * 16}


def test_an_issuer_is_taken_as_it_writes_itself_and_may_be_plain_on_this_machine() -> None:
    assert given_settings(**ISSUER).oidc_issuer == "https://sso.example.vn/realms/staff/"
    assert given_settings(**ISSUER | {"oidc_issuer": "http://127.0.0.1:9000"}).oidc_issuer == "http://127.0.0.1:9000"
    assert given_settings().oidc_issuer is None


@pytest.mark.parametrize(
    ("changed", "name", "reason"),
    [
        ({"oidc_issuer": "http://sso.example.vn"}, "ISSUER", "must begin with https://"),
        ({"oidc_issuer": "http://sso.example.vn", "allow_plain": "1"}, "ISSUER", "must begin with https://"),
        ({"oidc_issuer": "sso.example.vn"}, "ISSUER", "is no address"),
        ({"oidc_issuer": "https://u:hush-hush@sso.example.vn"}, "ISSUER", "must hold no user"),
        ({"oidc_issuer": "https://sso.example.vn/?realm=staff"}, "ISSUER", "must hold no user, password, query"),
        ({"base_url": "http://keng.lan", "allow_plain": "1"}, "ISSUER", "needs an https KENG_BASE_URL"),
        ({"oidc_client": ""}, "CLIENT", "is not set, and KENG_OIDC_ISSUER is"),
        ({"oidc_client": "two words"}, "CLIENT", "must be one word"),
        ({"oidc_client": "kẻng"}, "CLIENT", "must be one word"),
        ({"oidc_secret": ""}, "SECRET", "is not set, and KENG_OIDC_ISSUER is"),
        ({"oidc_secret": "hush-hush"}, "SECRET", "is shorter than 16"),
        ({"oidc_secret": "0123456789abcdef0123456789abcdef"}, "SECRET", "is an example"),
    ],
)
def test_an_unsafe_issuer_is_refused_by_name_and_reason(changed: dict[str, str], name: str, reason: str) -> None:
    told = refusal(**ISSUER | changed)
    assert told.startswith(f"KENG_OIDC_{name}: ")
    assert reason in told
    assert len(told.splitlines()) == 1
    assert "hush-hush" not in told


def test_client_and_secret_are_nothing_without_an_issuer() -> None:
    told = refusal(**ISSUER | {"oidc_issuer": ""}).splitlines()
    assert [line.partition(":")[0] for line in told] == ["KENG_OIDC_CLIENT", "KENG_OIDC_SECRET"]


def test_every_fault_is_told_at_once_and_what_only_follows_from_one_is_not() -> None:
    assert len(refusal(base_url="http://keng.vn", pull_minutes="x", secret_key="short").splitlines()) == 3


@pytest.mark.parametrize("host", ["localhost", "LOCALHOST.", "a.localhost", "127.0.0.1", "127.9.9.9", "::1", "[::1]"])
def test_loopback_is_known(host: str) -> None:
    assert is_loopback(host)


@pytest.mark.parametrize("host", ["localhost.vn", "127.0.0.1.vn", "10.0.0.1", "0.0.0.0", "2130706433", "::ffff:7f00:1"])
def test_what_only_looks_like_loopback_is_not(host: str) -> None:
    assert not is_loopback(host)


def test_plain_lines_may_be_allowed() -> None:
    settings = given_settings(allow_plain="1", base_url="http://keng.lan", smtp_url="smtp://mail.lan")
    assert settings.required_relay() == "smtp://mail.lan"


def test_what_needs_a_key_or_a_relay_says_which_and_how() -> None:
    with pytest.raises(SettingsError, match=r"KENG_SECRET_KEY: is not set.*export KENG_SECRET_KEY="):
        given_settings().required_secret_key()
    with pytest.raises(SettingsError, match="KENG_SMTP_URL: is not set"):
        given_settings().required_relay()
    assert given_settings(secret_key=KEY).required_secret_key() == KEY


def test_secrets_are_gathered_for_the_log_and_never_printed() -> None:
    settings = given_settings(
        secret_key=KEY,
        eping_key="eping-secret",
        metrics_token="metrics-secret",
        smtp_url="smtps://u:relay%40secret@mail.vn",
        database_url="postgresql://u:database-secret@h/d",
        bounce_domain="keng.vn",
        bounces="imaps://u:mailbox-secret@mail.vn/INBOX",
        feedback_token="feedback-secret-of-thirty-two-characters",
        **ISSUER | {"oidc_secret": "issuer-secret-of-ours"},
        drafts_url="https://mt.vn",
        drafts_kind="openai",
        drafts_model="a-model",
        drafts_key="drafts-secret",
    )
    secrets = {
        "mailbox-secret",
        "issuer-secret-of-ours",
        "drafts-secret",
        "feedback-secret-of-thirty-two-characters",
        KEY,
        "eping-secret",
        "metrics-secret",
        "relay%40secret",
        "relay@secret",
        "database-secret",
    }
    assert set(settings.secrets) == secrets
    assert not [secret for secret in secrets if secret in f"{settings!r}{settings}{settings.model_dump_json()}"]


@pytest.mark.parametrize(
    ("given", "fetches"),
    [
        ({}, False),
        ({"eping_key": "k"}, True),
        ({"eping_key": "k", "eping_url": "http://127.0.0.1:9000"}, False),
        ({"eping_key": "k", "attachments": "off"}, False),
        ({"attachments": "on"}, True),
    ],
)
def test_documents_are_fetched_where_the_real_eping_is_asked(given: dict[str, str], fetches: bool) -> None:
    assert given_settings(**given).attachments is fetches


def test_documents_may_come_from_further_hosts_and_from_this_machine() -> None:
    hosts = given_settings(attachment_hosts="Docs.Example.org, 127.0.0.1:8123, [::1]:80").attachment_hosts
    assert hosts == (HostPort("docs.example.org", 443), HostPort("127.0.0.1", 8123), HostPort("::1", 80))


@pytest.mark.parametrize(
    "host",
    [
        *("*.example.org", "example", "10.0.0.1:80", "10.0.0.1", "127.0.0.1", "169.254.169.254:80", "host.internal"),
        *("https://docs.example.org", "docs.example.org/path", "me@docs.example.org", "docs.example.org:8443"),
        *("localhost:8000", "xn--80ak6aa92e.example", "127.0.0.1:0", "[fe80::1]:80"),
    ],
)
def test_an_unsafe_host_for_documents_is_refused(host: str) -> None:
    assert "KENG_ATTACHMENT_HOSTS" in refusal(attachment_hosts=host)
