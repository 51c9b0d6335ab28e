"""What members say about themselves, as moderators of the whole community see it and take it down."""

import pytest
from flask import Flask
from sqlalchemy import select, update

from forum.accounts.models import Member
from forum.community.models.people import FieldAudience, Profile
from forum.community.profiles import Said
from forum.database.page_stamps import PageStamp
from forum.database.session import Database
from forum.errors import Conflict, Forbidden
from forum.moderation.commands.members import clear_profile
from forum.moderation.drafts import MemberDraft
from forum.moderation.models import ReasonCode
from forum.permissions.actor import MemberState
from forum.privacy.models import Erasure, ErasureKind
from tests import cast
from tests.cast import Someone
from tests.community.saying import say
from tests.moderation.working import entries, notices, page, press

NOBODY, MEMBERS, EVERYONE = FieldAudience
DESK = "/moderation/members/Juniper"
CLEAR = f"{DESK}/clear-profile"
WORDS = "Buy my oil.\n\nIt cures everything."


@pytest.fixture
def juniper(app: Flask) -> Someone:
    """Who says something that can't stay."""
    someone = cast.member(app, "Juniper")
    say(someone, Said(WORDS, EVERYONE, country="PT", country_for=MEMBERS))
    return someone


def decide(someone: Someone, step: str = "act", **fields: str) -> int:
    sent = {"reason": "spam-or-selling", "text": "", "step": step, **fields}
    return press(someone.client, CLEAR, CLEAR, **sent).status_code


def test_it_is_taken_down_and_its_owner_reads_what_and_why_and_can_say_something_else(
    app: Flask, database: Database, cedar: Someone, juniper: Someone
) -> None:
    marlow = cast.member(app, "Marlow")
    main = page(cedar.client, DESK)
    assert "It cures everything." in main.text
    assert CLEAR in {link.attributes["href"] for link in main.all("a")}
    asked = press(cedar.client, CLEAR, CLEAR, reason="spam-or-selling", text="Sorry.", step="preview")
    for words in ("What you say about yourself was taken down", "Nothing has been done yet.", "Buy my oil."):
        assert words in asked.text
    with database.reading() as session:
        stamp = select(PageStamp.version).where(PageStamp.scope == f"member:{juniper.member_id}")
        before = session.scalars(stamp).one()
        assert session.scalars(select(Profile.about)).one() == WORDS
    assert decide(cedar, text="Other words are welcome.") == 303
    with database.reading() as session:
        row = session.execute(select(Profile.about, Profile.about_for, Profile.country_for)).one()
        assert tuple(row) == ("", NOBODY, MEMBERS)
        assert session.scalars(stamp).one() > before
        # A backup brings it back to nobody.
        noted = session.execute(select(Erasure.kind, Erasure.subject)).all()
    assert [tuple(one) for one in noted] == [(ErasureKind.PROFILE_NARROWED, juniper.uuid)]
    for browser in (marlow.client, cedar.client):
        assert "oil" not in page(browser, "/members/Juniper").text
    assert "What they say about themselves" not in page(cedar.client, DESK).text
    assert "Cedar took down what a member says about themselves" in page(cedar.client, DESK).text
    (entry,) = entries(database)
    # What was said is with the one it is about, and not in a log from which nothing goes.
    assert (entry.facts, entry.reason, entry.member_uuid) == ({}, "spam-or-selling", juniper.uuid)
    (notice,) = notices(database)
    assert (notice.their_words, notice.message) == (WORDS, "Other words are welcome.")
    told = page(juniper.client, f"/notices/{notice.id}").text
    for words in (
        "taken down",
        "Buy my oil.",
        "advertised or sold",
        "Other words are welcome.",
        "differently",
    ):
        assert words in told
    say(juniper, Said("I knit.", MEMBERS))
    assert "I knit." in page(marlow.client, "/members/Juniper").text


def test_what_nobody_else_sees_is_nobodys_to_look_at_or_take_down(
    database: Database, cedar: Someone, juniper: Someone
) -> None:
    def is_left_alone() -> None:
        assert "oil" not in page(cedar.client, DESK).text
        assert "oil" not in page(cedar.client, CLEAR).text
        assert decide(cedar) == 409

    say(juniper, Said(WORDS))
    is_left_alone()
    say(juniper, Said(WORDS, EVERYONE))
    for state in (MemberState.PAUSED, MemberState.RESTRICTED):
        with database.transaction() as session:
            session.execute(update(Member).where(Member.id == juniper.member_id).values(state=state))
        is_left_alone()
    assert (entries(database), notices(database)) == ([], [])


def test_it_is_for_moderators_of_all_and_nobody_decides_unseen_or_about_themselves(
    app: Flask, database: Database, cedar: Someone, juniper: Someone
) -> None:
    say(cedar, Said("I moderate.", EVERYONE))
    own = page(cedar.client, "/moderation/members/Cedar")
    assert "I moderate." in own.text
    assert "/moderation/members/Cedar/clear-profile" not in {link.attributes["href"] for link in own.all("a")}
    draft = MemberDraft(0, ReasonCode.HARASSMENT, "")
    hawthorn = cast.moderator(app, "Hawthorn")
    for actor, name in ((cedar.actor, "Cedar"), (hawthorn.actor, "Cedar"), (juniper.actor, "Cedar")):
        with pytest.raises(Forbidden), database.transaction() as session:
            clear_profile(session, actor, name, draft)
    with database.transaction() as session:
        clear_profile(session, hawthorn.actor, "Juniper", draft)
    say(juniper, Said(WORDS, MEMBERS))
    with pytest.raises(Conflict, match="Hawthorn was faster"), database.transaction() as session:
        clear_profile(session, cedar.actor, "Juniper", draft)
    with database.reading() as session:
        about = select(Profile.about).where(Profile.member_id == juniper.member_id)
        assert session.scalars(about).one() == WORDS
