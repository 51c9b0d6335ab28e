"""Names and quoted words in posts: they are never stored in them, so whatever becomes of their owners shows at once."""

from collections.abc import Iterable
from pathlib import Path

import pytest
from flask import Flask
from flask.testing import FlaskClient
from markupsafe import escape
from sqlalchemy import delete, select, update
from werkzeug.test import TestResponse

from forum import clock
from forum.accounts.models import Member
from forum.community import slots, slotting
from forum.community.commands import writing as commands
from forum.community.models.blocks import Block
from forum.community.models.slots import Slot
from forum.community.models.threads import Audience, Post, PostState, PostVersion, Topic
from forum.community.purging import purge_earlier_text
from forum.community.queries.people import people_in
from forum.community.queries.threads import newest_posts, topic_page
from forum.community.what_is_sent import PostEdit
from forum.database.personal_data import Subject
from forum.database.session import Database
from forum.errors import Invalid, NotFound
from forum.permissions.actor import VISITOR, MemberState
from forum.privacy.export_data import new_spool, read_everything
from forum.text.markdown import render_post
from tests import cast
from tests.cast import Someone
from tests.community.conftest import reply, start, topic_draft
from tests.community.test_arranging import split
from tests.community.with_pictures import add, begin, photo
from tests.moderation.conftest import make_room
from tests.moderation.working import page, press, report
from tests.pages import read_page
from tests.privacy.leavers import erase, mark, press_leave
from tests.recorder import recorded
from tests.threads import together

ROOM = "flares-today"
WORDS = "rest on the couch & breathe"
SOURCE = f"On bad days I {WORDS.replace('couch', '*couch*')}, and then there is tea."
GONE = "These words are no longer shown."


@pytest.fixture
def database(app: Flask) -> Database:
    """The application's database, with a room in it."""
    made: Database = app.extensions["alongside"].database
    make_room(made, ROOM)
    return made


@pytest.fixture
def rowan(app: Flask, database: Database) -> Someone:
    """Whose words are quoted."""
    return cast.member(app, "Rowan")


@pytest.fixture
def juniper(app: Flask, database: Database) -> Someone:
    """Who quotes them."""
    return cast.member(app, "Juniper")


@pytest.fixture
def marlow(app: Flask, database: Database) -> Someone:
    """Who reads."""
    return cast.member(app, "Marlow")


@pytest.fixture
def topic_id(database: Database, rowan: Someone) -> int:
    """Rowan's topic, with the words that are quoted in post 1."""
    return start(database, rowan.actor, topic_draft(ROOM, SOURCE))


@pytest.fixture
def source(database: Database, topic_id: int) -> int:
    """The post with the words."""
    return opening(database, topic_id)


def opening(database: Database, topic_id: int) -> int:
    with database.reading() as session:
        return session.scalars(select(Post.id).where(Post.topic_id == topic_id, Post.number == 1)).one()


def quote(post_id: int, words: str = WORDS) -> str:
    return f"> [#1](/posts/{post_id})\n> {words}"


def send(someone: Someone, topic_id: int, text: str) -> TestResponse:
    address = f"/topics/{topic_id}/reply"
    return press(someone.client, address, address, text=text)


def shown(client: FlaskClient, *topic_ids: int) -> str:
    pages = [client.get(f"/topics/{topic_id}", follow_redirects=True) for topic_id in topic_ids]
    assert [one.status_code for one in pages] == [200] * len(pages)
    return "".join(one.text for one in pages)


def edit(someone: Someone, post_id: int, text: str) -> None:
    with someone.database.transaction() as session:
        commands.edit_post(session, someone.actor, post_id, PostEdit(render_post(text)))


def stored(database: Database) -> str:
    """Return all that is stored of posts and their earlier versions."""
    with database.reading() as session:
        texts = [session.execute(select(kind.markdown, kind.html)).all() for kind in (Post, PostVersion)]
    return str(texts)


def change(database: Database, table: type[Member | Post | Topic], row: int, **values: object) -> None:
    with database.transaction() as session:
        session.execute(update(table).where(table.id == row).values(**values))


@pytest.mark.proves("W9")
@pytest.mark.proves("D6")
def test_what_becomes_of_people_and_words_shows_in_every_text_at_once(
    app: Flask,
    database: Database,
    rowan: Someone,
    juniper: Someone,
    marlow: Someone,
    topic_id: int,
    source: int,
) -> None:
    elsewhere = start(database, juniper.actor, topic_draft(ROOM, "Mine."))
    assert send(juniper, topic_id, f"@rowan, yes:\n{quote(source)}\nThank you.").status_code == 303
    assert send(juniper, elsewhere, quote(source)).status_code == 303
    # The words stand where they were written, in both forms, and the name nowhere.
    assert stored(database).count("couch") == 2
    assert "owan" not in stored(database)
    visitor = app.test_client()

    def looks(client: FlaskClient = visitor) -> tuple[int, int, int]:
        """Return how often the mention, the quoted words and the neutral line can be read."""
        text = shown(client, topic_id, elsewhere)
        quoted = text.count(f"wrote:</a></p><p>{escape(WORDS)}</p></blockquote>")
        return text.count('<b class="mention">@'), quoted, text.count(GONE)

    assert looks() == looks(marlow.client) == (1, 2, 0)
    change(database, Member, rowan.member_id, name="Alder", name_key="alder")
    assert "Rowan" not in shown(visitor, topic_id, elsewhere)
    assert shown(visitor, topic_id, elsewhere).count("Alder wrote:") == 2
    change(database, Member, rowan.member_id, state=MemberState.PAUSED)
    assert looks() == (0, 0, 2)
    assert "@somebody" in shown(visitor, topic_id)
    change(database, Member, rowan.member_id, state=MemberState.ACTIVE)
    with database.transaction() as session:
        session.add(
            Block(blocker_id=marlow.member_id, blocked_id=rowan.member_id, blocked_on=clock.now().date())
        )
    assert looks() == (1, 2, 0)
    assert looks(marlow.client) == (0, 0, 2)
    with database.transaction() as session:
        session.execute(delete(Block))
    change(database, Post, source, state=PostState.HIDDEN)
    assert looks() == (1, 0, 2)
    change(database, Post, source, state=PostState.PUBLISHED)
    change(database, Topic, topic_id, audience=Audience.MEMBERS)
    # In the same topic its readers read it on; where more people read it is gone for everybody.
    assert looks(marlow.client) == (1, 1, 1)
    assert GONE in shown(visitor, elsewhere)
    change(database, Topic, topic_id, audience=Audience.PUBLIC)
    assert looks() == (1, 2, 0)
    # Put into a topic that fewer people read, and back.
    inner = start(database, rowan.actor, topic_draft(ROOM, audience=Audience.MEMBERS))
    change(database, Post, source, topic_id=inner, number=2)
    assert looks(marlow.client) == (1, 0, 2)
    change(database, Post, source, topic_id=topic_id, number=1)
    # An edit that keeps the words, one that doesn't, and earlier texts purged.
    edit(rowan, source, f"Edited. I {WORDS}.")
    assert looks() == (1, 2, 0)
    edit(rowan, source, "Nothing of that any more.")
    assert looks() == (1, 2, 0)
    with database.transaction() as session:
        purge_earlier_text(session, rowan.actor, source)
    assert looks() == (1, 0, 2)
    assert "couch" not in stored(database)


@pytest.mark.proves("D6")
@pytest.mark.parametrize("fate", ["delete", "keep"])
def test_after_somebody_left_neither_their_name_nor_their_words_are_in_anybodys_text(
    app: Flask, database: Database, rowan: Someone, juniper: Someone, topic_id: int, source: int, fate: str
) -> None:
    send(juniper, topic_id, f"@Rowan:\n\n{quote(source)}")
    with database.reading() as session:
        answer = session.scalars(select(Post.id).where(Post.author_id == juniper.member_id)).one()
    edit(juniper, answer, f"Once more, @Rowan:\n\n{quote(source)}")
    edit(rowan, source, SOURCE + " Edited.")
    assert press_leave(rowan.client, posts=fate).status_code == 200
    assert GONE in shown(app.test_client(), topic_id)
    if fate == "keep":
        mark(rowan, source)
    erase(database)
    text = shown(app.test_client(), topic_id)
    assert "Rowan" not in text
    assert "@former member" in text
    assert "owan" not in stored(database)
    if fate == "keep":
        assert f"A former member wrote:</a></p><p>{escape(WORDS)}" in text
    else:
        assert GONE in text
        assert "couch" not in text + stored(database)
        with database.reading() as session:
            assert session.scalars(select(Slot.id).where(Slot.source_post_id == source)).all() == []
    with database.reading() as session:
        assert set(session.scalars(select(Slot.member_id))) == {None}


def test_taking_a_post_back_takes_its_slots_and_the_words_that_others_quote(
    app: Flask, database: Database, rowan: Someone, juniper: Someone, topic_id: int, source: int
) -> None:
    send(juniper, topic_id, f"@Rowan\n{quote(source)}")
    with database.reading() as session:
        answer = session.scalars(select(Post.id).where(Post.author_id == juniper.member_id)).one()
    send(rowan, topic_id, quote(answer, "@Rowan"))
    assert "<p>@a member</p></blockquote>" in shown(app.test_client(), topic_id)
    for someone, post_id in ((rowan, source), (juniper, answer)):
        with database.transaction() as session:
            commands.delete_post(session, someone.actor, post_id)
        assert GONE in shown(app.test_client(), topic_id)
    with database.reading() as session:
        assert [row.source_post_id for row in session.execute(select(Slot.source_post_id))] == [None]


def test_words_are_quoted_as_they_stand_and_only_where_everybody_may_read_them(
    database: Database, rowan: Someone, juniper: Someone, topic_id: int, source: int
) -> None:
    inner = start(database, rowan.actor, topic_draft(ROOM, SOURCE, Audience.MEMBERS))
    alone = start(database, rowan.actor, topic_draft(ROOM, SOURCE, Audience.MODERATORS_AND_AUTHOR))

    def refused(text: str, where: int = topic_id) -> str:
        answer = send(juniper, where, text)
        assert answer.status_code == 422
        # What was typed is still there.
        assert str(escape(text.split("\n", maxsplit=1)[0])) in answer.text
        return answer.text

    assert "doesn&#39;t stand there" in refused(quote(source, "I never rest"))
    assert "doesn&#39;t stand there" in refused(quote(source, ""))
    # Nor can anything be written between the post and its words: they would be stored as they are.
    assert "doesn&#39;t stand there" in refused(quote(source).replace(")", ") says", 1))
    unseen = "is not there for you"
    assert unseen in refused(quote(10**17))
    assert unseen in refused(quote(opening(database, alone)))
    assert "for fewer people" in refused(quote(opening(database, inner)))
    assert "ten times" in refused(f"{quote(source)}\n\n" * 11)
    assert send(juniper, inner, f"{quote(source)}\n\n{quote(opening(database, inner))}").status_code == 303
    # The emphasis may be typed along, and white space doesn't count.
    assert send(juniper, topic_id, quote(source, "rest on the *couch*\n>  & breathe")).status_code == 303
    text = shown(juniper.client, inner, topic_id)
    assert text.count(f"<p>{escape(WORDS)}</p></blockquote>") == 3


def test_who_is_not_in_the_topic_cannot_be_found_by_a_mention(
    database: Database, rowan: Someone, juniper: Someone, marlow: Someone, topic_id: int
) -> None:
    hidden = reply(database, marlow.actor, topic_id)
    change(database, Post, hidden, state=PostState.HIDDEN)
    send(juniper, topic_id, "@Marlow, @Nobody, @Rowan")
    assert '@Marlow, @Nobody, <b class="mention">@Rowan</b>' in shown(juniper.client, topic_id)
    own = start(database, juniper.actor, topic_draft(ROOM, "@Rowan @Juniper"))
    assert "<p>@Rowan @Juniper</p>" in shown(juniper.client, own)
    change(database, Post, hidden, state=PostState.PUBLISHED)
    client = juniper.client
    assert client.get(f"/topics/{topic_id}/people?q=").json == {"names": ["Marlow", "Rowan"]}
    assert client.get(f"/topics/{topic_id}/people?q=rO").json == {"names": ["Rowan"]}
    assert client.get(f"/topics/{topic_id}/people?q=%25").json == {"names": []}
    assert client.get("/topics/999999/people?q=R").status_code == 404
    change(database, Member, rowan.member_id, state=MemberState.PAUSED)
    actor = juniper.actor
    with database.reading() as session, recorded(database) as statements:
        assert people_in(session, actor, topic_id, "") == ("Marlow",)
    assert len(statements) == 2


def test_the_composer_gets_what_was_typed_and_sending_it_again_changes_nothing(
    database: Database, rowan: Someone, juniper: Someone, topic_id: int, source: int
) -> None:
    typed = f"@Rowan, twice @Rowan:\n\n{quote(source)}\n\n[[mention 9]]"
    send(juniper, topic_id, typed)
    with database.reading() as session:
        post_id = session.scalars(select(Post.id).where(Post.author_id == juniper.member_id)).one()
    address = f"/posts/{post_id}/edit"

    def in_composer() -> str:
        return page(juniper.client, address).one("textarea", name="text").raw.strip()

    assert in_composer() == typed
    assert press(juniper.client, address, address, text=in_composer()).status_code == 303
    with database.reading() as session:
        assert session.scalars(select(PostVersion.id).where(PostVersion.post_id == post_id)).all() == []
    edit(rowan, source, "Other words.")
    # The words of the earlier text stay quoted, and get no second number.
    assert press(juniper.client, address, address, text=f"Hm. {in_composer()}").status_code == 303
    change(database, Member, rowan.member_id, state=MemberState.PAUSED)
    assert in_composer() == "Hm. [[mention 1]], twice [[mention 1]]:\n\n[[quote 2]]\n\n[[mention 9]]".replace(
        "mention 1", f"mention {ordinals(database, post_id)['mention']}"
    ).replace("quote 2", f"quote {ordinals(database, post_id)['quote']}")
    assert press(juniper.client, address, address, text=f"{in_composer()} Bye.").status_code == 303
    change(database, Member, rowan.member_id, state=MemberState.ACTIVE)
    text = shown(juniper.client, topic_id)
    assert text.count('<b class="mention">@Rowan</b>') == 2
    assert f"<p>{escape(WORDS)}</p></blockquote>" in text
    assert "[[mention 9]] Bye." in text


def ordinals(database: Database, post_id: int) -> dict[str, int]:
    """Return the numbers of a post's slots, one for each kind."""
    with database.reading() as session:
        rows = session.execute(select(Slot.kind, Slot.ordinal).where(Slot.post_id == post_id)).all()
    assert len(rows) == 2
    return {row.kind.value: row.ordinal for row in rows}


def test_copies_say_neither_who_is_mentioned_nor_what_is_quoted(
    app: Flask, database: Database, tmp_path: Path, juniper: Someone, topic_id: int, source: int
) -> None:
    send(juniper, topic_id, f"Dear @Rowan!\n\n{quote(source)}\n\nYours.")
    with database.reading() as session:
        post_id = session.scalars(select(Post.id).where(Post.author_id == juniper.member_id)).one()
    told = report(database, post_id)
    morgan = cast.moderator(app)
    desk = f"/moderation/topics/{topic_id}"
    seen = [
        juniper.client.get("/my-posts").text,
        juniper.client.get("/settings/leave/posts").text,
        juniper.client.get(f"/posts/{post_id}/delete").text,
        morgan.client.get(desk).text,
        morgan.client.get(f"/moderation/reports/{told}").text,
        morgan.client.get(f"{desk}/split").text,
        morgan.client.get(f"/moderation/posts/{post_id}/hide").text,
    ]
    with database.reading() as session, new_spool(tmp_path) as spool:
        read_everything(session, Subject(juniper.member_id, juniper.uuid), spool)
        seen.append(str(list(spool.rows("post"))))
    for number, text in enumerate(seen):
        assert "Dear @a member" in text, number
        assert "(quoted words)" in text, number
        assert "[[" not in text, number


def test_a_preview_shows_what_sending_would(
    database: Database, rowan: Someone, juniper: Someone, topic_id: int, source: int
) -> None:
    text = f"@Rowan @Nobody\n\n{quote(source)}"
    before = stored(database)
    with database.reading() as session:
        preview = slotting.preview(session, juniper.actor, topic_id, None, text)
        assert preview.startswith('<p><b class="mention">@Rowan</b> @Nobody</p>')
        assert f"Rowan wrote:</a></p><p>{escape(WORDS)}</p></blockquote>" in preview
        fresh = slotting.preview(session, juniper.actor, None, Audience.PUBLIC, text)
        assert fresh.startswith("<p>@Rowan @Nobody</p>")
        with pytest.raises(Invalid):
            slotting.preview(session, juniper.actor, topic_id, None, quote(source, "never said"))
    assert stored(database) == before
    post_id = reply(database, juniper.actor, topic_id, text)
    with database.reading() as session:
        body = newest_posts(session, juniper.actor, topic_id, 1)[0].body
        assert body == preview
        kept = session.get_one(Post, post_id).markdown
        typed = slots.as_typed(session, juniper.actor, post_id, kept)
        assert slotting.preview(session, juniper.actor, topic_id, None, typed, post_id) == body
        # A whole post is quoted without what it quotes itself.
        assert (
            slots.quote_of(session, rowan.actor, post_id) == f"> [#2](/posts/{post_id})\n> @a member @Nobody"
        )
        with pytest.raises(NotFound):
            slots.quote_of(session, VISITOR, 999_999)
    reply(database, rowan.actor, topic_id, f"> [#2](/posts/{post_id})\n> @Rowan @Nobody")


def test_slots_cost_one_statement_a_page(
    database: Database, rowan: Someone, juniper: Someone, topic_id: int, source: int
) -> None:
    for _ in range(5):
        reply(
            database, juniper.actor, topic_id, f"@Rowan\n\n{quote(source)}\n\n{quote(source, 'there is tea')}"
        )
    with database.reading() as session, recorded(database) as statements:
        shown_page = topic_page(session, VISITOR, topic_id, 1)
    assert len(statements) == 3
    assert all(str(post.body).count("</blockquote>") == 2 for post in shown_page.posts[1:])


def test_a_topic_with_everything_in_it_takes_at_most_six_statements(
    database: Database, rowan: Someone, juniper: Someone, topic_id: int, source: int
) -> None:
    moved = reply(database, rowan.actor, topic_id, "My cats are something else.")
    reply(database, rowan.actor, topic_id, f"@Rowan\n\n{quote(source)}")
    split(database, topic_id, [moved])
    reply(database, juniper.actor, topic_id, "I am here too.")
    last = reply(database, rowan.actor, topic_id, f"@Juniper, hello\n\n{quote(source)}")
    draft_id = begin(juniper, f"/topics/{topic_id}/reply")
    for alt in ("A cat", "The same cat"):
        add(juniper, draft_id, photo(), alt)
    address = juniper.client.get(f"/topics/{topic_id}").headers["Location"]
    for one, least in ((address, 5), (f"/topics/{topic_id}/reply?quote={last}", 4)):
        with recorded(database) as statements:
            page = read_page(juniper.client.get(one).text).one("main")
        assert least <= len(statements) <= 6, (one, statements)
        composer = next(form for form in page.all("form") if form.all("textarea"))
        assert len(composer.all("img")) == 2
        assert "The same cat" in composer.text
        assert one == address or "@a member, hello" in composer.one("textarea").text
    shown_to_them = shown(juniper.client, topic_id)
    assert "@Juniper" in shown_to_them
    assert "</blockquote>" in shown_to_them
    assert f'href="/posts/{moved}"' in shown_to_them


def test_words_that_are_quoted_and_edited_at_the_same_moment_stay_the_same_words(
    app: Flask, database: Database, rowan: Someone, juniper: Someone, topic_id: int, source: int
) -> None:
    own = start(database, juniper.actor, topic_draft(ROOM, "Mine."))

    def work(number: int) -> None:
        for turn in range(4):
            if number:
                reply(database, juniper.actor, own if number % 2 else topic_id, quote(source))
            else:
                edit(rowan, source, f"{'More. ' * (turn + 1)} {SOURCE}")

    together(4, work)
    texts: Iterable[str] = [shown(app.test_client(), own), shown(app.test_client(), topic_id)]
    assert sum(text.count(f"<p>{escape(WORDS)}</p></blockquote>") for text in texts) == 12
