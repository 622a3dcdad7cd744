"""`keng attach`: from the links of a notice, over a real socket and a process of its own, to search, labels and API."""

from datetime import UTC, datetime

import pytest

from app.i18n.dates import today_in_vietnam
from app.store.database import Database
from tests.documents import scanned_pdf, word_file
from tests.peers.http_peer import HttpPeer, Reply, Request
from tests.stories.commands import Keng
from tests.stories.serving import served
from tests.surfaces.rows import keep, regular

pytestmark = pytest.mark.sockets

REF = "G/TBT/N/USA/2301"


def answer(request: Request) -> Reply:
    if request.path == "/notice.docx":
        return Reply(body=word_file("This order sets rules for footwear, leather shoes, sports shoes and boots."))
    return Reply(body=scanned_pdf(4))


async def test_documents_are_brought_read_searched_and_sorted_by(keng: Keng, database: Database) -> None:
    async with HttpPeer(answer) as peer:
        links = {"notice_link": f"{peer.url}/notice.docx", "text_links": (f"{peer.url}/text.pdf",)}
        silent = {"titles": (("en", "Draft order"),), "distributed_on": today_in_vietnam(datetime.now(UTC))}
        await keep(database, regular(REF, **links, **silent))
        nowhere = await keng("attach", "--once", "--json")
        assert nowhere.value == {"ended": {}}, "no host of the network is asked that nobody listed"
        listed = keng.with_settings(attachment_hosts=f"127.0.0.1:{peer.port}")
        assert (await listed("attach", "--once", "--json")).value == {"ended": {"read": 1, "scanned": 1}}
        assert (await listed("attach", "--once")).out == "Attachments: nothing was due\n"
        assert len(peer.requests) == 2

    async with served(keng, "--no-worker") as server:
        (found,) = (await server.ask("GET", "/api/v1/notices?q=sports+shoes")).json()["items"]
    assert [(one["state"], one["pages"]) for one in found["attachments"]] == [("read", None), ("scanned", 4)]
    assert [(label["id"], label["role"]) for label in found["sectors"]] == [("footwear", "related")]
