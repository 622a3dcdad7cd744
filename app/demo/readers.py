"""Who is told in the demo: made-up contact points at addresses that nobody can have (RFC 2606)."""

from dataclasses import dataclass

from app.domain.subscriptions import Frequency


@dataclass(frozen=True, slots=True, kw_only=True)
class Reader:
    """One subscriber of the demo."""

    address: str
    sectors: tuple[str, ...]
    frequency: Frequency
    confirmed: bool = True


READERS = (
    Reader(
        address="dau-moi@vitas.example",
        sectors=("textiles",),
        frequency=Frequency.INSTANT,
    ),
    Reader(
        address="dau-moi@lefaso.example",
        sectors=("footwear",),
        frequency=Frequency.INSTANT,
    ),
    Reader(
        address="dau-moi@vasep.example",
        sectors=("food",),
        frequency=Frequency.DAILY,
    ),
    Reader(
        address="chua-xac-nhan@dn.example",
        sectors=("food",),
        frequency=Frequency.INSTANT,
        confirmed=False,
    ),
)
