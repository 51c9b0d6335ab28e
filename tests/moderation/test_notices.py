"""What members read of what moderators told them, however things stand with their account."""

from collections.abc import Callable
from datetime import timedelta
from urllib.parse import urljoin

import pytest
import time_machine
from flask import Flask
from flask.testing import FlaskClient

from forum import clock
from forum.community_settings.commands import change_settings
from forum.community_settings.drafts import SettingsDraft
from forum.community_settings.models import SignUp
from forum.database.session import Database
from forum.moderation.models import ReasonCode, ReportOutcome
from forum.moderation.notices import WORDS_KEPT, tell
from forum.moderation.queries.notices import NOTICES_PER_PAGE
from forum.moderation.wording import told
from forum.permissions.actions import Action
from forum.permissions.actor import OPERATOR
from forum.schedule import SCHEDULE
from tests import cast
from tests.cast import Someone
from tests.community.conftest import start, topic_draft
from tests.moderation.threads import done, make_thread, topic_row
from tests.moderation.working import notices, page, press, refusal
from tests.recorder import recorded


def has_new(someone: Someone) -> bool:
    return someone.actor.has_new_notices


def leave(database: Database, someone: Someone, by: Someone, action: Action = Action.POST_HIDE) -> int:
    """Leave somebody a notice about a post of theirs, and return its id."""
    with database.transaction() as session:
        tell(
            session,
            by.actor,
            someone.member_id,
            action,
            ReasonCode.HARASSMENT if action is Action.POST_HIDE else None,
            outcome=ReportOutcome.ACTED if action is Action.REPORT_CLOSE else None,
            their_words="You are <b>lazy</b>.\nAnd more.\n\nAnd an end.",
            message="Please be kind.",
        )
    return notices(database)[-1].id


@pytest.mark.parametrize(
    "make",
    [cast.member, cast.suspended, cast.consent_withdrawn],
    ids=["member", "suspended", "withdrawn"],
)
def test_a_notice_says_what_was_done_why_to_which_words_and_what_one_can_do(
    app: Flask, database: Database, cedar: Someone, make: Callable[[Flask], Someone]
) -> None:
    someone = make(app)
    notice_id = leave(database, someone, cedar)
    expected = told(Action.POST_HIDE, ReasonCode.HARASSMENT)
    main = page(someone.client, "/notices")
    (link,) = main.one("ol").all("a")
    assert (link.text, link.attributes["href"]) == (expected.title, f"/notices/{notice_id}")
    assert "A moderator of this community" in main.text
    assert "Cedar" not in main.text
    main = page(someone.client, f"/notices/{notice_id}")
    assert main.one("h1").text == expected.title
    for words in (*expected.sentences, "You are <b>lazy</b>.", "And an end.", "Please be kind."):
        assert words in main.text
    assert "Cedar" not in main.text
    assert "/policies/guidelines" in {link.attributes["href"] for link in main.all("a")}
    assert "Write to care@forum.invalid within six months" in main.text


def test_whom_to_write_to_is_what_the_community_says(app: Flask, database: Database, cedar: Someone) -> None:
    someone = cast.member(app)
    notice_id = leave(database, someone, cedar)
    with database.transaction() as session:
        draft = SettingsDraft(0, SignUp.OPEN, read_only=False, announcement="", contact="team@forum.invalid")
        change_settings(session, OPERATOR, draft)
    assert "Write to team@forum.invalid" in page(someone.client, f"/notices/{notice_id}").text


def test_nobody_objects_to_an_answer(app: Flask, database: Database, cedar: Someone) -> None:
    someone = cast.member(app)
    main = page(someone.client, f"/notices/{leave(database, someone, cedar, Action.REPORT_CLOSE)}")
    assert "What you told us" in main.text
    assert "If you see it differently" not in main.text


def test_reading_it_is_said_by_a_button_and_by_nothing_else(
    app: Flask, database: Database, cedar: Someone
) -> None:
    someone = cast.member(app)
    first, second = leave(database, someone, cedar), leave(database, someone, cedar)
    for address in ("/notices", f"/notices/{first}"):
        page(someone.client, address)
    assert has_new(someone)
    for notice_id in (first, second):
        address = f"/notices/{notice_id}"
        answer = press(someone.client, address, f"{address}/seen")
        assert (answer.status_code, answer.headers["Location"]) == (303, "/notices")
    assert not has_new(someone)
    assert not page(someone.client, f"/notices/{first}").all("button")
    assert "New" not in page(someone.client, "/notices").text


def test_the_first_time_it_was_read_is_what_counts(app: Flask, database: Database, cedar: Someone) -> None:
    someone = cast.member(app)
    address = f"/notices/{leave(database, someone, cedar)}"
    token = page(someone.client, address).one("form").one("input", name="csrf_token").attributes["value"]
    seen = []
    for hours in (1, 2):
        with time_machine.travel(clock.now() + timedelta(hours=hours)):
            answer = someone.client.post(f"{address}/seen", data={"csrf_token": token})
        assert answer.status_code == 303
        seen.append(notices(database)[0].seen_at)
    assert seen[0] is not None
    assert seen[0] == seen[1]
    assert someone.client.post(f"{address}/seen", data={"csrf_token": token, "x": "1"}).status_code == 400


def test_anybody_elses_notice_is_none(
    app: Flask, client: FlaskClient, database: Database, cedar: Someone
) -> None:
    someone, other = cast.member(app), cast.member(app, "Marlow")
    mine, theirs = leave(database, someone, cedar), leave(database, other, cedar)
    for reader in (someone, cedar):
        assert refusal(reader.client, f"/notices/{theirs}") == refusal(reader.client, "/notices/999999")
    address = f"/notices/{mine}"
    token = page(someone.client, address).one("form").one("input", name="csrf_token").attributes["value"]
    for missing in (theirs, 999_999):
        answer = someone.client.post(f"/notices/{missing}/seen", data={"csrf_token": token})
        assert answer.status_code == 404
    assert notices(database)[1].seen_at is None
    assert "lazy" not in page(cedar.client, "/notices").text
    assert client.get("/notices").status_code == 303
    assert client.get(address).status_code == 303


def test_the_list_goes_on_by_pages_in_one_statement_each(
    app: Flask, database: Database, cedar: Someone
) -> None:
    someone = cast.member(app)
    made = [leave(database, someone, cedar) for _number in range(NOTICES_PER_PAGE + 2)]
    with recorded(database) as statements:
        first = page(someone.client, "/notices")
    # One for who asks, one for the community's settings, three for the page.
    assert len(statements) == 5
    (older,) = [link for link in first.all("a") if "older=" in link.attributes["href"]]
    second = page(someone.client, urljoin("/notices", older.attributes["href"]))
    shown = [row.attributes["id"] for part in (first, second) for row in part.one("ol").all("li")]
    assert shown == [f"notice-{notice_id}" for notice_id in reversed(made)]
    with recorded(database) as statements:
        page(someone.client, f"/notices/{made[0]}")
    assert len(statements) == 3


def test_an_empty_list_says_what_it_is_for(app: Flask) -> None:
    assert "There is nothing here." in page(cast.member(app).client, "/notices").text


def test_there_are_words_for_whatever_anybody_is_told() -> None:
    for action in Action:
        if action.value.startswith(("community:", "moderation:member:")) and action not in (
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
            Action.MEMBER_LOOK_UP,
            Action.MEMBER_NOTE,
        ):
            assert told(action).title
    for outcome in ReportOutcome:
        assert told(Action.REPORT_CLOSE, outcome=outcome).sentences


def test_words_are_forgotten_after_six_months_and_the_notice_says_so(
    app: Flask, database: Database, cedar: Someone
) -> None:
    someone = cast.member(app)
    now = clock.now()
    with time_machine.travel(now - WORDS_KEPT, tick=False):
        address = f"/notices/{leave(database, someone, cedar)}"
    recent = f"/notices/{leave(database, someone, cedar)}"
    (job,) = (job for job in SCHEDULE if job.name == "moderation.sweep_notices")

    def sweep() -> list[bool]:
        with database.transaction() as session:
            job.begin(session)
        return [bool(notice.their_words and notice.message) for notice in notices(database)]

    with time_machine.travel(now, tick=False) as moment:
        assert sweep() == [True, True]
        assert "lazy" in page(someone.client, address).text
        moment.shift(timedelta(seconds=1))
        # From that moment on, and not only once the job has run.
        for _before_and_after in range(2):
            main = page(someone.client, address)
            assert main.one("h1").text == told(Action.POST_HIDE, ReasonCode.HARASSMENT).title
            assert "they are no longer kept" in main.text
            assert "lazy" not in main.text
            assert "Please be kind." not in main.text
            assert sweep() == [False, True]
        assert "no longer kept" not in page(someone.client, recent).text


def test_a_notice_leads_to_the_topic_it_is_about_while_that_can_be_seen(
    app: Flask, database: Database, cedar: Someone
) -> None:
    thread = make_thread(app, database)
    title = topic_row(database, thread.id).title

    def links(notice_id: int) -> dict[str, str]:
        main = page(thread.author.client, f"/notices/{notice_id}")
        found = main.all("a")
        return {link.attributes["href"]: link.text for link in found if "/topics/" in link.attributes["href"]}

    for word in ("lock", "pin", "move"):
        extra = {"category": "daily-life"} if word == "move" else {}
        done(cedar.client, f"{thread.desk}/{word}", **extra)
        (address,) = links(notices(database)[-1].id)
        assert address.startswith(f"/topics/{thread.id}")
        assert links(notices(database)[-1].id)[address] == title
    first = notices(database)[0].id
    with recorded(database) as statements:
        page(thread.author.client, f"/notices/{first}")
    assert len(statements) == 3
    target = start(database, thread.other.actor, topic_draft("daily-life", "Elsewhere."))
    done(cedar.client, f"{thread.desk}/merge", target=str(target))
    for notice_id in (first, notices(database)[-1].id):
        (address,) = links(notice_id)
        assert address.startswith(f"/topics/{target}")
    done(cedar.client, f"/moderation/topics/{target}/hide")
    assert links(first) == {}
