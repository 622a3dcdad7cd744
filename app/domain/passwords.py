"""Which passwords are taken (SE-01): by length here; how easily one is guessed, `vault` says."""

import re
import unicodedata
from collections.abc import Iterable
from typing import Final

from app.domain.errors import AppError, invalid
from app.domain.folding import fold

SHORTEST: Final = 12
LONGEST: Final = 256
"""Characters. Any character may stand in a password, blanks and Vietnamese letters too."""
FEWEST_GUESSES: Final = 9
"""The power of ten of guesses that a password must outlast."""

_BETWEEN_WORDS = re.compile(r"[\s._-]+")
_WORDS_AROUND: Final = (
    "keng canhbao thongbao matkhau dangnhap vietnam hanoi saigon tphcm thudo congthuong bocongthuong moit thuongmai "
    "xuatkhau xuatnhapkhau hiephoi doanhnghiep detmay dagiay thuysan nongnghiep vitas lefaso vasep tbt sps wto eping "
    "quantri nguoidung chinhphu bantin congvan xinchao yeuem anhyeuem emyeuanh conyeu giadinh hanhphuc motconvit "
    "vodich hochiminh danang cantho haiphong nguyen tran pham hoang huynh phan truong"
)
"""Words that whoever guesses passwords of a Vietnamese ministry would try first, folded."""


def readings(password: str) -> tuple[str, ...]:
    """Return a password as it was typed, without its accents, and run together: guesses come without marks and blanks."""
    letters = unicodedata.normalize("NFKD", password).replace("đ", "d").replace("Đ", "D")
    plain = "".join(letter for letter in letters if not unicodedata.combining(letter))
    return password, plain, _BETWEEN_WORDS.sub("", plain)


def check_length(password: str) -> None:
    """Raise AppError `password-short` or `password-long` (invalid) on field `password`."""
    if len(password) < SHORTEST:
        raise invalid("password-short", f"a password has {SHORTEST} characters or more", field="password")
    if len(password) > LONGEST:
        raise invalid("password-long", f"a password has {LONGEST} characters at most", field="password")


def easy_to_guess() -> AppError:
    """Return the refusal of a password that is common, or made of words around us."""
    said = "this password is easily guessed; take several words that do not belong together"
    return invalid("password-common", said, field="password")


def guessable_words(address: str) -> Iterable[str]:
    """Return the words that count for nothing in the password of whoever has this address."""
    whole = address.casefold()
    return (*_WORDS_AROUND.split(), *fold(address).split(), whole, *whole.split("@"))
