"""The documents behind a notice's links: fetched from a short list of hosts, read within limits."""

from app.domain.attachments import Document
from app.domain.visits import Fault, FaultKind
from app.sources.allowed_hosts import AllowedHosts
from app.sources.documents import DocumentReader
from app.sources.fetch import Answer, Fetcher, Limits, fault_of_status

LIMITS = Limits(total=60.0, tries=1, spacing=2.0)
"""One document at a time, two seconds between two of one host; whoever asks decides when to ask again."""

_ACCEPT = "application/pdf, application/vnd.openxmlformats-officedocument.wordprocessingml.document, */*;q=0.1"


class AttachmentSource:
    """Brings documents. `fetcher` has these `hosts` for its gate, so that no redirect leads elsewhere."""

    def __init__(self, fetcher: Fetcher, hosts: AllowedHosts, reader: DocumentReader | None = None) -> None:
        self._fetcher = fetcher
        self._hosts = hosts
        self._reader = reader or DocumentReader()

    @property
    def hosts(self) -> frozenset[str]:
        """The hosts that documents are fetched from."""
        return self._hosts.names

    def host_of(self, link: str) -> str:
        """Return the host of a link as `hosts` names it; empty for what is no web address."""
        return self._hosts.host_of(link)

    async def bring(self, link: str) -> Document | Fault:
        """Return the document behind a link with what was read in it.

        A fault is `refused` where the link, or a redirect, leads outside the list; `unreachable` or `busy` where its
        host does not serve anybody, or where its name leads inside a network; `unsound` where it answers something else than the document.
        """
        address = self._hosts.address_of(link)
        if address is None:
            return Fault(
                kind=FaultKind.REFUSED, reason="The link is not on the list of hosts that documents come from."
            )
        answer = await self._fetcher.get(address, accept=_ACCEPT)
        if isinstance(answer, Fault):
            return answer
        unsound = _unsound(answer)
        if unsound:
            return Fault(kind=FaultKind.UNSOUND, reason=unsound)
        return Document(answer.payload(), await self._reader.read(answer.body))


def _unsound(answer: Answer) -> str:
    """Say why an answer holds no document; docs.wto.org answers 200 with a page where it has none yet."""
    fault = fault_of_status(answer)
    if fault is not None:
        return fault.reason
    if not answer.body:
        return "The answer is empty."
    if answer.body.lstrip(b"\xef\xbb\xbf \t\r\n").startswith(b"<"):
        return f"The answer is a web page: {answer.excerpt}"
    return ""
