"""Another name: what it has to be, when it may be had, what becomes of the old one, and who may."""

import hashlib
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import time_machine
from flask import Flask
from sqlalchemy import select, update
from werkzeug.test import TestResponse

from forum import clock
from forum.accounts.former_names import HELD_FOR, hold_name, name_can_be_had, sweep_former_names
from forum.accounts.models import AccountEvent, AccountNotice, FormerName, Member, SignInSession, Suspension
from forum.accounts.names import name_key
from forum.accounts.renaming import RENAMED_ONCE_IN, rename_member
from forum.database.personal_data import Subject
from forum.database.session import Database
from forum.errors import Invalid
from forum.permissions.actor import PROOF_LASTS, MemberState
from forum.privacy.erasing import erase_now
from forum.privacy.profile_queries import own_profile
from forum.text.translate import say_moment
from tests import cast
from tests.cast import Someone
from tests.community.conftest import start, topic_draft
from tests.front_door import Browser, Forum
from tests.moderation.conftest import make_room
from tests.moderation.working import fields_of, page, press, refusal
from tests.pages import read_page
from tests.recorder import recorded
from tests.threads import together

PROFILE = "/settings/profile"
TOO_EARLY = "Another new one you can have from"
KEYS = cast.BAN_KEYS
NEW_KEYS = ("another key for bans, made after the first one", *KEYS)
CANNOT_BE_HAD = "Somebody here has this name, or one that looks like it, or had it within the last year."


@pytest.fixture
def juniper(app: Flask) -> Someone:
    """A member who changed her name once, as long ago as one must wait for the next time."""
    return settle(cast.member(app, "Juniper"))


def settle(someone: Someone, had_for: timedelta = RENAMED_ONCE_IN) -> Someone:
    """Let somebody have changed their name as long ago as this."""
    with someone.database.transaction() as session:
        since = clock.now() - had_for
        session.execute(update(Member).where(Member.id == someone.member_id).values(name_since=since))
    return someone


def rename(someone: Someone, name: str) -> TestResponse:
    """Fill in the form on the page and send it."""
    return press(someone.client, PROFILE, PROFILE, name=name)


def name_of(someone: Someone) -> str:
    with someone.database.reading() as session:
        return session.scalars(select(Member.name).where(Member.id == someone.member_id)).one()


def error_of(answer: TestResponse) -> str:
    assert answer.status_code == 422, answer.text
    return read_page(answer.text).one(id="name-error").text


@pytest.mark.proves("D5")
def test_the_new_name_stands_on_every_page_and_the_old_one_on_none(app: Flask, juniper: Someone) -> None:
    make_room(juniper.database, "flares-today")
    topic = start(juniper.database, juniper.actor, topic_draft("flares-today"))
    cedar, visitor = cast.moderator(app), cast.visitor(app)
    places = ("/", "/categories/flares-today", f"/topics/{topic}")
    before = {place: visitor.get(place, follow_redirects=True) for place in places}
    assert "Juniper" in page(juniper.client, "/settings").text
    answer = rename(juniper, "Wild-Garlic")
    assert (answer.status_code, answer.headers["Location"]) == (303, f"{PROFILE}?saved")
    assert "Your name is changed" in page(juniper.client, f"{PROFILE}?saved").text
    for place in places:
        # Whatever a browser keeps of the page is no longer good.
        etag = before[place].headers.get("ETag", "none")
        again = visitor.get(place, follow_redirects=True, headers={"If-None-Match": etag})
        assert again.status_code == 200
        assert "Wild-Garlic" in again.text
        assert "Juniper" not in again.text
    # Nothing leads from the old name to the new one.
    assert "Wild-Garlic" in page(cedar.client, "/moderation/members/Wild-Garlic").text
    gone = refusal(cedar.client, "/moderation/members/Juniper")
    assert gone == refusal(cedar.client, "/moderation/members/Nobody-Ever")


@pytest.mark.proves("D5")
@pytest.mark.parametrize(
    ("name", "sentence"),
    [
        ("", "at least two characters"),
        ("a", "at least two characters"),
        ("two words", "letters, digits, - and _"),
        ("admin", "people who run this community"),
        ("раypal", "one alphabet only"),
        ("x" * 31, "at most 30 characters"),
        ("Mar1ow", CANNOT_BE_HAD),
        ("MARLOW", CANNOT_BE_HAD),
    ],
)
def test_it_has_to_be_as_good_as_the_first_one(
    app: Flask, juniper: Someone, name: str, sentence: str
) -> None:
    cast.member(app, "Marlow")
    answer = rename(juniper, name)
    assert sentence in error_of(answer)
    # What was typed is still there.
    assert read_page(answer.text).one("input", name="name").attributes["value"] == name
    assert name_of(juniper) == "Juniper"
    with juniper.database.reading() as session:
        assert session.scalars(select(FormerName.id)).all() == []


@pytest.mark.proves("D5")
def test_a_new_one_is_possible_once_in_thirty_days_and_the_page_says_from_when(app: Flask) -> None:
    someone = cast.member(app, "Juniper")
    # Whoever just joined has never changed it.
    assert TOO_EARLY not in page(someone.client, PROFILE).text
    assert rename(someone, "Wild-Garlic").status_code == 303
    may_from = say_moment(name_since(someone) + RENAMED_ONCE_IN)
    assert f"{TOO_EARLY} {may_from}" in page(someone.client, PROFILE).text
    assert f"{TOO_EARLY} {may_from}" in error_of(rename(someone, "Ramsons"))
    settle(someone, RENAMED_ONCE_IN - timedelta(minutes=5))
    assert TOO_EARLY in page(someone.client, PROFILE).text
    assert TOO_EARLY in error_of(rename(someone, "Ramsons"))
    assert name_of(someone) == "Wild-Garlic"
    settle(someone)
    assert TOO_EARLY not in page(someone.client, PROFILE).text
    assert rename(someone, "Ramsons").status_code == 303
    assert name_of(someone) == "Ramsons"


@pytest.mark.proves("D5")
def test_a_wrong_choice_is_taken_back_at_once(app: Flask) -> None:
    someone = cast.member(app, "Juniper")
    rename(someone, "Wild-Garlic")
    assert rename(someone, "wild-garlic").status_code == 303
    assert rename(someone, "Juniper").status_code == 303
    assert name_of(someone) == "Juniper"
    # It goes both ways, and to no third name.
    assert rename(someone, "Wild-Garlic").status_code == 303
    assert TOO_EARLY in error_of(rename(someone, "Ramsons"))
    # Of another's former names nobody learns in this way either.
    marlow = settle(cast.member(app, "Marlow"), timedelta(0))
    assert TOO_EARLY in error_of(rename(marlow, "Juniper"))


@pytest.mark.proves("D5")
@pytest.mark.proves("W14")
def test_whoever_finds_an_open_browser_changes_no_name(app: Flask) -> None:
    someone = cast.member(app, "Juniper")
    with someone.database.transaction() as session:
        session.execute(update(SignInSession).values(proved_at=clock.now() - PROOF_LASTS))
    answer = rename(someone, "Real-Name")
    assert answer.status_code == 403
    assert "Show that it is you" in answer.text
    assert name_of(someone) == "Juniper"


@pytest.mark.proves("D5")
def test_the_member_is_told_and_how_to_put_it_right(juniper: Someone) -> None:
    assert rename(juniper, "Wild-Garlic").status_code == 303
    assert told(juniper) == [AccountEvent.NAME_CHANGED]
    assert "Your name here was changed" in page(juniper.client, "/notices").text
    # Sent once more, nothing is changed, and there is nothing to tell.
    rename(juniper, "Wild-Garlic")
    assert told(juniper) == [AccountEvent.NAME_CHANGED]


def told(someone: Someone) -> list[AccountEvent]:
    with someone.database.reading() as session:
        mine = AccountNotice.member_id == someone.member_id
        return list(session.scalars(select(AccountNotice.event).where(mine).order_by(AccountNotice.id)))


def name_since(someone: Someone) -> datetime:
    with someone.database.reading() as session:
        return session.scalars(select(Member.name_since).where(Member.id == someone.member_id)).one()


def post(someone: Someone, **fields: str) -> TestResponse:
    """Send a form that the page does not show at present."""
    token = fields_of(someone.client, "/settings/reading", "/settings/reading")["csrf_token"]
    return someone.client.post(PROFILE, data={"csrf_token": token, **fields})


def test_sending_the_form_twice_changes_nothing_the_second_time(juniper: Someone) -> None:
    assert rename(juniper, "Wild-Garlic").status_code == 303
    assert post(juniper, name="Wild-Garlic").status_code == 303
    assert name_of(juniper) == "Wild-Garlic"


def test_ones_own_name_can_be_written_otherwise(juniper: Someone) -> None:
    assert rename(juniper, "JUNIPER").status_code == 303
    assert name_of(juniper) == "JUNIPER"
    with juniper.database.reading() as session:
        # It is still the same one to everybody's eyes, and nobody else could have it anyway.
        assert session.scalars(select(FormerName.id)).all() == []


@pytest.mark.proves("D5")
def test_the_old_name_is_nobody_elses_for_a_year(app: Flask, juniper: Someone) -> None:
    marlow = settle(cast.member(app, "Marlow"))
    rename(juniper, "Wild-Garlic")
    # A name that somebody has and one that somebody had are refused in the same words.
    assert error_of(rename(marlow, "Jun1per")) == error_of(rename(marlow, "Wild-Garlic"))
    with pytest.raises(Invalid, match="had it within the last year"):
        cast.join(juniper.database, "Juniper")
    with time_machine.travel(clock.now() + HELD_FOR - timedelta(hours=1)):
        with juniper.database.transaction() as session:
            sweep_former_names(session)
        with pytest.raises(Invalid):
            cast.join(juniper.database, "Juniper")
    with time_machine.travel(clock.now() + HELD_FOR + timedelta(days=32)):
        cast.join(juniper.database, "Juniper")


@pytest.mark.proves("D5")
def test_whoever_gave_a_name_up_can_have_it_back(app: Flask, juniper: Someone) -> None:
    marlow = settle(cast.member(app, "Marlow"))
    rename(juniper, "Wild-Garlic")
    settle(juniper)
    assert rename(juniper, "Juniper").status_code == 303
    assert name_of(juniper) == "Juniper"
    with juniper.database.reading() as session:
        assert not name_can_be_had(session, "Wild-Garlic", KEYS, marlow.member_id)
        assert name_can_be_had(session, "Wild-Garlic", KEYS, juniper.member_id)
        assert not name_can_be_had(session, "Juniper", KEYS, marlow.member_id)
        # The name that is in use again is held by nothing but its use.
        assert len(session.scalars(select(FormerName.id)).all()) == 1


def test_of_a_former_name_only_a_keyed_hash_is_kept_and_it_ends(juniper: Someone) -> None:
    rename(juniper, "Wild-Garlic")
    with juniper.database.reading() as session:
        kept = session.scalars(select(FormerName)).one()
    assert len(kept.name_key_hash) == 64
    assert name_key("Juniper") not in kept.name_key_hash
    # Without the key, whoever guesses the name can't find it.
    with juniper.database.reading() as session:
        assert name_can_be_had(session, "Juniper", ("no key of this forum's",))
    assert kept.free_at - clock.now() > HELD_FOR
    with time_machine.travel(kept.free_at), juniper.database.transaction() as session:
        sweep_former_names(session)
        assert session.scalars(select(FormerName.id)).all() == []


def test_a_name_can_be_held_from_everybody_also_when_the_key_is_changed(database: Database) -> None:
    with database.transaction() as session:
        hold_name(session, name_key("Juniper"), KEYS)
        hold_name(session, name_key("Juniper"), NEW_KEYS)
        assert len(session.scalars(select(FormerName.id)).all()) == 1
        hold_name(session, name_key("Clover"), KEYS)
        for name in ("juniper", "clover"):
            assert not name_can_be_had(session, name, NEW_KEYS)
        assert name_can_be_had(session, "Marlow", NEW_KEYS)


@pytest.mark.proves("D5")
@pytest.mark.parametrize(
    ("given_up", "free_at"),
    [
        (datetime(2026, 11, 23, 2, 10, tzinfo=UTC), datetime(2027, 12, 1, tzinfo=UTC)),
        (datetime(2026, 12, 31, 23, 59, tzinfo=UTC), datetime(2028, 1, 1, tzinfo=UTC)),
        (datetime(2027, 1, 31, tzinfo=UTC), datetime(2028, 2, 1, tzinfo=UTC)),
        (datetime(2027, 11, 1, tzinfo=UTC), datetime(2028, 11, 1, tzinfo=UTC)),
    ],
)
def test_its_end_does_not_say_when_it_was_given_up(
    database: Database, given_up: datetime, free_at: datetime
) -> None:
    with time_machine.travel(given_up, tick=False), database.transaction() as session:
        hold_name(session, name_key("Juniper"), KEYS)
        assert session.scalars(select(FormerName.free_at)).one() == free_at


@pytest.mark.proves("D5")
@pytest.mark.proves("D7")
def test_once_somebody_is_erased_no_name_of_theirs_leads_to_them(juniper: Someone) -> None:
    rename(juniper, "Wild-Garlic")
    with juniper.database.transaction() as session:
        assert session.scalars(select(FormerName.member_id)).all() == [juniper.member_id]
        erase_now(session, Subject(juniper.member_id, juniper.uuid), KEYS)
    with juniper.database.reading() as session:
        rows = session.scalars(select(FormerName)).all()
        assert [row.member_id for row in rows] == [None, None]
        # What a guess and whatever else is left of them would have to be hashed to.
        for key in (name_key("Juniper"), name_key("Wild-Garlic")):
            for guess in (key, f"former name\0{key}\0", f"former name\0{key}\0{juniper.uuid}"):
                hashed = hashlib.sha256(guess.encode()).hexdigest()
                assert hashed not in {row.name_key_hash for row in rows}
        assert {row.free_at.day for row in rows} == {1}
    for name in ("Juniper", "Wild-Garlic"):
        with pytest.raises(Invalid, match="had it within the last year"):
            cast.join(juniper.database, name)


@pytest.mark.proves("D5")
@pytest.mark.parametrize("state", [MemberState.PAUSED, MemberState.RESTRICTED, MemberState.WAITING])
def test_whoever_rests_or_waits_can_still_be_called_rightly(juniper: Someone, state: MemberState) -> None:
    with juniper.database.transaction() as session:
        session.execute(update(Member).where(Member.id == juniper.member_id).values(state=state))
    assert rename(juniper, "Wild-Garlic").status_code == 303
    assert name_of(juniper) == "Wild-Garlic"


def _suspend(session: Any, member_id: int) -> None:
    session.add(Suspension(member_id=member_id, since=clock.now(), until=None))


def _turn_away(session: Any, member_id: int) -> None:
    session.execute(update(Member).where(Member.id == member_id).values(state=MemberState.TURNED_AWAY))


@pytest.mark.parametrize(
    ("change", "sentence"),
    [(_suspend, "Your account is suspended"), (_turn_away, "The moderators did not let you in")],
)
def test_whoever_may_not_write_by_a_moderators_decision_keeps_their_name(
    juniper: Someone, change: Any, sentence: str
) -> None:
    with juniper.database.transaction() as session:
        change(session, juniper.member_id)
    main = page(juniper.client, PROFILE)
    assert sentence in main.text
    assert not main.all("form", method="post")
    answer = post(juniper, name="Wild-Garlic")
    assert answer.status_code == 403
    assert sentence in answer.text
    assert name_of(juniper) == "Juniper"


def test_of_two_who_want_one_name_at_once_one_gets_it(app: Flask, juniper: Someone) -> None:
    marlow = settle(cast.member(app, "Marlow"))
    actors = (juniper.actor, marlow.actor)

    def work(number: int) -> bool:
        try:
            if number == 2:
                cast.join(juniper.database, "Wild-Garl1c")
                return True
            with juniper.database.transaction() as session:
                rename_member(session, actors[number], ("Wild-Garlic", "wild-garlic")[number], KEYS)
        except Invalid:
            return False
        return True

    assert sorted(together(3, work)) == [False, False, True]
    with juniper.database.reading() as session:
        keys = session.scalars(select(Member.name_key)).all()
    assert keys.count(name_key("Wild-Garlic")) == 1


def test_a_strange_field_is_no_form_of_ours(juniper: Someone) -> None:
    assert post(juniper, name="Wild-Garlic", name_since="2020").status_code == 400
    assert name_of(juniper) == "Juniper"


def test_the_page_reads_one_statement(juniper: Someone) -> None:
    actor = juniper.actor
    with recorded(juniper.database) as statements, juniper.database.reading() as session:
        assert own_profile(session, actor).no_new_one_yet == ""
    assert len(statements) == 1


@pytest.mark.proves("D5")
def test_it_goes_from_the_settings_to_the_new_name_in_a_browser(forum: Forum) -> None:
    browser = Browser(forum)
    browser.join("quiet-river")
    assert PROFILE in browser.get("/settings").text
    answer = browser.submit(browser.get(PROFILE), PROFILE, {"name": "still-lake"})
    assert answer.status_code == 303
    # Beside it stands that there is a new notice: it tells of the change.
    assert str(browser.name()).startswith("still-lake")
