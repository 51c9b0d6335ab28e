"""Open, by approval, closed, or read-only: what somebody new finds at each door, and that a no leaves nothing."""

import pytest
from sqlalchemy import select, update

from forum.accounts.models import Member
from forum.community_settings.models import SignUp
from forum.database.session import Database
from forum.moderation.commands.members import let_in_member, turn_away_member
from forum.moderation.drafts import MemberDraft
from forum.moderation.models import ReasonCode
from forum.permissions.actor import MemberState
from tests import cast
from tests.community_settings.setting import close_sign_up, let_in_by_hand, set_up, stop_writing
from tests.consent.joining import ROBIN
from tests.front_door import Browser, Forum, Log, Page
from tests.site.texts import publish_texts

CLOSED = "This community takes no new members at present."
READ_ONLY = "This community can only be read for now, so nobody can join at the moment."
WAITS = "A moderator welcomes new members first."
NO_DOORS = [(close_sign_up, CLOSED), (stop_writing, READ_ONLY)]
SHUT = pytest.mark.parametrize(("shut", "sentence"), NO_DOORS, ids=["closed", "read-only"])


def state_of(forum: Forum, name: str) -> MemberState:
    """Return how things stand with somebody."""
    with forum.database.reading() as session:
        return session.scalars(select(Member.state).where(Member.name == name)).one()


def assert_nothing_of_robin(forum: Forum, browser: Browser, log: Log) -> None:
    """Look in every place where somebody could have left a trace."""
    counted = forum.counts()
    assert {counted[table] for table in ("member", "identity", "consent_record", "sign_in_attempt")} == {0}
    assert "pending" not in browser.http.cookies
    logged = log.text().lower()
    for told in (ROBIN.google_subject, "robin", "people.stand-in", "quiet-river"):
        assert told not in logged


# --- nobody new ------------------------------------------------------------------------------------------


@SHUT
def test_the_join_page_says_so_and_leads_to_reading(forum: Forum, shut: object, sentence: str) -> None:
    shut(forum.database)  # type: ignore[operator]  # One of the two functions above.
    answer = Browser(forum).get("/join?next=/about")
    assert answer.status_code == 200
    page = Page(answer.text)
    assert sentence in answer.text
    assert {"/categories", "/treatments", "/help-now", "/log-in?next=/about"} <= set(page.links().values())
    assert not [form for form in page.forms if form.action.startswith("/auth/")]


@pytest.mark.proves("C1")
@SHUT
def test_whoever_comes_back_from_a_provider_unknown_leaves_nothing(
    forum: Forum, log: Log, shut: object, sentence: str
) -> None:
    shut(forum.database)  # type: ignore[operator]  # One of the two functions above.
    before = forum.counts()
    browser = Browser(forum)
    answer = browser.sign_in()
    assert answer.status_code == 403
    assert sentence in answer.text
    assert answer.headers["Cache-Control"] == "no-store"
    assert {"/categories", "/treatments", "/help-now", "/log-in"} <= set(Page(answer.text).links().values())
    assert forum.counts() == before
    assert_nothing_of_robin(forum, browser, log)
    assert browser.name() is None


@pytest.mark.proves("C1")
@SHUT
def test_whoever_is_at_the_consent_step_is_refused_before_and_after_they_answer(
    forum: Forum, log: Log, shut: object, sentence: str
) -> None:
    before = forum.counts()
    asking, answering = Browser(forum), Browser(forum)
    asking.at_consent()
    page = answering.at_consent()
    version = shut(forum.database)  # type: ignore[operator]  # One of the two functions above.
    for browser, answer in (
        (asking, asking.get("/join/consent")),
        (answering, answering.agree(page, "quiet-river")),
    ):
        assert answer.status_code == 403
        assert sentence in answer.text
        assert_nothing_of_robin(forum, browser, log)
    after = forum.counts()
    changed = {name for name, count in after.items() if count != before[name]}
    # What the administrators did, and nothing else.
    assert version == 1
    assert changed - {"page_stamp"} == {"community_settings", "audit_entry"}


@SHUT
def test_members_log_in_as_before(forum: Forum, shut: object, sentence: str) -> None:
    Browser(forum).join("quiet-river")
    shut(forum.database)  # type: ignore[operator]  # One of the two functions above.
    browser = Browser(forum)
    answer = browser.sign_in(next="/about")
    assert (answer.status_code, answer.headers["Location"]) == (303, "/about")
    assert browser.name() == "quiet-river"


def test_a_form_sent_twice_is_one_member_also_when_sign_up_closes_in_between(forum: Forum) -> None:
    browser = Browser(forum)
    page = browser.at_consent()
    cookies = browser.http.cookies.copy()
    assert browser.agree(page, "quiet-river").status_code == 303
    close_sign_up(forum.database)
    browser.http.cookies = cookies
    assert browser.agree(page, "quiet-river").status_code == 303
    assert browser.name() == "quiet-river"
    assert forum.counts()["member"] == 1


def test_when_sign_up_opens_again_one_joins_as_ever(forum: Forum) -> None:
    close_sign_up(forum.database)
    browser = Browser(forum)
    assert browser.sign_in().status_code == 403
    set_up(forum.database, sign_up=SignUp.OPEN)
    assert browser.join("quiet-river").headers["Location"] == "/join/welcome"
    assert state_of(forum, "quiet-river") is MemberState.ACTIVE


# --- by approval -----------------------------------------------------------------------------------------


def test_whoever_joins_by_approval_is_told_before_and_after(forum: Forum) -> None:
    let_in_by_hand(forum.database)
    browser = Browser(forum)
    assert "A moderator welcomes new members before they write." in browser.get("/join").text
    page = browser.at_consent(next="/about")
    assert WAITS in page.text
    answer = browser.agree(page, "quiet-river")
    # Wherever they were going, they first read what comes next, and can go on from there.
    assert (answer.status_code, answer.headers["Location"]) == (303, "/join/welcome?next=%2Fabout")
    welcome = browser.get(answer.headers["Location"])
    assert "What happens next" in welcome.text
    assert Page(welcome.text).links()["Back to where you were"] == "/about"
    assert state_of(forum, "quiet-river") is MemberState.WAITING


def test_what_counts_is_what_holds_when_the_form_comes(forum: Forum) -> None:
    early, late = Browser(forum), Browser(forum)
    shown_open = early.at_consent()
    assert WAITS not in shown_open.text
    let_in_by_hand(forum.database)
    answer = early.agree(shown_open, "quiet-river")
    assert "What happens next" in early.get(answer.headers["Location"]).text
    assert state_of(forum, "quiet-river") is MemberState.WAITING
    shown_waiting = late.at_consent(persona="same-email")
    set_up(forum.database, sign_up=SignUp.OPEN)
    answer = late.agree(shown_waiting, "still-lake")
    assert answer.headers["Location"] == "/join/welcome"
    assert "What happens next" not in late.get(answer.headers["Location"]).text
    assert state_of(forum, "still-lake") is MemberState.ACTIVE


def test_nobody_is_led_away_from_the_welcome_page(forum: Forum) -> None:
    browser = Browser(forum)
    browser.join("quiet-river")
    for hostile in ("https://e.invalid/", "//e.invalid", "/log-out"):
        page = Page(browser.get(f"/join/welcome?next={hostile}").text)
        assert "Back to where you were" not in page.links()


def test_a_newcomer_who_waits_reads_and_does_not_write(forum: Forum) -> None:
    publish_texts(forum.app)
    let_in_by_hand(forum.database)
    browser = Browser(forum)
    browser.join("quiet-river")
    category = browser.get("/categories/flares-today")
    assert category.status_code == 200
    assert "your notices tell you when you can write" in category.text
    composer = browser.get("/topics/new")
    assert composer.status_code == 403
    assert "A moderator welcomes each new member before they write." in composer.text
    token = Page(browser.get("/settings/reading").text).form("/settings/reading").values["csrf_token"]
    sent = {"csrf_token": token, "title": "My kept title", "text": "My kept words", "intent": "experiences"}
    sent |= {"category": "flares-today", "audience": "members", "content_note": ""}
    answer = browser.post("/topics/new", {**sent, "submission_key": "x" * 24})
    assert answer.status_code == 403
    assert "My kept words" in answer.text
    for address in ("/", "/settings", "/notices", "/my-topics", "/my-posts", "/search?q=flare"):
        assert browser.get(address).status_code == 200


def decide(forum: Forum, name: str, *, let_in: bool) -> None:
    """Let a moderator decide about a newcomer."""
    cedar = cast.moderator(forum.app)
    with forum.database.transaction() as session:
        if let_in:
            let_in_member(session, cedar.actor, name, MemberDraft(0, None, ""))
        else:
            draft = MemberDraft(0, ReasonCode.SPAM_OR_SELLING, "You wrote to sell pillows.")
            turn_away_member(session, cedar.actor, name, draft)


def test_a_newcomer_who_was_let_in_writes_and_is_told(forum: Forum) -> None:
    let_in_by_hand(forum.database)
    browser = Browser(forum)
    browser.join("quiet-river")
    set_up(forum.database, sign_up=SignUp.OPEN)
    assert browser.get("/topics/new").status_code == 403
    decide(forum, "quiet-river", let_in=True)
    assert browser.get("/topics/new").status_code == 200
    assert "you can write now" in browser.get("/notices").text


def test_a_newcomer_who_was_turned_away_is_told_why(forum: Forum) -> None:
    let_in_by_hand(forum.database)
    browser = Browser(forum)
    browser.join("quiet-river")
    set_up(forum.database, sign_up=SignUp.OPEN)
    decide(forum, "quiet-river", let_in=False)
    composer = browser.get("/topics/new")
    assert composer.status_code == 403
    assert "The moderators did not let you in" in composer.text
    notices = browser.get("/notices")
    assert "let you in" in notices.text
    assert "The moderators did not let you in" in browser.get("/settings").text
    # They can come back to read it.
    again = Browser(forum)
    assert again.sign_in().status_code == 303
    assert again.get("/notices").status_code == 200


@pytest.mark.parametrize("state", [MemberState.WAITING, MemberState.TURNED_AWAY])
def test_the_staffs_pages_bear_with_somebody_who_waits(forum: Forum, state: MemberState) -> None:
    publish_texts(forum.app)
    client = cast.moderator(forum.app).client
    let_in_by_hand(forum.database)
    Browser(forum).join("quiet-river")
    database: Database = forum.database
    with database.transaction() as session:
        session.execute(update(Member).where(Member.name == "quiet-river").values(state=state))
    for address in (
        "/moderation",
        "/moderation/reports",
        "/moderation/log",
        "/moderation/members",
        "/moderation/members/quiet-river",
    ):
        answer = client.get(address, base_url=forum.base_url)
        assert answer.status_code == 200, address
