import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.domain.addresses import Address, mask_address, mask_addresses


def test_mail_goes_to_what_was_typed_and_is_compared_in_lower_case() -> None:
    address = Address(typed="Nga@Đ.vn", local="Nga", domain="xn--1ug.vn")
    assert address.wire == "Nga@xn--1ug.vn"
    assert address.identity == "nga@xn--1ug.vn"


def test_lower_case_is_composed_again() -> None:
    assert Address(typed="", local="İ", domain="x.vn").identity == "i\u0307@x.vn"


@pytest.mark.parametrize(
    ("local", "domain", "key"),
    [
        ("n.g.a+tbt", "gmail.com", "nga@gmail.com"),
        ("N.g.a", "googlemail.com", "nga@gmail.com"),
        ("n.g.a+tbt", "x.vn", "n.g.a@x.vn"),
        ("+tbt", "x.vn", "+tbt@x.vn"),
        ("a+b+c", "x.vn", "a@x.vn"),
    ],
)
def test_the_abuse_key_drops_tags_and_gmails_dots(local: str, domain: str, key: str) -> None:
    assert Address(typed="", local=local, domain=domain).abuse_key == key


@pytest.mark.parametrize(
    ("text", "masked"),
    [
        ("nga@x.vn", "n***@x.vn"),
        ("n***@x.vn", "n***@x.vn"),
        ("nguyễn@đạihọc.vn", "n***@đạihọc.vn"),
        ("@x.vn", "***@x.vn"),
        ("nga@", "n***@"),
        ("nga", "***"),
        ("", "***"),
        ("a@b@x.vn", "a***@x.vn"),
        ("\x1bnga@x.vn", "?***@x.vn"),
        ("nga@x.vn\r\nlevel=error", "n***@x.vn??level=error"),
    ],
)
def test_an_address_is_masked_for_the_log(text: str, masked: str) -> None:
    assert mask_address(text) == masked


@given(st.text())
def test_a_masked_address_is_one_printable_line(text: str) -> None:
    assert mask_address(text).isprintable()


@pytest.mark.parametrize(
    ("sentence", "masked"),
    [
        ("550 5.1.1 <nga@x.vn>: unknown", "550 5.1.1 <n***@x.vn>: unknown"),
        ("to=<nga@x.vn>, orig_to=nga@y.vn;", "to=<n***@x.vn>, o***@y.vn;"),
        ("no address here", "no address here"),
        ("", ""),
    ],
)
def test_every_address_in_a_sentence_is_masked(sentence: str, masked: str) -> None:
    assert mask_addresses(sentence) == masked


@given(st.from_regex(r"[a-z]{2,12}@[a-z]{1,12}\.vn", fullmatch=True), st.text(), st.text())
def test_no_address_survives_in_a_sentence(address: str, before: str, after: str) -> None:
    assert address not in mask_addresses(f"{before} {address} {after}")
