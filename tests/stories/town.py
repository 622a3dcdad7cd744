"""Who stands around Kẻng in a story: ePing with notices that come and change, and the people whose mail arrived."""

import email
import email.policy
import re
from collections import Counter
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from email.message import EmailMessage
from typing import Any

from app.i18n.dates import today_in_vietnam
from tests.doors.sources.eping_items import item, serving
from tests.peers.http_peer import HttpPeer, Reply, Request
from tests.peers.smtp_peer import SmtpPeer

EPING_KEY = "an-eping-key-that-nobody-may-read"
SECRET_KEY = "a secret key of a story, long enough to be taken"


class Eping(HttpPeer):
    """ePing: `items` are what it holds; `reply`, where set, is all that it says."""

    def __init__(self) -> None:
        super().__init__(self._say)
        self.items: list[dict[str, Any]] = []
        self.reply: Reply | None = None

    def _say(self, request: Request) -> Reply:
        if self.reply is not None:
            return self.reply
        if request.headers.get("ocp-apim-subscription-key") != EPING_KEY:
            return Reply(status=401, body=b'{"statusCode": 401, "message": "Access denied"}')
        return serving({"1": self.items})(request)

    def change(self, number: int, **fields: object) -> None:
        """Let the record of a notice say something else from now on."""
        for one in self.items:
            if one["documentSymbol"].strip() == symbol(number):
                one.update(fields)


def today() -> date:
    """The day in Viet Nam."""
    return today_in_vietnam(datetime.now(UTC))


def day(days_ago: int) -> str:
    """A day before today, as the API prints it; after today with a number below 0."""
    return f"{today() - timedelta(days=days_ago)}T00:00:00Z"


def symbol(number: int) -> str:
    """The symbol of the notices of these stories."""
    return f"G/TBT/N/USA/{2000 + number}"


_KINDS = {
    "textiles": ("Labelling of garments", "Garments, knitted or crocheted", "61"),
    "footwear": ("Safety of footwear", "Footwear", "64"),
    "seafood": ("Frozen shrimps", "Shrimps, frozen", "0306"),
    "nothing": ("Widgets", "", ""),
}


def a_notice(number: int, kind: str = "textiles", *, days_ago: int = 1, **fields: object) -> dict[str, Any]:
    """One record of ePing about a kind of goods, with sixty days to comment."""
    title, products, chapter = _KINDS[kind]
    return item(
        number,
        **{
            "distributionDate": day(days_ago),
            "commentDeadlineDate": day(days_ago - 60),
            "title": title,
            "productsFreeText": products,
            "description": f"The draft sets requirements for {title.lower()}.",
            "hsCodes": [{"id": 1, "code": chapter, "name": f"{chapter} - {products}"}] if chapter else [],
        }
        | fields,
    )


@dataclass(frozen=True, slots=True)
class Letter:
    """A mail that arrived."""

    recipient: str
    message: EmailMessage

    @property
    def subject(self) -> str:
        return str(self.message["Subject"])

    @property
    def text(self) -> str:
        body = self.message.get_body(("plain",))
        assert body is not None
        return str(body.get_content()).replace("\r\n", "\n")

    @property
    def symbols(self) -> list[str]:
        """The symbols of the notices that it tells of."""
        lines = re.findall(r"^Mã thông báo: (.+)$", self.text, re.MULTILINE)
        return [symbol for line in lines for symbol in line.split(", ")]

    @property
    def one_click(self) -> str:
        """The address in List-Unsubscribe."""
        (address,) = re.findall(r"<(https://[^>]+)>", self.message["List-Unsubscribe"])
        return str(address)


def letters(relay: SmtpPeer) -> list[Letter]:
    """Every mail that the relay took, in order of arrival."""
    return [
        Letter(recipient, email.message_from_bytes(mail.body, policy=email.policy.default))
        for mail in relay.held
        for recipient in mail.recipients
    ]


def recipients(relay: SmtpPeer) -> list[str]:
    """Who was mailed, once for each mail, in the order of the alphabet."""
    return sorted(letter.recipient for letter in letters(relay))


def told(relay: SmtpPeer) -> Counter[tuple[str, str]]:
    """How often each address was told of each symbol."""
    return Counter((letter.recipient, one) for letter in letters(relay) for one in letter.symbols)
