"""EM-24 and EM-25: what counts as one address, what it is compared by, and what never gets through."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.domain.addresses import Address
from app.domain.errors import AppError, Kind
from app.senders.addresses import parse_address, wire_address

DH = "xn--ihc-uqa4598avha.vn"  # đạihọc.vn
LOCAL_64 = "a" * 64
LABEL_60 = "x" * 60
OCTETS_254 = f"{LOCAL_64}@{LABEL_60}.{LABEL_60}.{LABEL_60}.abc.vn"
assert len(OCTETS_254) == 254

# typed, on the wire, identity, abuse key
TAKEN = [
    ("nga@x.vn", "nga@x.vn", "nga@x.vn", "nga@x.vn"),
    (" nga@x.vn\t", "nga@x.vn", "nga@x.vn", "nga@x.vn"),
    ("Nga@X.VN", "Nga@x.vn", "nga@x.vn", "nga@x.vn"),
    ("NGA.Tran@Vitas.Org.VN", "NGA.Tran@vitas.org.vn", "nga.tran@vitas.org.vn", "nga.tran@vitas.org.vn"),
    ("Postmaster@x.vn", "Postmaster@x.vn", "postmaster@x.vn", "postmaster@x.vn"),
    ("a+1@x.vn", "a+1@x.vn", "a+1@x.vn", "a@x.vn"),
    ("a+2@x.vn", "a+2@x.vn", "a+2@x.vn", "a@x.vn"),
    ("+1@x.vn", "+1@x.vn", "+1@x.vn", "+1@x.vn"),
    ("n.g.a+tbt@gmail.com", "n.g.a+tbt@gmail.com", "n.g.a+tbt@gmail.com", "nga@gmail.com"),
    ("nga@googlemail.com", "nga@googlemail.com", "nga@googlemail.com", "nga@gmail.com"),
    ("n.g.a@x.vn", "n.g.a@x.vn", "n.g.a@x.vn", "n.g.a@x.vn"),
    ("o'brien@x.vn", "o'brien@x.vn", "o'brien@x.vn", "o'brien@x.vn"),
    ("!#$%&*/=?^_`{|}~-@x.vn", "!#$%&*/=?^_`{|}~-@x.vn", "!#$%&*/=?^_`{|}~-@x.vn", "!#$%&*/=?^_`{|}~-@x.vn"),
    ("b+7.mac=@keng.vn", "b+7.mac=@keng.vn", "b+7.mac=@keng.vn", "b@keng.vn"),
    ("123@456.vn", "123@456.vn", "123@456.vn", "123@456.vn"),
    ("a@x-y.z-1.com.vn", "a@x-y.z-1.com.vn", "a@x-y.z-1.com.vn", "a@x-y.z-1.com.vn"),
    ("a@đạihọc.vn", f"a@{DH}", f"a@{DH}", f"a@{DH}"),
    ("a@ĐẠIHỌC.vn", f"a@{DH}", f"a@{DH}", f"a@{DH}"),
    ("a@đa\u0323iho\u0323c.vn", f"a@{DH}", f"a@{DH}", f"a@{DH}"),  # NFD
    (f"a@{DH}", f"a@{DH}", f"a@{DH}", f"a@{DH}"),
    (f"a@{DH.upper()}", f"a@{DH}", f"a@{DH}", f"a@{DH}"),
    ("a@faß.de", "a@xn--fa-hia.de", "a@xn--fa-hia.de", "a@xn--fa-hia.de"),
    ("a@đạihọc。vn", f"a@{DH}", f"a@{DH}", f"a@{DH}"),  # the ideographic full stop
    ("a@rehearsal.test", "a@rehearsal.test", "a@rehearsal.test", "a@rehearsal.test"),
    ("a@example.com", "a@example.com", "a@example.com", "a@example.com"),
    (f"{LOCAL_64}@x.vn", f"{LOCAL_64}@x.vn", f"{LOCAL_64}@x.vn", f"{LOCAL_64}@x.vn"),
    (OCTETS_254, OCTETS_254, OCTETS_254, OCTETS_254),
]

REFUSED = [
    "",
    " ",
    "nga",
    "@",
    "@x.vn",
    "nga@",
    "nga@@x.vn",
    "b@y.vn,evil@z.vn",
    "b@y.vn, evil@z.vn",
    "b@y.vn;evil@z.vn",
    "b@y.vn evil@z.vn",
    "b@y.vn\nevil@z.vn",
    "nga@x.vn@y.vn",
    "Nga <nga@x.vn>",
    "<nga@x.vn>",
    '"Nga" <nga@x.vn>',
    "nga@x.vn (Nga)",
    "n(g)a@x.vn",
    "mailto:nga@x.vn",
    '"nga"@x.vn',
    '"nga tran"@x.vn',
    '"nga@y"@x.vn',
    "nga tran@x.vn",
    ".nga@x.vn",
    "nga.@x.vn",
    "n..ga@x.vn",
    "nga@x..vn",
    "nga@.x.vn",
    "nga@x.vn.",
    "nga@-x.vn",
    "nga@x-.vn",
    "nga@x_y.vn",
    "nga@x",
    "nga@1.2.3.4",
    "nga@[1.2.3.4]",
    "nga@[IPv6:::1]",
    "nga@localhost",
    "nga@relay.local",
    "nga@x.invalid",
    "nga@x.onion",
    "nga@x.vn\r\nBcc: evil@z.vn",
    "nga@x.vn\r",
    "nga@x.vn\n",
    "nga\r\n@x.vn",
    "nga\0@x.vn",
    "nga@x.vn\0",
    "n\x7fga@x.vn",
    "nga@x.vn>\r\nRCPT TO:<evil@z.vn",
    "nga@x.vn> SIZE=1",
    "n\u200bga@x.vn",
    "\u202enga@x.vn",
    "nga@x\u00ad.vn\u2028",
    "nga\uff20x.vn",
    "nguyễn@x.vn",
    "nguyê\u0303n@x.vn",
    "nga@xn--.vn",
    "nga@xn--zzzzzzzz.vn",
    "nga@ab--cd.vn",
    "nga@⒈.vn",
    f"{LOCAL_64}a@x.vn",
    f"a{OCTETS_254}",
    f"a@{LABEL_60}.{LABEL_60}.{LABEL_60}.{LABEL_60}.abcdef.vn",
    f"a@{'x' * 64}.vn",
    "a@" + "đ" * 60 + ".vn",
]


@pytest.mark.parametrize(("typed", "wire", "identity", "abuse_key"), TAKEN)
def test_one_address_is_read(typed: str, wire: str, identity: str, abuse_key: str) -> None:
    address = parse_address(typed)
    assert (address.wire, address.identity, address.abuse_key) == (wire, identity, abuse_key)
    assert address.typed == typed.strip(" \t")
    assert not address.international


@pytest.mark.parametrize("typed", REFUSED)
def test_anything_else_is_refused_with_a_reason(typed: str) -> None:
    with pytest.raises(AppError) as caught:
        parse_address(typed)
    assert (caught.value.kind, caught.value.code, caught.value.field) == (Kind.INVALID, "address-invalid", "email")
    assert len(caught.value.message) > 10
    assert "evil" not in caught.value.message


def test_two_spellings_that_differ_in_case_are_one_subscriber_and_two_tags_are_two() -> None:
    assert parse_address("Nga@X.vn").identity == parse_address("nga@x.VN").identity
    one, two = parse_address("a+1@x.vn"), parse_address("a+2@x.vn")
    assert one.identity != two.identity
    assert one.abuse_key == two.abuse_key


@pytest.mark.parametrize("typed", ["nguyễn@x.vn", "nguyê\u0303n@x.vn", "Nguyễn@x.vn"])
def test_letters_beyond_ascii_are_taken_where_the_relay_carries_them(typed: str) -> None:
    address = parse_address(typed, smtputf8=True)
    assert address.international
    assert address.identity == "nguyễn@x.vn"


@given(st.text(max_size=40))
def test_no_text_breaks_the_readers(text: str) -> None:
    for candidate in [text, f"{text}@x.vn", f"nga@{text}.vn"]:
        wire = wire_address(candidate)
        assert wire is None or (wire.count("@") == 1 and wire.isprintable() and not set("<>, ") & set(wire))
        try:
            address = parse_address(candidate, smtputf8=True)
        except AppError:
            continue
        assert isinstance(address, Address)
        assert wire_address(address.wire) == address.wire


@pytest.mark.parametrize("text", ["root@localhost", "keng@relay.local", "b+7.MAC=@keng.vn", "nguyễn@x.vn"])
def test_on_the_wire_local_names_are_taken(text: str) -> None:
    assert wire_address(text) == text


@pytest.mark.parametrize("typed", [text for text in REFUSED if any(sign in text for sign in ' <>,;()[]"\r\n\0')])
def test_on_the_wire_nothing_but_one_mailbox_is_taken(typed: str) -> None:
    assert wire_address(typed) is None


def test_on_the_wire_a_domain_that_is_no_name_is_refused() -> None:
    assert wire_address("a@" + "đ" * 70 + ".vn") is None
    assert wire_address("a" * 250 + "@x.vn") is None
