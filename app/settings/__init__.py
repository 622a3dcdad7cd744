"""The environment as one frozen, validated `Settings`; read at the roots only, handed on as plain values.

Every variable, its form, its default and what is refused stand in docs/settings.md; a test keeps the two the same. What
would be unsafe is refused at start, by name and with the reason, and is never printed when it is secret.
"""

import difflib
import os
import re
from collections.abc import Callable, Mapping
from datetime import time
from pathlib import Path
from typing import Annotated, Any, Final, Literal
from urllib.parse import SplitResult, unquote, urlsplit

from pydantic import BeforeValidator, Field, SecretStr, ValidationError, ValidationInfo, field_validator
from pydantic_core import ErrorDetails
from pydantic_settings import (
    BaseSettings,
    EnvSettingsSource,
    NoDecode,
    PydanticBaseSettingsSource,
    SettingsConfigDict,
)

from app.settings.mailboxes import ImapBox, MaildirBox, read_mailbox
from app.settings.values import (
    SMTP_SCHEMES,
    Feed,
    HostPort,
    QuietHours,
    Sender,
    is_ip_address,
    is_loopback,
    read_clock_time,
    read_document_hosts,
    read_domain,
    read_feeds,
    read_host_port,
    read_host_ports,
    read_mail_address,
    read_mail_addresses,
    read_one_line,
    read_quiet_hours,
    read_sender,
    read_word,
    split_address,
)

PREFIX: Final = "KENG_"
NO_SETTINGS: Final = frozenset({"KENG_TEST_DATA", "KENG_FAULTPOINTS"})
"""Variables with the prefix that the tests and the fault kit read."""

DOCUMENTED_EXAMPLES: Final = frozenset(
    {
        "change-me-change-me-change-me-change-me",
        "0123456789abcdef0123456789abcdef",
        "this-is-an-example-and-will-be-refused",
    }
)
"""Keys that stand in documentation, so that everybody knows them."""

KEY_LENGTH: Final = 32
SHORTEST_CLIENT_SECRET: Final = 16
KEY_RECIPE: Final = (
    """make one: export KENG_SECRET_KEY="$(python3 -c 'import secrets; print(secrets.token_urlsafe(48))')\""""
)
DRIVERS: Final = {
    "sqlite": "sqlite+aiosqlite",
    "sqlite+aiosqlite": "sqlite+aiosqlite",
    "postgresql": "postgresql+psycopg",
    "postgresql+psycopg": "postgresql+psycopg",
    "postgresql+asyncpg": "postgresql+asyncpg",
}

# RFC 6376 section 3.1.
_SELECTOR = re.compile(r"[A-Za-z0-9_](?:[A-Za-z0-9_-]{0,62})(?:\.[A-Za-z0-9_-]{1,63})*")

# What pydantic says of a derived default when the value that it derives from is itself at fault.
_NOT_DERIVED = "default_factory_not_called"


class SettingsError(Exception):
    """The environment does not make a sound installation; `problems` holds one line for each fault."""

    def __init__(self, *problems: str) -> None:
        super().__init__("\n".join(problems))
        self.problems = problems


def _listen_at(values: dict[str, Any]) -> HostPort:
    parts = urlsplit(values["base_url"])
    if is_loopback(parts.hostname or ""):
        return HostPort(parts.hostname or "", parts.port or (443 if parts.scheme == "https" else 80))
    return HostPort("127.0.0.1", 8000)


def _mail_from(values: dict[str, Any]) -> Sender:
    host = urlsplit(values["base_url"]).hostname or ""
    return Sender("Kẻng", f"keng@{'localhost' if is_loopback(host) or is_ip_address(host) else host}")


def _asks_the_wto(values: dict[str, Any]) -> bool:
    return values.get("eping_key") is not None and not is_loopback(urlsplit(values["eping_url"]).hostname or "")


class Settings(BaseSettings):
    """Everything that an operator may choose. Each field is the variable `KENG_` + its name in capitals.

    An empty variable is as good as none. Secrets are `SecretStr`, so that no log or error can show them by accident.
    """

    model_config = SettingsConfigDict(
        env_prefix=PREFIX, env_ignore_empty=True, extra="forbid", frozen=True, validate_default=True
    )

    # First, because the checks of the addresses below ask it.
    allow_plain: bool = False
    database_url: SecretStr = SecretStr("sqlite+aiosqlite:///keng.db")
    base_url: str = "http://127.0.0.1:8000"
    listen: Annotated[HostPort, NoDecode, BeforeValidator(read_host_port), Field(default_factory=_listen_at)]
    secret_key: SecretStr | None = None
    smtp_url: SecretStr | None = None
    mail_from: Annotated[Sender, NoDecode, BeforeValidator(read_sender), Field(default_factory=_mail_from)]
    dkim_selector: str | None = None
    bounce_domain: Annotated[str | None, BeforeValidator(read_domain)] = None
    bounces: Annotated[MaildirBox | ImapBox | None, NoDecode, BeforeValidator(read_mailbox)] = None
    feedback_token: SecretStr | None = None
    eping_url: str = "https://api.wto.org/eping"
    eping_key: SecretStr | None = None
    feeds: Annotated[tuple[Feed, ...], NoDecode, BeforeValidator(read_feeds)] = ()
    attachments: Annotated[bool, Field(default_factory=_asks_the_wto)]
    attachment_hosts: Annotated[tuple[HostPort, ...], NoDecode, BeforeValidator(read_document_hosts)] = ()
    pull_minutes: Annotated[int, Field(ge=1, le=1440)] = 15
    baseline_days: Annotated[int, Field(ge=0, le=3650)] = 7
    release: Literal["auto", "sure", "staff"] = "sure"
    brake_mails: Annotated[int, Field(ge=0)] = 50_000
    group_minutes: Annotated[int, Field(ge=0, le=1440)] = 5
    digest_at: Annotated[time, BeforeValidator(read_clock_time)] = time(8, 30)
    quiet_hours: Annotated[QuietHours | None, NoDecode, BeforeValidator(read_quiet_hours)] = None
    holidays_file: Path | None = None
    lease_seconds: Annotated[int, Field(ge=3, le=3600)] = 15
    relay_log: Path | None = None
    operators: Annotated[tuple[str, ...], NoDecode, BeforeValidator(read_mail_addresses)] = ()
    drafts_url: str | None = None
    drafts_kind: Literal["libretranslate", "openai"] | None = None
    drafts_key: SecretStr | None = None
    drafts_model: Annotated[str | None, BeforeValidator(read_one_line)] = None
    unit: Annotated[str, BeforeValidator(read_one_line)] = "Cục Đổi mới sáng tạo, Chuyển đổi xanh và Khuyến công"
    unit_parent: Annotated[str, BeforeValidator(read_one_line)] = "Bộ Công Thương"
    unit_place: Annotated[str, BeforeValidator(read_one_line)] = "Hà Nội"
    unit_address: Annotated[str | None, BeforeValidator(read_one_line)] = None
    unit_phone: Annotated[str | None, BeforeValidator(read_one_line)] = None
    unit_email: Annotated[str | None, BeforeValidator(read_mail_address)] = None
    month_begins: Annotated[int, Field(ge=1, le=28)] = 21
    confirmations_per_hour: Annotated[int, Field(ge=1, le=100_000)] = 200
    oidc_issuer: str | None = None
    oidc_client: Annotated[str | None, BeforeValidator(read_word)] = None
    oidc_secret: SecretStr | None = None
    metrics_token: SecretStr | None = None
    webhook_allow: Annotated[tuple[HostPort, ...], NoDecode, BeforeValidator(read_host_ports)] = ()
    rate_limits: bool = True

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,
        file_secret_settings: PydanticBaseSettingsSource,
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """Take values only from the caller, so that nothing but `load_settings` asks the environment."""
        del settings_cls, env_settings, dotenv_settings, file_secret_settings
        return (init_settings,)

    @field_validator("database_url")
    @classmethod
    def _known_database(cls, value: SecretStr) -> SecretStr:
        scheme, separator, rest = value.get_secret_value().partition("://")
        driver = DRIVERS.get(scheme)
        if not separator or driver is None:
            raise ValueError("must begin with sqlite+aiosqlite:///, postgresql+psycopg:// or postgresql+asyncpg://")
        if driver.startswith("sqlite") and rest.partition("?")[0] in {"", "/", "/:memory:"}:
            raise ValueError("must name a file; a database in memory is gone with the connection that made it")
        return SecretStr(f"{driver}://{rest}")

    @field_validator("base_url", "eping_url", "drafts_url")
    @classmethod
    def _safe_base(cls, value: str | None, info: ValidationInfo) -> str | None:
        if value is None:
            return None
        if _web_address(value, info).query:
            raise ValueError("must hold no query")
        return value.rstrip("/")

    @field_validator("dkim_selector")
    @classmethod
    def _one_label(cls, value: str | None) -> str | None:
        if value is not None and not _SELECTOR.fullmatch(value):
            raise ValueError("must be labels of a domain name: letters, digits, hyphens, dots between them")
        return value

    @field_validator("feeds")
    @classmethod
    def _safe_feeds(cls, value: tuple[Feed, ...], info: ValidationInfo) -> tuple[Feed, ...]:
        for feed in value:
            try:
                if feed.url is not None:
                    _web_address(feed.url, info)
            except ValueError as error:
                raise ValueError(f"feed {feed.name}: the address {error}") from error
        return value

    @field_validator("secret_key")
    @classmethod
    def _strong_key(cls, value: SecretStr | None) -> SecretStr | None:
        if value is not None and len(value) < KEY_LENGTH:
            raise ValueError(f"is shorter than {KEY_LENGTH} characters; {KEY_RECIPE}")
        if value is not None and value.get_secret_value() in DOCUMENTED_EXAMPLES:
            raise ValueError(f"is an example out of the documentation, which everybody knows; {KEY_RECIPE}")
        return value

    @field_validator("smtp_url")
    @classmethod
    def _safe_relay(cls, value: SecretStr | None, info: ValidationInfo) -> SecretStr | None:
        if value is not None:
            parts, host, _ = split_address(value.get_secret_value(), "smtps://user:password@mail.example.vn:465")
            if parts.scheme not in SMTP_SCHEMES:
                raise ValueError("must begin with smtps://, smtp+starttls:// or, on loopback, smtp://")
            if parts.path.strip("/") or parts.query or parts.fragment:
                raise ValueError("must end after host and port (write reserved characters of a password as %XX)")
            if parts.scheme == "smtp":
                _refuse_plain(host, "smtps:// or smtp+starttls://", info)
        return value

    @field_validator("bounces", "feedback_token")
    @classmethod
    def _signed_return_paths(cls, value: Any, info: ValidationInfo) -> Any:
        if value is not None and info.data.get("bounce_domain") is None:
            raise ValueError("needs KENG_BOUNCE_DOMAIN: what comes back is believed by signed return paths only")
        return value

    @field_validator("feedback_token")
    @classmethod
    def _long_token(cls, value: SecretStr | None) -> SecretStr | None:
        if value is not None and len(value) < KEY_LENGTH:
            raise ValueError(f"is shorter than {KEY_LENGTH} characters")
        return value

    @field_validator("oidc_issuer")
    @classmethod
    def _safe_issuer(cls, value: str | None, info: ValidationInfo) -> str | None:
        """Take an address whatever `allow_plain` says: who reads what it answers could let themselves in."""
        if value is None:
            return None
        parts, host, _ = split_address(value, "https://sso.example.vn/realms/staff")
        if parts.scheme != "https" and not (parts.scheme == "http" and is_loopback(host)):
            raise ValueError("must begin with https:// (or http:// on loopback): it decides who is let in")
        if parts.username is not None or parts.query or parts.fragment:
            raise ValueError("must hold no user, password, query or fragment")
        here = urlsplit(info.data.get("base_url", "https://"))
        if here.scheme == "http" and not is_loopback(here.hostname or ""):
            raise ValueError("needs an https KENG_BASE_URL: people come back from it with what opens the desk")
        return value

    @field_validator("oidc_client", "oidc_secret")
    @classmethod
    def _with_the_issuer(cls, value: Any, info: ValidationInfo) -> Any:
        issuer = info.data.get("oidc_issuer")
        if value is not None and issuer is None and "oidc_issuer" in info.data:
            raise ValueError("needs KENG_OIDC_ISSUER: the three are set together")
        if value is None and issuer is not None:
            raise ValueError("is not set, and KENG_OIDC_ISSUER is: the three are set together")
        return value

    @field_validator("oidc_secret")
    @classmethod
    def _secret_of_the_issuer(cls, value: SecretStr | None) -> SecretStr | None:
        if value is not None and len(value) < SHORTEST_CLIENT_SECRET:
            raise ValueError(f"is shorter than {SHORTEST_CLIENT_SECRET} characters; let the issuer make one")
        if value is not None and value.get_secret_value() in DOCUMENTED_EXAMPLES:
            raise ValueError("is an example out of the documentation, which everybody knows")
        return value

    @field_validator("drafts_kind", "drafts_key", "drafts_model")
    @classmethod
    def _of_a_machine(cls, value: Any, info: ValidationInfo) -> Any:
        if value is not None and info.data.get("drafts_url", "at fault itself") is None:
            raise ValueError("needs KENG_DRAFTS_URL")
        if info.field_name == "drafts_kind" and value is None and info.data.get("drafts_url") is not None:
            raise ValueError("must be libretranslate or openai, as what answers at KENG_DRAFTS_URL")
        if info.field_name == "drafts_model" and value is None and info.data.get("drafts_kind") == "openai":
            raise ValueError("must name the model that is asked at KENG_DRAFTS_URL")
        return value

    @property
    def uses_sqlite(self) -> bool:
        """Whether the database is the embedded one, beside which one process does everything."""
        return self.database_url.get_secret_value().startswith("sqlite")

    @property
    def secrets(self) -> tuple[str, ...]:
        """Every value that must not stand in a log, for `telemetry.configure_logging`."""
        box = self.bounces.password if isinstance(self.bounces, ImapBox) else None
        issued = (self.oidc_secret, self.drafts_key)
        whole = (self.secret_key, self.eping_key, self.metrics_token, self.feedback_token, *issued, box)
        written = [urlsplit(url.get_secret_value()).password or "" for url in (self.database_url, self.smtp_url) if url]
        return tuple(
            filter(None, [*(key.get_secret_value() for key in whole if key), *written, *map(unquote, written)])
        )

    def required_secret_key(self) -> str:
        """Return the key that links and tokens are signed with; SettingsError when there is none."""
        if self.secret_key is None:
            raise SettingsError(f"KENG_SECRET_KEY: is not set, and links in mails are signed with it; {KEY_RECIPE}")
        return self.secret_key.get_secret_value()

    def required_relay(self) -> str:
        """Return the URL of the relay that mail is handed to; SettingsError when there is none."""
        if self.smtp_url is None:
            raise SettingsError("KENG_SMTP_URL: is not set; name the relay that takes the mail, as smtps://host:465")
        return self.smtp_url.get_secret_value()


def load_settings(warn: Callable[[str], None]) -> Settings:
    """Return the settings in the process's environment; SettingsError, one line for each problem, when unsound.

    `warn` is told of each variable that has our prefix and is no setting: most likely a slip of the pen.
    """
    for sentence in unknown_variables(os.environ):
        warn(sentence)
    return given_settings(**EnvSettingsSource(Settings)())


def given_settings(**values: Any) -> Settings:
    """Return settings made of `values` by field name, in the forms of the variables, whatever the environment says."""
    try:
        return Settings(**{name: value for name, value in values.items() if value != ""})
    except ValidationError as error:
        problems = error.errors(include_url=False, include_context=False, include_input=False)
        raise SettingsError(*(_problem(found) for found in problems if found["type"] != _NOT_DERIVED)) from None


def unknown_variables(environment: Mapping[str, str]) -> tuple[str, ...]:
    """Return a sentence for each variable that has our prefix and is no setting, naming the nearest one."""
    known = [PREFIX + name.upper() for name in Settings.model_fields]
    strangers = {name for name in environment if name.startswith(PREFIX)} - NO_SETTINGS.union(known)
    return tuple(_unknown(name, difflib.get_close_matches(name, known, 1)) for name in sorted(strangers))


def _unknown(name: str, nearest: list[str]) -> str:
    return f"{name} is no setting of Kẻng" + (f"; did you mean {nearest[0]}?" if nearest else "")


def _problem(error: ErrorDetails) -> str:
    reason = error["msg"].removeprefix("Value error, ").replace("Input should", "should")
    return f"{PREFIX}{str(error['loc'][0]).upper()}: {reason}"


def _web_address(value: str, info: ValidationInfo) -> SplitResult:
    """Return the parts of an HTTP address; plain HTTP only to this machine, or where plain lines are allowed."""
    parts, host, _ = split_address(value, "https://keng.example.vn")
    if parts.scheme not in {"http", "https"}:
        raise ValueError("must begin with https:// (or http:// on loopback)")
    if parts.username is not None or parts.fragment:
        raise ValueError("must hold no user, password or fragment")
    if parts.scheme == "http":
        _refuse_plain(host, "https://", info)
    return parts


def _refuse_plain(host: str, safe: str, info: ValidationInfo) -> None:
    if not is_loopback(host) and not info.data.get("allow_plain", False):
        raise ValueError(
            f"would go over the network in the clear; use {safe}, "
            "or set KENG_ALLOW_PLAIN=1 where the line is safe by other means"
        )
