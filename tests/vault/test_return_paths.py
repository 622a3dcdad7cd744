import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.vault.return_paths import delivery_of, return_path
from app.vault.tokens import sign

KEY = b"the current key, 32 octets or more"
OLD = b"the key before it, 32 octets or more"
NUMBERS = st.integers(min_value=1, max_value=2**63 - 1)


@given(NUMBERS)
def test_a_return_path_gives_back_its_delivery_and_fits_a_local_part(number: int) -> None:
    path = return_path(number, "bounces.keng.example", KEY)
    local, _, domain = path.partition("@")
    assert delivery_of(path, [KEY]) == number
    assert re.fullmatch(r"b\+[0-9]+\.[a-z2-7]{24}", local)
    assert len(local) <= 64
    assert domain == "bounces.keng.example"


@pytest.mark.parametrize("change", [str.upper, str.title, lambda path: f"<{path}>", lambda path: f"  {path} "])
def test_a_relay_may_turn_letters_into_capitals_and_put_brackets_around(change: object) -> None:
    assert callable(change)
    assert delivery_of(change(return_path(7, "keng.example", KEY)), [KEY]) == 7


def test_return_paths_of_an_older_key_are_known_while_it_is_on_the_ring() -> None:
    path = return_path(7, "keng.example", OLD)
    assert delivery_of(path, [KEY, OLD]) == 7
    assert delivery_of(path, [KEY]) is None
    assert delivery_of(path, []) is None


@given(NUMBERS, st.data())
def test_no_single_character_of_the_local_part_can_be_changed(number: int, data: st.DataObject) -> None:
    local, _, domain = return_path(number, "keng.example", KEY).partition("@")
    place = data.draw(st.integers(0, len(local) - 1))
    character = data.draw(st.characters(max_codepoint=0x250))
    forged = f"{local[:place]}{character}{local[place + 1 :]}@{domain}"
    assert (delivery_of(forged, [KEY]) == number) == (forged.lower() == f"{local}@{domain}")


@pytest.mark.parametrize(
    "address",
    [
        *("", "@", "<>", "b+@keng.example", "b+7.@keng.example", "b+07.mfrggzdfmztwq2lkmfrggzdf@keng.example"),
        *(
            "keng@keng.example",
            "b+7.mfrggzdfmztwq2lkmfrggzdf@keng.example",
            "b+٧.mfrggzdfmztwq2lkmfrggzdf@keng.example",
        ),
        f"b+7.{sign('unsubscribe', 7, KEY)}@keng.example",
    ],
)
def test_what_was_made_up_is_nobodys(address: str) -> None:
    assert delivery_of(address, [KEY, OLD]) is None
