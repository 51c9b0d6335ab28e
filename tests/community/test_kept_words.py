"""What drafts say of others: nobody's name and words stand in the rows, and composers show what may be read now."""

import re

import pytest
from flask import Flask
from sqlalchemy import select, update

from forum.accounts.models import Member
from forum.community.commands import writing
from forum.community.models.images import Image
from forum.community.models.kept_drafts import KeptDraft
from forum.community.models.slots import Slot
from forum.community.models.threads import Audience, Post
from forum.community.purging import purge_earlier_text
from forum.community.what_is_sent import PostEdit
from forum.database.session import Database
from forum.permissions.actor import MemberState
from forum.privacy.export_data import WRITTEN
from forum.text.markdown import render_post
from tests import cast
from tests.cast import Someone
from tests.community.conftest import reply, start, topic_draft
from tests.community.with_pictures import add, begin, photo
from tests.moderation.conftest import make_room
from tests.moderation.working import fields_of, page, press
from tests.privacy.leavers import erase, press_leave
from tests.recorder import recorded

SAID = "I rest on the zebra couch"
GONE = "> (these words are no longer shown)"


@pytest.fixture
def database(app: Flask) -> Database:
    """The application's database, with a room in it."""
    made: Database = app.extensions["alongside"].database
    make_room(made, "flares-today")
    return made


@pytest.fixture
def juniper(app: Flask, database: Database) -> Someone:
    """Whose name and words it is about."""
    return cast.member(app, "Juniper")


@pytest.fixture
def marlow(app: Flask, database: Database) -> Someone:
    """Who writes about them."""
    return cast.member(app, "Marlow")


@pytest.fixture
def topic_id(app: Flask, database: Database) -> int:
    """Somebody else's topic."""
    sorrel = cast.member(app, "Sorrel")
    return start(database, sorrel.actor, topic_draft("flares-today", "Words of Sorrel."))


@pytest.fixture
def source(database: Database, juniper: Someone, topic_id: int) -> int:
    """Juniper's post in it."""
    return reply(database, juniper.actor, topic_id, f"{SAID}, and then there is tea.")


def save(someone: Someone, text: str, revision: int = 0, unanswered: str = "", **place: int) -> int:
    """Save as a composer's script does, and return the revision that it is told."""
    token = fields_of(someone.client, "/settings/reading", "/settings/reading")["csrf_token"]
    known = {"revision": str(revision), "unanswered": unanswered, "do": ""}
    answer = someone.client.post("/drafts/save", data={"csrf_token": token, "text": text, **known, **place})
    assert answer.status_code == 200, answer.text
    found: int = answer.get_json()["revision"]
    return found


def composer(someone: Someone, address: str) -> str:
    """Return the words that stand in a page's composer."""
    return page(someone.client, address).one("textarea", name="text").raw.strip()


def rows(database: Database) -> str:
    """Return all that stands in drafts."""
    with database.reading() as session:
        return "\n".join(session.scalars(select(KeptDraft.words).order_by(KeptDraft.id)))


def change(database: Database, someone: Someone, **values: object) -> None:
    with database.transaction() as session:
        session.execute(update(Member).where(Member.id == someone.member_id).values(**values))


@pytest.mark.proves("D6")
@pytest.mark.proves("W9")
def test_a_reply_on_its_way_shows_others_as_they_are_now(
    database: Database, juniper: Someone, marlow: Someone, topic_id: int, source: int
) -> None:
    own = start(database, juniper.actor, topic_draft("flares-today", "The stairs are steep."))
    with database.reading() as session:
        opening = session.scalars(select(Post.id).where(Post.topic_id == own)).one()
    address = f"/topics/{topic_id}/reply"
    quoted = f"> [#2](/posts/{source})\n> {SAID}"
    other = f"> [#1](/posts/{opening})\n> The stairs are steep."
    typed = f"Dear @Juniper,\n\n{quoted}\n\n{other}\nThat is it."
    assert save(marlow, typed, topic_id=topic_id) == 1
    # The same again is nothing new, and what arrived without an answer is no other device's.
    assert save(marlow, typed, topic_id=topic_id) == 1
    assert save(marlow, f"{typed} Yes.", 0, typed, topic_id=topic_id) == 2

    def looks() -> tuple[str, str]:
        assert not re.search("zebra|steep|uniper", rows(database) + marlow.client.get("/drafts").text)
        return composer(marlow, address), composer(marlow, page_of_topic)

    page_of_topic = marlow.client.get(f"/topics/{topic_id}").headers["Location"]
    typed += " Yes."
    assert looks() == (typed, typed)
    change(database, juniper, name="Iris")
    assert looks()[0] == typed.replace("Juniper", "Iris")
    change(database, juniper, name="Juniper")
    narrow = f"/topics/{own}/edit"
    fields = {"audience": "moderators-and-author", "title": "Flare number nine", "intent": "just-listen"}
    assert press(juniper.client, narrow, narrow, **fields).status_code == 303
    assert looks() == (typed.replace(other, GONE),) * 2
    block = f"/posts/{reply(database, marlow.actor, topic_id)}/block"
    assert press(juniper.client, block, block).status_code == 303
    hidden = f"Dear @somebody,\n\n{GONE}\n\n{GONE}\nThat is it. Yes."
    assert looks() == (hidden, hidden)
    # A page that was open all the while still has them in its field.
    assert save(marlow, typed, 2, topic_id=topic_id) == 3
    assert looks() == (hidden, hidden)


@pytest.mark.proves("D6")
@pytest.mark.parametrize("how", ["leaves", "takes it back"])
def test_words_that_were_not_found_in_their_post_go_when_it_goes(
    database: Database, juniper: Someone, marlow: Someone, topic_id: int, source: int, how: str
) -> None:
    forms = (
        f"> [#2](/posts/{source})\n> {SAID} every day",
        f"- > [#2](/posts/{source})\n  > {SAID}",
        f">> **Juniper** [#2](</posts/{source}>)\n>> {SAID}",
    )
    mine = "@Juniper, my own words.\n\n> A saying.\n\n"
    save(marlow, mine + "\n\nand\n\n".join(forms), topic_id=topic_id)
    assert rows(database).count("zebra") == 3
    # They aren't sent either: they would stand in the post for good.
    for form in forms[1:]:
        address = f"/topics/{topic_id}/reply"
        refused = press(marlow.client, address, address, text=form)
        assert (refused.status_code, "on lines of its own" in refused.text) == (422, True)
    save(marlow, mine + "\n\nand\n\n".join(forms), 3, topic_id=topic_id)
    assert "zebra" not in str([WRITTEN["kept_draft", "words"](rows(database))])
    if how == "leaves":
        assert press_leave(juniper.client).status_code == 200
        assert "zebra" not in composer(marlow, f"/topics/{topic_id}/reply")
        erase(database)
        name = "somebody"
    else:
        with database.transaction() as session:
            writing.delete_post(session, juniper.actor, source)
        name = f"[member {juniper.member_id}]"
    left = rows(database)
    assert not re.search("zebra|uniper", left)
    assert left.count(GONE) == 3
    assert ", my own words.\n\n> A saying.\n\n" in left
    assert name in left


@pytest.mark.proves("D6")
def test_whom_a_post_mentions_stays_mentioned_however_it_is_edited(
    app: Flask, database: Database, juniper: Someone, marlow: Someone, topic_id: int, source: int
) -> None:
    text = f"@Juniper, hello\n\n> [#2](/posts/{source})\n> {SAID}\n\nYours."
    post_id = reply(database, marlow.actor, topic_id, text)
    address = f"/posts/{post_id}/edit"
    opened = composer(marlow, address)
    assert opened == text
    save(marlow, f"{opened} Truly.", post_id=post_id)
    assert rows(database) == "[[mention 2]], hello\n\n[[quote 1]]\n\nYours. Truly."
    assert composer(marlow, address) == f"{opened} Truly."
    change(database, juniper, state=MemberState.PAUSED)
    assert composer(marlow, address) == rows(database)
    # A page that was open before still has the name.
    assert press(marlow.client, address, address, text=f"{opened} Bye.", revision="1").status_code == 303
    with database.reading() as session:
        stored = session.execute(select(Post.markdown).where(Post.id == post_id)).scalar_one()
    assert stored == "[[mention 2]], hello\n\n[[quote 1]]\n\nYours. Bye."
    assert "@somebody" in app.test_client().get(f"/topics/{topic_id}", follow_redirects=True).text


def test_a_new_text_on_its_way_goes_with_the_post_and_with_its_earlier_versions(
    app: Flask, database: Database, juniper: Someone, source: int
) -> None:
    address = f"/posts/{source}/edit"

    def rows_left() -> tuple[int, int]:
        with database.reading() as session:
            return len(session.scalars(select(KeptDraft.id)).all()), len(
                session.scalars(select(Image.id)).all()
            )

    for goes in ("versions", "post"):
        with database.transaction() as session:
            writing.edit_post(session, juniper.actor, source, PostEdit(render_post(f"Edited: {goes}")))
        add(juniper, begin(juniper, address), photo())
        assert rows_left() == (1, 1)
        with database.transaction() as session:
            if goes == "versions":
                purge_earlier_text(session, juniper.actor, source)
            else:
                writing.delete_post(session, juniper.actor, source)
        assert rows_left() == (0, 0)


def test_a_number_of_a_slot_is_never_given_again(
    database: Database, juniper: Someone, marlow: Someone, topic_id: int, source: int
) -> None:
    post_id = reply(database, marlow.actor, topic_id, "@Juniper and @Sorrel")
    for text in ("@Juniper alone", "@Juniper and @Marlow"):
        with database.transaction() as session:
            writing.edit_post(session, marlow.actor, post_id, PostEdit(render_post(text)))
            purge_earlier_text(session, marlow.actor, post_id)
    with database.reading() as session:
        found = session.execute(select(Slot.ordinal, Slot.member_id).order_by(Slot.ordinal)).all()
    assert [tuple(row) for row in found] == [(1, juniper.member_id), (2, None), (3, marlow.member_id)]


def test_who_began_a_topic_is_in_it_as_long_as_their_words_are(
    database: Database, juniper: Someone, marlow: Someone
) -> None:
    topic_id = start(
        database, juniper.actor, topic_draft("flares-today", "Words of Juniper.", Audience.PUBLIC)
    )
    reply(database, marlow.actor, topic_id, "An answer.")
    people = f"/topics/{topic_id}/people?q=j"
    assert marlow.client.get(people).json == {"names": ["Juniper"]}
    with database.transaction() as session:
        opening = session.scalars(select(Post.id).where(Post.topic_id == topic_id, Post.number == 1)).one()
        writing.delete_post(session, juniper.actor, opening)
    assert marlow.client.get(people).json == {"names": []}
    post_id = reply(database, marlow.actor, topic_id, "Dear @Juniper, [x](https://e.example/,@Marlow)")
    with database.reading() as session:
        stored = session.execute(select(Post.markdown).where(Post.id == post_id)).scalar_one()
    assert stored == "Dear @Juniper, [x](https://e.example/,@Marlow)"


def test_saving_and_opening_stay_quick(
    database: Database, marlow: Someone, topic_id: int, source: int
) -> None:
    save(marlow, "Plain words.", topic_id=topic_id)
    with recorded(database) as plain:
        composer(marlow, f"/topics/{topic_id}/reply")
    save(marlow, f"@Juniper\n\n> [#2](/posts/{source})\n> {SAID}", 1, topic_id=topic_id)
    with recorded(database) as statements:
        composer(marlow, f"/topics/{topic_id}/reply")
    assert len(statements) == len(plain) + 1 <= 6


def test_slots_are_held_in_one_order_before_any_of_them_changes(
    database: Database, juniper: Someone, marlow: Someone, topic_id: int, source: int
) -> None:
    """Two who wrote about one another may be erased at the same moment, or delete their earlier versions."""
    reply(database, marlow.actor, topic_id, f"@Juniper\n\n> [#2](/posts/{source})\n> {SAID}")
    with database.transaction() as session:
        writing.edit_post(session, juniper.actor, source, PostEdit(render_post("@Sorrel, something else.")))
    with recorded(database) as purging, database.transaction() as session:
        purge_earlier_text(session, juniper.actor, source)
    assert press_leave(juniper.client).status_code == 200
    with recorded(database) as erasing:
        erase(database)
    for statements in (purging, erasing):
        about = [
            one for one in statements if re.match(r"(SELECT slot\.id |UPDATE slot |DELETE FROM slot )", one)
        ]
        assert "ORDER BY slot.id" in about[0]
        assert len(about) > 2
        changed = [at for at, one in enumerate(about) if not one.startswith("SELECT")]
        # Whatever an update comes upon was held by the statement before it, or when the erasing began.
        assert all(about[at - 1].startswith("SELECT") or statements is erasing for at in changed)
    with_names = [one for one in erasing if "slot.member_id = " in one]
    assert with_names[0].startswith("SELECT slot.id")
    assert with_names[-1].startswith("UPDATE slot SET member_id")
