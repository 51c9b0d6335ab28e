"""The lists in which moderators read what they were told: the order, the pages, and who reads which."""

from datetime import timedelta
from urllib.parse import urljoin

import time_machine
from flask import Flask
from flask.testing import FlaskClient

from forum import clock
from forum.audit_log.models import AuditEntry
from forum.database.session import Database
from forum.moderation.commands.reports import raise_report
from forum.moderation.commands.working import claim_report, close_report
from forum.moderation.decisions import newest_decision
from forum.moderation.drafts import ClaimDraft, CloseDraft, ReportDraft
from forum.moderation.models import ReportOutcome, ReportReason
from forum.moderation.queries import reports as queries
from forum.permissions.actor import VISITOR
from tests import cast
from tests.cast import Someone
from tests.community.conftest import reply
from tests.moderation.conftest import Told, make_post, make_room, send
from tests.pages import Element, read_page
from tests.recorder import recorded

# What the desk counts.
PANELS = ("worries", "mine", "reports")


def tell(database: Database, post_id: int, reason: ReportReason = ReportReason.OTHER, note: str = "") -> int:
    """Raise a visitor's report."""
    with database.transaction() as session:
        told = raise_report(session, VISITOR, post_id, ReportDraft(reason, note))
    assert told is not None
    return told


def listed(client: FlaskClient, address: str = "/moderation/reports") -> Element:
    answer = client.get(address)
    assert answer.status_code == 200
    return read_page(answer.text).one("main")


def lines(client: FlaskClient, show: str = "open") -> list[Element]:
    return listed(client, f"/moderation/reports?show={show}").all("li", class_="report")


def test_worries_come_first_and_then_what_waits_longest(app: Flask, database: Database, post: Told) -> None:
    other = reply(database, post.author.actor, post.topic_id)
    made = {}
    with time_machine.travel(clock.now(), tick=False) as moment:
        for name, post_id, reason in (
            ("older rule", post.id, ReportReason.MISINFORMATION),
            ("newer rule", other, ReportReason.SPAM_OR_SELLING),
            ("older worry", post.id, ReportReason.WORRIED_ABOUT_SOMEONE),
            ("newer worry", other, ReportReason.WORRIED_ABOUT_SOMEONE),
        ):
            moment.shift(timedelta(minutes=1))
            made[name] = tell(database, post_id, reason)
    rows = lines(cast.moderator(app).client)
    expected = ("older worry", "newer worry", "older rule", "newer rule")
    assert [row.attributes["id"] for row in rows] == [f"report-{made[name]}" for name in expected]
    assert [len(row.all("div", class_="care")) for row in rows] == [1, 1, 0, 0]


def test_what_several_told_about_one_post_is_one_line(app: Flask, database: Database, post: Told) -> None:
    first = tell(database, post.id, ReportReason.HARASSMENT)
    tell(database, post.id, ReportReason.OTHER)
    worry = tell(database, post.id, ReportReason.WORRIED_ABOUT_SOMEONE)
    rows = lines(cast.moderator(app).client)
    assert [row.attributes["id"] for row in rows] == [f"report-{worry}", f"report-{first}"]
    assert ["Others told us" in row.text for row in rows] == [False, True]


def test_the_desk_counts_what_is_one_line_once(app: Flask, database: Database, post: Told) -> None:
    cedar, morgan = cast.moderator(app), cast.moderator(app, "Morgan")
    other = reply(database, post.author.actor, post.topic_id)
    told = tell(database, post.id, ReportReason.HARASSMENT)
    for _number in range(3):
        tell(database, post.id, ReportReason.HARASSMENT)
        tell(database, post.id, ReportReason.WORRIED_ABOUT_SOMEONE)
    tell(database, other)

    def counted(someone: Someone) -> list[str]:
        desk = listed(someone.client, "/moderation")
        # The number is the last word of each panel's first sentence that has one.
        found = [part.text for part in desk.all("section") if part.attributes.get("id") in PANELS]
        return [next(word for word in text.replace(".", " ").split() if word.isdigit()) for text in found]

    # One worry, and reports on two posts.
    assert counted(cedar) == ["1", "2"]
    with database.transaction() as session:
        claim_report(session, cedar.actor, told, ClaimDraft(0, take_over=False))
    # One worry, what Cedar took on, and what nobody has.
    assert counted(cedar) == ["1", "1", "1"]
    assert counted(morgan) == ["1", "1"]
    tell(database, post.id, ReportReason.HARASSMENT)
    assert counted(morgan) == ["1", "1"]


def test_the_list_holds_nobodys_words(app: Flask, database: Database, post: Told) -> None:
    someone = cast.member(app, "Marlow")
    send(someone.client, f"{post.address}/worry", text="I am afraid.")
    (row,) = lines(cast.moderator(app).client)
    assert "Flare number nine" in row.text
    for word in ("bad", "afraid", "Marlow", post.author.name):
        assert word not in row.text
    assert row.one("a").attributes["href"].startswith("/moderation/reports/")


def test_open_own_and_closed_ones_have_a_list_each(app: Flask, database: Database, post: Told) -> None:
    cedar, morgan = cast.moderator(app), cast.moderator(app, "Morgan")
    reported = [reply(database, post.author.actor, post.topic_id) for _ in range(4)]
    mine, others, nobodys, done = (tell(database, post_id) for post_id in reported)
    with database.transaction() as session:
        claim_report(session, cedar.actor, mine, ClaimDraft(0, take_over=False))
        claim_report(session, morgan.actor, others, ClaimDraft(0, take_over=False))
        claim_report(session, cedar.actor, done, ClaimDraft(0, take_over=False))
    with database.transaction() as session:
        seen = newest_decision(session, AuditEntry.report_id == done)
        close_report(session, cedar.actor, done, CloseDraft(seen, ReportOutcome.ACTED, ""))

    def ids(show: str) -> list[str]:
        return [row.attributes["id"] for row in lines(cedar.client, show)]

    assert ids("open") == [f"report-{one}" for one in (mine, others, nobodys)]
    assert ids("mine") == [f"report-{mine}"]
    assert ids("closed") == [f"report-{done}"]
    texts = [row.text for row in lines(cedar.client)]
    assert "You work on it" in texts[0]
    assert "Morgan works on it" in texts[1]
    assert "works on it" not in texts[2]
    assert cedar.client.get("/moderation/reports?show=all").status_code == 400


def test_a_category_moderator_sees_their_own_categories_alone(
    app: Flask, database: Database, post: Told
) -> None:
    make_room(database, "medicines")
    elsewhere, _topic, medicines = make_post(database, post.author.actor, "medicines", "Elsewhere.")
    tell(database, post.id, ReportReason.OTHER)
    tell(database, elsewhere, ReportReason.DRUG_SOURCING)
    # What they answer for is what stands in their room now.
    of_medicines = listed(cast.category_moderator(app, medicines).client)
    assert [row.one("h2").text for row in of_medicines.all("li", class_="report")] == [
        "Getting or swapping medicines"
    ]
    assert "only of the categories" in of_medicines.text
    assert len(listed(cast.moderator(app).client).all("li", class_="report")) == 2


def test_the_lists_go_on_by_pages_and_back_in_one_statement_each(
    app: Flask, database: Database, post: Told
) -> None:
    posts = [
        reply(database, post.author.actor, post.topic_id) for _number in range(queries.REPORTS_PER_PAGE + 3)
    ]
    reasons = (ReportReason.WORRIED_ABOUT_SOMEONE, ReportReason.OTHER)
    made = [tell(database, post_id, reasons[index % 2]) for index, post_id in enumerate(posts)]
    moderator = cast.moderator(app)
    with recorded(database) as statements:
        first = listed(moderator.client)
    # One for who asks, one for the community's settings, one for the page.
    assert len(statements) == 3
    (on,) = [link for link in first.all("a") if "older=" in link.attributes["href"]]
    second = listed(moderator.client, urljoin("/moderation/reports", on.attributes["href"]))
    ids = [row.attributes["id"] for page in (first, second) for row in page.all("li", class_="report")]
    assert ids == [f"report-{report_id}" for report_id in made[::2] + made[1::2]]
    (back,) = [link for link in second.all("a") if "newer=" in link.attributes["href"]]
    again = listed(moderator.client, urljoin("/moderation/reports", back.attributes["href"]))
    assert [row.attributes["id"] for row in again.all("li", class_="report")] == ids[
        : queries.REPORTS_PER_PAGE
    ]


def test_a_cursor_that_nobody_wrote_is_malformed(app: Flask, post: Told) -> None:
    client = cast.moderator(app).client
    for cursor in ("x", "W10", "e30", "%00", "9" * 300):
        assert client.get(f"/moderation/reports?older={cursor}").status_code == 400


def test_the_list_is_no_page_for_anybody_else(app: Flask, client: FlaskClient, post: Told) -> None:
    assert client.get("/moderation/reports").status_code == 303
    assert cast.member(app).client.get("/moderation/reports").status_code == 404
    assert cast.peer_supporter(app).client.get("/moderation/reports").status_code == 404


def test_an_empty_list_says_so(app: Flask, post: Told) -> None:
    client = cast.moderator(app).client
    assert "Nothing is open" in listed(client).text
    assert "taken nothing on" in listed(client, "/moderation/reports?show=mine").text
    assert "Nothing has been closed" in listed(client, "/moderation/reports?show=closed").text
