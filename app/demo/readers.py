"""Who is told in the demo: made-up contact points at addresses that nobody can have (RFC 2606)."""

from dataclasses import dataclass

from app.domain.subscriptions import Frequency


@dataclass(frozen=True, slots=True, kw_only=True)
class Reader:
    """One subscriber of the demo."""

    address: str
    name_vi: str
    name_en: str
    sectors: tuple[str, ...]
    frequency: Frequency
    confirmed: bool = True


READERS = (
    Reader(
        address="dau-moi@vitas.example",
        name_vi="Hiệp hội dệt may (giả định)",
        name_en="a textile association",
        sectors=("textiles",),
        frequency=Frequency.INSTANT,
    ),
    Reader(
        address="dau-moi@lefaso.example",
        name_vi="Hiệp hội da giầy, túi xách (giả định)",
        name_en="a footwear association",
        sectors=("footwear",),
        frequency=Frequency.INSTANT,
    ),
    Reader(
        address="dau-moi@vasep.example",
        name_vi="Hiệp hội thủy sản, nông sản (giả định)",
        name_en="a seafood and food association",
        sectors=("food",),
        frequency=Frequency.DAILY,
    ),
    Reader(
        address="chua-xac-nhan@doanh-nghiep.example",
        name_vi="Doanh nghiệp chưa xác nhận (giả định)",
        name_en="a firm that has not confirmed",
        sectors=("food",),
        frequency=Frequency.INSTANT,
        confirmed=False,
    ),
)
