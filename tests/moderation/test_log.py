"""The audit log's page: who reads which entries, how it is narrowed, and the spreadsheet."""

import csv
import io
from datetime import timedelta
from typing import Any
from urllib.parse import urljoin

import pytest
import time_machine
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import delete, event, select, update

from forum import clock
from forum.accounts.models import Member
from forum.audit_log.commands import record
from forum.audit_log.models import AuditEntry
from forum.community.models.threads import Category, Topic, TopicState
from forum.database.session import Database
from forum.moderation.deeds import deed
from forum.moderation.models import ReasonCode, Report
from forum.moderation.queries.log import ENTRIES_PER_PAGE
from forum.permissions.actions import Action
from forum.permissions.actor import OPERATOR, Actor, MemberState
from forum.text.spreadsheets import as_csv
from tests import cast
from tests.cast import Someone
from tests.moderation.conftest import Told, make_post, make_room
from tests.moderation.working import page, refusal, report
from tests.pages import Element
from tests.recorder import recorded

LOG = "/moderation/log"


def keep(database: Database, actor: Actor, action: Action, **about: object) -> None:
    """Put an entry into the log."""
    with database.transaction() as session:
        record(session, actor, action, **about)  # type: ignore[arg-type]  # Whatever record takes.


def lines(client: FlaskClient, address: str = LOG) -> list[str]:
    found = page(client, address).all("ol", class_="log")
    return [] if not found else [row.text for row in rows(found[0])]


def rows(log: Element) -> list[Element]:
    return log.all("li")


@pytest.fixture
def filled(app: Flask, database: Database, post: Told, cedar: Someone) -> Someone:
    """A log with something of each kind in it, by Cedar, about Juniper; and Juniper."""
    make_room(database, "medicines")
    with database.reading() as session:
        medicines = session.scalars(select(Category.id).where(Category.slug == "medicines")).one()
    juniper = cast.member(app, "Juniper")
    own = {"category_id": post.category_id, "topic_id": post.topic_id}
    keep(database, cedar.actor, Action.TOPIC_LOCK, reason=ReasonCode.HEATED, **own)
    keep(
        database,
        cedar.actor,
        Action.POST_HIDE,
        reason=ReasonCode.HARASSMENT,
        post_id=post.id,
        member_uuid=juniper.uuid,
        **own,
    )
    keep(database, cedar.actor, Action.TOPIC_PIN, reason=ReasonCode.USEFUL_TO_MANY, category_id=medicines)
    keep(
        database,
        cedar.actor,
        Action.MEMBER_SUSPEND,
        reason=ReasonCode.HARASSMENT,
        member_uuid=juniper.uuid,
        facts={"days": 7},
    )
    keep(database, OPERATOR, Action.SETTINGS_CHANGE, facts={"version": 1})
    return juniper


def test_everybody_reads_what_is_theirs_to_read(
    app: Flask, client: FlaskClient, database: Database, post: Told, cedar: Someone, filled: Someone
) -> None:
    alder = cast.category_moderator(app, post.category_id)
    aspen = cast.administrator(app)
    everything = lines(aspen.client)
    assert any("changed the community's settings" in line for line in everything)
    assert any("The operator" in line for line in everything)
    of_moderation = lines(cedar.client)
    assert [line for line in of_moderation if "settings" in line or "trusted" in line] == []
    assert len(of_moderation) == 4
    assert "Cedar suspended a member for 7 days" in of_moderation[0]
    own = lines(alder.client)
    assert len(own) == 2
    assert "hid a post" in own[0]
    assert "closed a topic to replies" in own[1]
    assert "in the categories that you answer for" in page(alder.client, LOG).text
    assert client.get(LOG).status_code == 303
    for someone in (cast.member(app, "Marlow"), cast.peer_supporter(app)):
        for address in (LOG, f"{LOG}.csv"):
            assert refusal(someone.client, address) == refusal(someone.client, "/moderation/nothing")


def test_what_one_can_not_see_can_not_be_asked_for_either(
    app: Flask, post: Told, cedar: Someone, filled: Someone
) -> None:
    alder = cast.category_moderator(app, post.category_id)
    assert lines(cedar.client, f"{LOG}?group=administration") == []
    assert lines(alder.client, f"{LOG}?group=members") == []
    assert lines(alder.client, f"{LOG}?category=medicines") == []
    offered = page(alder.client, LOG).one("select", name="group").all("option")
    assert [option.attributes["value"] for option in offered] == ["", "topics", "posts", "reports"]
    offered = page(alder.client, LOG).one("select", name="category").all("option")
    assert [option.attributes["value"] for option in offered] == ["", "flares-today"]


@pytest.mark.parametrize(
    ("narrowed", "expected"),
    [
        ("group=topics", ["pinned a topic", "closed a topic"]),
        ("group=members", ["suspended a member"]),
        ("reason=harassment", ["suspended a member", "hid a post"]),
        ("member=Juniper", ["suspended a member", "hid a post"]),
        ("member=Juniper&group=posts", ["hid a post"]),
        ("who=Cedar&category=medicines", ["pinned a topic"]),
        ("who=cEDAR&category=medicines", ["pinned a topic"]),
        ("who=Juniper", []),
        ("group=&who=&category=&member=&reason=&month=&", ["suspended", "pinned", "hid", "closed"]),
        ("month=2099-01", []),
        ("month=2020-01&group=posts", ["hid a post"]),
    ],
)
def test_it_is_narrowed_by_what_is_asked_for(
    app: Flask, post: Told, cedar: Someone, filled: Someone, narrowed: str, expected: list[str]
) -> None:
    found = lines(cedar.client, f"{LOG}?{narrowed}")
    assert len(found) == len(expected)
    assert all(words in line for words, line in zip(expected, found, strict=True))


def test_a_name_that_nobody_has_is_said_and_the_log_is_not_asked(
    database: Database, cedar: Someone, filled: Someone
) -> None:
    for query in ("who=Sorrel", "member=Sorrel", "who=Cedar&member=Sorrel"):
        with recorded(database) as statements:
            main = page(cedar.client, f"{LOG}?{query}")
        assert "Nobody here has the name “Sorrel”." in main.text
        assert main.all("ol", class_="log") == []
        assert [statement for statement in statements if "FROM audit_entry" in statement] == []
    assert len(cedar.client.get(f"{LOG}.csv?who=Sorrel").text.splitlines()) == 1


@pytest.mark.proves("W6")
def test_who_may_not_look_members_up_is_not_told_that_nobody_has_a_name(
    app: Flask, post: Told, filled: Someone
) -> None:
    alder = cast.category_moderator(app, post.category_id)
    # Rowan is somebody, and has decided nothing.
    texts = [page(alder.client, f"{LOG}?who={name}").text for name in ("Sorrel", "Rowan")]
    assert texts[0] == texts[1]
    assert "Nothing like this was decided." in texts[0]


@pytest.mark.parametrize("dialect", ["sqlite"], indirect=True)
@pytest.mark.parametrize(
    ("query", "index"),
    [
        ("group=topics", "area_id"),
        ("group=reports", "area_id"),
        ("reason=heated", "reason_id"),
        ("who=Cedar", "actor_uuid_id"),
        ("member=Cedar", "member_uuid_id"),
    ],
)
def test_what_it_is_narrowed_to_is_read_from_an_index_without_sorting(
    database: Database, cedar: Someone, query: str, index: str
) -> None:
    asked: list[tuple[str, Any]] = []

    def remember(_connection: Any, _cursor: Any, statement: str, given: Any, *_rest: Any) -> None:
        asked.append((statement, given))

    event.listen(database.read_engine, "before_cursor_execute", remember)
    page(cedar.client, f"{LOG}?{query}")
    event.remove(database.read_engine, "before_cursor_execute", remember)
    ((statement, given),) = [one for one in asked if "FROM audit_entry" in one[0]]
    with database.reading() as session:
        plan = session.connection().exec_driver_sql(f"EXPLAIN QUERY PLAN {statement}", given)
        steps = " ".join(row[-1] for row in plan)
    assert f"USING INDEX ix_audit_entry_{index} " in steps
    assert "TEMP B-TREE" not in steps


def test_what_can_not_be_looked_at_any_more_has_a_number_and_no_address(
    app: Flask, database: Database, post: Told, cedar: Someone
) -> None:
    make_room(database, "medicines")
    _first, target, medicines = make_post(database, post.author.actor, "medicines", "Elsewhere.")
    told = report(database, post.id)
    own = {"category_id": post.category_id, "topic_id": post.topic_id}
    keep(database, cedar.actor, Action.REPORT_CLAIM, report_id=told, **own)

    def links(client: FlaskClient) -> list[str]:
        (row,) = rows(page(client, f"{LOG}?group=reports").one("ol", class_="log"))
        for words in (f"Topic {post.topic_id}", f"Report {told}"):
            assert words in row.text
        found = [link.attributes["href"] for link in row.all("a")]
        assert all(client.get(address).status_code == 200 for address in found)
        return found

    def change(table: type[Topic | Report], number: int, **values: object) -> None:
        with database.transaction() as session:
            if table is Report:
                session.execute(delete(Report).where(Report.id == number))
            else:
                session.execute(update(Topic).where(Topic.id == number).values(values))

    there, case = f"/moderation/topics/{post.topic_id}", f"/moderation/reports/{told}"
    alder = cast.category_moderator(app, post.category_id)
    assert links(cedar.client) == links(alder.client) == [there, case]
    # It was moved to where Alder answers for nothing.
    change(Topic, post.topic_id, category_id=medicines)
    assert links(alder.client) == []
    assert links(cedar.client) == [there, case]
    change(Topic, post.topic_id, state=TopicState.MERGED, merged_into_id=target)
    assert links(cedar.client) == [f"/moderation/topics/{target}", case]
    change(Report, told)
    assert links(cedar.client) == [f"/moderation/topics/{target}"]
    change(Topic, target, state=TopicState.DELETED)
    assert links(cedar.client) == []


def test_every_area_that_an_entry_has_can_be_asked_for(
    app: Flask, database: Database, filled: Someone
) -> None:
    aspen = cast.administrator(app)
    groups = page(aspen.client, LOG).one("select", name="group").all("option")
    shown = [lines(aspen.client, f"{LOG}?group={group.attributes['value']}") for group in groups[1:]]
    assert sorted(line for part in shown for line in part) == sorted(lines(aspen.client))


@pytest.mark.parametrize("action", [Action.LOG_READ, Action.MODERATE])
def test_looking_is_not_kept(database: Database, cedar: Someone, action: Action) -> None:
    with pytest.raises(ValueError, match="no area"):
        keep(database, cedar.actor, action)


@pytest.mark.parametrize(
    "query",
    ["group=all", "reason=none", "month=2026-13", "month=november", "sort=up", "who=a&who=b", "older=x"],
)
def test_what_the_page_never_offers_is_malformed(cedar: Someone, query: str) -> None:
    assert cedar.client.get(f"{LOG}?{query}").status_code == 400


def test_names_go_when_their_people_do_and_no_words_were_ever_there(
    app: Flask, database: Database, post: Told, cedar: Someone, filled: Someone
) -> None:
    assert "Juniper" in page(cedar.client, LOG).text
    with database.transaction() as session:
        session.execute(update(Member).where(Member.id == filled.member_id).values(state=MemberState.LEAVING))
    main = page(cedar.client, LOG)
    assert "Juniper" not in main.text
    assert "a former member" in main.text
    assert lines(cedar.client, f"{LOG}?member=Juniper") == []
    for words in ("Flare number nine", "It is bad today"):
        assert words not in main.text


def test_it_goes_on_by_pages_in_two_statements_each_with_what_it_is_narrowed_to(
    app: Flask, database: Database, cedar: Someone
) -> None:
    for number in range(ENTRIES_PER_PAGE + 2):
        keep(database, cedar.actor, Action.TOPIC_LOCK, topic_id=number + 1)
        keep(database, cedar.actor, Action.POST_HIDE, topic_id=number + 1)
    with recorded(database) as statements:
        first = page(cedar.client, f"{LOG}?group=topics")
    # Beside one for who asks and one for the community's settings.
    assert len(statements) == 4
    (older,) = [link for link in first.all("a") if "older=" in link.attributes["href"]]
    second = page(cedar.client, urljoin(LOG, older.attributes["href"]))
    shown = [rows(part.one("ol", class_="log")) for part in (first, second)]
    assert [len(part) for part in shown] == [ENTRIES_PER_PAGE, 2]
    assert all("closed a topic" in row.text for part in shown for row in part)


def test_the_spreadsheet_holds_what_the_page_is_narrowed_to(
    app: Flask, database: Database, cedar: Someone, filled: Someone
) -> None:
    main = page(cedar.client, f"{LOG}?reason=harassment")
    (link,) = [link for link in main.all("a") if ".csv" in link.attributes["href"]]
    with recorded(database) as statements:
        answer = cedar.client.get(link.attributes["href"])
    assert len(statements) == 2
    assert answer.status_code == 200
    assert answer.mimetype == "text/csv"
    assert answer.headers["Content-Disposition"].startswith("attachment")
    assert "no-store" in answer.headers["Cache-Control"]
    table = list(csv.DictReader(io.StringIO(answer.text)))
    assert [row["action"] for row in table] == ["moderation:member:suspend", "community:post:hide"]
    assert {row["who"] for row in table} == {"Cedar"}
    assert {row["member"] for row in table} == {"Juniper"}
    assert table[0]["facts"] == "days=7"
    assert cedar.client.get(f"{LOG}.csv?older=x").status_code == 400


@pytest.mark.proves("D4")
@pytest.mark.parametrize("begins", ["=", "+", "-", "@", "\t", "\r"])
def test_no_cell_is_taken_for_a_formula(begins: str) -> None:
    ((heading,), (cell,)) = csv.reader(
        io.StringIO(as_csv([f"{begins}h"], [[f"{begins}SUM(A1)"]]), newline="")
    )
    assert (heading, cell) == (f"'{begins}h", f"'{begins}SUM(A1)")


def test_a_member_whose_name_begins_like_a_formula_is_harmless(
    app: Flask, database: Database, cedar: Someone
) -> None:
    name = "-Juniper"
    juniper = cast.member(app)
    with database.transaction() as session:
        session.execute(update(Member).where(Member.id == juniper.member_id).values(name=name))
    keep(database, cedar.actor, Action.MEMBER_LET_IN, member_uuid=juniper.uuid)
    (row,) = csv.DictReader(io.StringIO(cedar.client.get(f"{LOG}.csv?group=members").text))
    assert row["member"] == f"'{name}"


def test_months_are_counted_from_their_first_moment(app: Flask, database: Database, cedar: Someone) -> None:
    began = clock.now().replace(day=1, hour=0, minute=0, second=0, microsecond=0)
    for moment in (began - timedelta(seconds=1), began):
        with time_machine.travel(moment, tick=False):
            keep(database, OPERATOR, Action.TOPIC_LOCK)
    assert len(lines(cedar.client, f"{LOG}?group=topics")) == 2
    assert len(lines(cedar.client, f"{LOG}?group=topics&month={began:%Y-%m}")) == 1


def test_everything_that_is_ever_kept_has_words() -> None:
    unknown = deed("community:bridge:build", {})
    never_kept = {
        Action.TOPIC_START,
        Action.POST_PUBLISH,
        Action.POST_EDIT,
        Action.POST_DELETE,
        Action.POST_PURGE,
        Action.POST_REACT,
        Action.REACTION_TAKE_BACK,
        Action.TOPIC_EDIT,
        Action.TOPIC_NARROW,
        Action.IMAGE_ADD,
        Action.DRAFT_KEEP,
        Action.POST_BOOKMARK,
        Action.TOPIC_WATCH,
        Action.CATEGORY_WATCH,
        Action.WATCH_END,
        Action.MEMBER_BLOCK,
        Action.MEMBERS_LIST,
        Action.PROFILE_CHANGE,
        Action.PROFILE_NARROW,
        Action.ACCOUNT_RENAME,
        Action.ACCOUNT_RESTRICT,
        Action.MODERATE,
        Action.REPORT_RAISE,
        Action.REPORT_LIST,
        Action.LOG_READ,
        Action.MEMBER_LOOK_UP,
    }
    assert {action for action in Action if deed(action.value, {}) == unknown} == never_kept


@pytest.mark.proves("W13")
def test_nothing_in_it_can_be_changed_or_taken_away(database: Database, cedar: Someone) -> None:
    keep(database, cedar.actor, Action.TOPIC_LOCK)
    for change in (update(AuditEntry).values(reason=""), delete(AuditEntry)):
        with pytest.raises(Exception, match="append-only"), database.transaction() as session:
            session.execute(change)
