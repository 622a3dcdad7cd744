import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.domain.errors import AppError
from app.senders.smtp import RelayAddress, Security, parse_smtp_url


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        (
            "smtps://keng:p%40ss%2Fword@mail.example:4650",
            RelayAddress(host="mail.example", port=4650, security=Security.TLS, user="keng", password="p@ss/word"),
        ),
        ("smtps://mail.example", RelayAddress(host="mail.example", port=465, security=Security.TLS)),
        ("smtp+starttls://mail.example/", RelayAddress(host="mail.example", port=587, security=Security.STARTTLS)),
        (
            "smtp+starttls://nga%40x.example:s@mail.example:25",
            RelayAddress(host="mail.example", port=25, security=Security.STARTTLS, user="nga@x.example", password="s"),
        ),
        ("smtp://localhost", RelayAddress(host="localhost", port=25, security=Security.PLAIN)),
        ("smtp://127.0.0.1:1025", RelayAddress(host="127.0.0.1", port=1025, security=Security.PLAIN)),
        ("smtp://127.9.9.9", RelayAddress(host="127.9.9.9", port=25, security=Security.PLAIN)),
        ("smtp://[::1]:1025", RelayAddress(host="::1", port=1025, security=Security.PLAIN)),
        (
            "smtp://u:p@mail.localhost",
            RelayAddress(host="mail.localhost", port=25, security=Security.PLAIN, user="u", password="p"),
        ),
    ],
)
def test_the_three_forms_are_read(url: str, expected: RelayAddress) -> None:
    assert parse_smtp_url(url) == expected


@pytest.mark.parametrize("host", ["mail.example", "10.0.0.1", "192.168.1.1", "0.0.0.0", "[::ffff:10.0.0.1]", "[::]"])
def test_plain_is_refused_beyond_loopback_unless_allowed(host: str) -> None:
    with pytest.raises(AppError, match="in the clear") as caught:
        parse_smtp_url(f"smtp://{host}:25")
    assert (caught.value.code, caught.value.field) == ("relay-plain", "KENG_SMTP_URL")
    assert parse_smtp_url(f"smtp://{host}:25", allow_plain=True).security is Security.PLAIN


def test_a_password_never_crosses_a_network_in_the_clear() -> None:
    with pytest.raises(AppError, match="in the clear") as caught:
        parse_smtp_url("smtp://keng:s3cret@mail.example", allow_plain=True)
    assert caught.value.code == "relay-password-in-clear"


@pytest.mark.parametrize(
    "url",
    [
        "",
        "mail.example:25",
        "http://mail.example",
        "smtp+tls://keng:s3cret@mail.example",
        "smtps://",
        "smtps://:465",
        "smtps://keng:s3cret@mail.example:0",
        "smtps://keng:s3cret@mail.example:65536",
        "smtps://keng:s3cret@mail.example:smtp",
        "smtps://keng:s3#cret@mail.example",
        "smtps://keng:s3/cret@mail.example",
        "smtps://keng:s3cret@mail.example/inbox",
        "smtps://keng:s3cret@mail.example?tls=no",
        "smtps://keng:s3 cret@mail.example",
        "smtps://keng:s3cret@mail.example\r\n",
        "smtps://keng:s3cret%0d%0a@mail.example",
        "smtps://keng@mail.example",
        "smtps://:s3cret@mail.example",
        "smtps://keng:s3cret@mail..example",
        "smtps://keng:s3cret@" + "m" * 64 + ".example",
        "smtps://keng:s3cret@đạihọc.example",
        "smtps://keng:s3cret@[::1",
    ],
)
def test_anything_else_is_refused_without_showing_the_password(url: str) -> None:
    with pytest.raises(AppError) as caught:
        parse_smtp_url(url)
    assert caught.value.code == "relay-url"
    assert caught.value.field == "KENG_SMTP_URL"
    assert not {"s3cret", "cret", "s3"} & set(caught.value.message.replace("/", " ").split())
    assert "s3" not in caught.value.message


def test_the_password_is_not_shown_where_the_address_is_printed() -> None:
    assert "s3cret" not in repr(parse_smtp_url("smtps://keng:s3cret@mail.example"))


@given(st.text(max_size=60))
def test_no_text_breaks_the_reader(rest: str) -> None:
    for scheme in ["smtps", "smtp+starttls", "smtp"]:
        try:
            address = parse_smtp_url(f"{scheme}://{rest}")
        except AppError:
            continue
        assert address.host
        assert 0 < address.port < 65536
