"""What every mail of one installation has in common: who sends it, where its links lead, what it says at the top."""

from collections.abc import Mapping
from dataclasses import dataclass

from app.texts.mail import Sender
from app.texts.wording import LabelName


@dataclass(frozen=True, slots=True, kw_only=True)
class Letterhead:
    """The sender, the address of our pages (no slash at its end), the names of sectors and themes by language.

    `list_id` names the stream of alerts (RFC 2919); `mail_domain` stands in Message-IDs; `banner` is a remark that every
    mail carries, empty for none.
    """

    sender: Sender
    base_url: str
    list_id: str
    mail_domain: str
    names: Mapping[str, Mapping[str, LabelName]]
    banner: str = ""

    def page(self, path: str, language: str) -> str:
        """Return the address of one of our pages, Vietnamese first, English under /en."""
        return f"{self.base_url}/en{path}" if language == "en" else f"{self.base_url}{path}"

    def one_click(self, token: str, only: int | None = None) -> str:
        """Return the address that ends everything at one POST (RFC 8058); it has no language.

        With `only`, the one subscription that a mail answers, the page behind it also offers to end just that.
        """
        return f"{self.base_url}/u/{token}" + ("" if only is None else f"?subscription={only}")
