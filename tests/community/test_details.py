"""What the author of a topic changes about it: its words while they may write, and fewer readers at any time."""

from dataclasses import replace

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select, update
from werkzeug.test import TestResponse

from forum import clock
from forum.accounts.models import Member, Suspension
from forum.community.addresses import TAKEN_SLUGS
from forum.community.commands import details as commands
from forum.community.models.threads import Audience, Intent, Post, PostState, Topic
from forum.community.queries.details import topic_details
from forum.database import page_stamps
from forum.database.session import Database
from forum.permissions.actor import MemberState
from tests import cast
from tests.cast import Someone
from tests.community.conftest import reply, start, topic_draft
from tests.moderation.conftest import make_room
from tests.moderation.working import fields_of, page, press, refusal
from tests.recorder import recorded

WORDS = {"title": "Flare number ten", "intent": "information", "content_note": "surgery"}


@pytest.fixture
def database(app: Flask) -> Database:
    """The application's database, with a room in it."""
    made: Database = app.extensions["alongside"].database
    make_room(made, "flares-today")
    return made


@pytest.fixture
def juniper(app: Flask) -> Someone:
    """Who began the topic."""
    return cast.member(app, "Juniper")


@pytest.fixture
def marlow(app: Flask) -> Someone:
    """Who answers."""
    return cast.member(app, "Marlow")


@pytest.fixture
def topic_id(database: Database, juniper: Someone) -> int:
    """A public topic."""
    return start(database, juniper.actor, topic_draft("flares-today"))


def change(someone: Someone, topic_id: int, **fields: str) -> TestResponse:
    """Fill in the page and send it."""
    address = f"/topics/{topic_id}/edit"
    return press(someone.client, address, address, **fields)


def offered(someone: Someone, topic_id: int) -> list[str]:
    main = page(someone.client, f"/topics/{topic_id}/edit")
    return [one.attributes["value"] for one in main.all("input", name="audience")]


def columns(database: Database, topic_id: int) -> tuple[str, str, Intent, str, Audience]:
    with database.reading() as session:
        row = session.execute(
            select(Topic.title, Topic.slug, Topic.intent, Topic.content_note, Topic.audience).where(
                Topic.id == topic_id
            )
        ).one()
    return tuple(row)  # type: ignore[return-value]  # A row is a tuple of what was selected.


def test_the_author_changes_what_it_says_and_old_addresses_lead_on(
    database: Database, client: FlaskClient, juniper: Someone, topic_id: int
) -> None:
    main = page(juniper.client, f"/topics/{topic_id}/edit")
    assert main.one("input", name="title").attributes["value"] == "Flare number nine"
    (chosen,) = (one for one in main.all("input", name="audience") if "checked" in one.attributes)
    assert chosen.attributes["value"] == "public"
    answer = change(juniper, topic_id, **WORDS, audience="public")
    assert (answer.status_code, answer.headers["Location"]) == (303, f"/topics/{topic_id}/flare-number-ten")
    assert columns(database, topic_id) == (
        "Flare number ten",
        "flare-number-ten",
        Intent.INFORMATION,
        "surgery",
        Audience.PUBLIC,
    )
    old = client.get(f"/topics/{topic_id}/flare-number-nine")
    assert (old.status_code, old.headers["Location"]) == (303, f"/topics/{topic_id}/flare-number-ten")
    for address in ("/", "/categories/flares-today", f"/topics/{topic_id}"):
        assert "Flare number ten" in client.get(address, follow_redirects=True).text
        assert "Flare number nine" not in client.get(address, follow_redirects=True).text


def test_a_refused_form_comes_back_as_it_was_typed(
    database: Database, juniper: Someone, topic_id: int
) -> None:
    before = columns(database, topic_id)
    answer = change(juniper, topic_id, title="x", intent="information", content_note="Typed.", audience="")
    assert answer.status_code == 422
    assert 'value="Typed."' in answer.text
    assert "Give it a title of a few words" in answer.text
    assert "Choose who may read it." in answer.text
    assert change(juniper, topic_id, **WORDS, audience="public", pinned="1").status_code == 400
    assert columns(database, topic_id) == before


def test_any_readers_until_somebody_answered_and_only_fewer_afterwards(
    database: Database, client: FlaskClient, juniper: Someone, marlow: Someone, topic_id: int
) -> None:
    assert set(offered(juniper, topic_id)) == {
        "public",
        "public-unlisted",
        "members",
        "moderators-and-author",
    }
    alone = {name: value for name, value in WORDS.items() if name != "title"} | {"title": "Flare number nine"}
    # Her own afterthought is no answer.
    reply(database, juniper.actor, topic_id)
    for audience in ("moderators-and-author", "members", "public"):
        assert change(juniper, topic_id, **alone, audience=audience).status_code == 303
    reply(database, marlow.actor, topic_id)
    assert offered(juniper, topic_id) == ["public", "public-unlisted", "members"]
    assert "they would lose their own words" in page(juniper.client, f"/topics/{topic_id}/edit").text
    refused = change(juniper, topic_id, **alone, audience="moderators-and-author")
    assert (refused.status_code, "they would lose their own words" in refused.text) == (422, True)
    assert change(juniper, topic_id, **alone, audience="members").status_code == 303
    assert offered(juniper, topic_id) == ["members"]
    refused = change(juniper, topic_id, **alone, audience="public")
    assert (refused.status_code, "fewer, but not more" in refused.text) == (422, True)
    assert columns(database, topic_id)[-1] is Audience.MEMBERS


@pytest.mark.proves("D8")
def test_narrowing_takes_the_topic_from_everybody_else_at_once(
    app: Flask, database: Database, client: FlaskClient, juniper: Someone, marlow: Someone, topic_id: int
) -> None:
    with database.reading() as session:
        source = session.scalars(select(Post.id).where(Post.topic_id == topic_id)).one()
    elsewhere = start(database, marlow.actor, replace(topic_draft("flares-today"), title="Elsewhere"))
    address = f"/topics/{elsewhere}"
    quote = f"> [#1](/posts/{source})\n> It is bad today.\n\nThat helped me."
    reply(database, marlow.actor, elsewhere, quote)
    assert page(client, f"{address}/elsewhere").text.count("It is bad today.") == 2
    said = page(juniper.client, f"/topics/{topic_id}/edit").text
    assert "search engines forget only when they come again" in said
    assert "may have kept a copy" in said
    scopes = ("latest", f"topic:{topic_id}", f"category:{_category(database, topic_id)}")
    with database.reading() as session:
        before = page_stamps.read(session, scopes)
    answer = press(
        juniper.client,
        f"/topics/{topic_id}/edit",
        f"/topics/{topic_id}/edit",
        title="Flare number nine",
        intent="just-listen",
        content_note="",
        audience="members",
    )
    # The words of the title stand in no address any more.
    assert answer.headers["Location"] == f"/topics/{topic_id}"
    nowhere = refusal(client, "/topics/99999999")
    for gone in (f"/topics/{topic_id}", f"/topics/{topic_id}/flare-number-nine"):
        assert refusal(client, gone) == nowhere
        assert marlow.client.get(gone, follow_redirects=True).status_code == 200
    assert client.get(f"/posts/{source}").status_code == 404
    for shown in ("/", "/categories/flares-today", "/search?q=Flare"):
        assert "Flare number nine" not in client.get(shown).text
    after = page(client, f"{address}/elsewhere").text
    assert after.count("It is bad today.") == 1
    assert "That helped me." in after
    with database.reading() as session:
        stale = page_stamps.read(session, scopes)
    assert all(stale[scope] > before[scope] for scope in scopes)


def _category(database: Database, topic_id: int) -> int:
    with database.reading() as session:
        return session.scalars(select(Topic.category_id).where(Topic.id == topic_id)).one()


@pytest.mark.parametrize(
    "became", ["suspended", "paused", "restricted", "leaving", "locked", "first post hidden"]
)
def test_fewer_readers_can_be_chosen_however_things_stand(
    database: Database, juniper: Someone, topic_id: int, became: str
) -> None:
    with database.transaction() as session:
        if became == "suspended":
            session.add(Suspension(member_id=juniper.member_id, since=clock.now(), until=None))
        elif became == "locked":
            session.execute(update(Topic).where(Topic.id == topic_id).values(locked=True))
        elif became == "first post hidden":
            session.execute(update(Post).where(Post.topic_id == topic_id).values(state=PostState.HIDDEN))
        else:
            session.execute(
                update(Member).where(Member.id == juniper.member_id).values(state=MemberState(became))
            )
    address = f"/topics/{topic_id}/edit"
    main = page(juniper.client, address)
    assert main.one("h1").text == "Who may read your topic"
    assert "You can choose fewer readers all the same." in main.text
    assert main.all("input", name="title") == []
    if became != "first post hidden":
        # More readers are writing.
        set_audience(database, topic_id, Audience.MEMBERS)
        assert offered(juniper, topic_id) == ["members", "moderators-and-author"]
        assert change(juniper, topic_id, audience="public").status_code == 403
    # Nor can the words be changed by whoever still has the whole form open.
    fields = {**fields_of(juniper.client, address, address), **WORDS, "audience": "members"}
    assert juniper.client.post(address, data=fields).status_code == (
        409 if became == "first post hidden" else 403
    )
    assert change(juniper, topic_id, audience="moderators-and-author").status_code == 303
    assert columns(database, topic_id) == (
        "Flare number nine",
        "flare-number-nine",
        Intent.JUST_LISTEN,
        "",
        Audience.MODERATORS_AND_AUTHOR,
    )


def set_audience(database: Database, topic_id: int, audience: Audience) -> None:
    with database.transaction() as session:
        session.execute(update(Topic).where(Topic.id == topic_id).values(audience=audience))


def test_it_is_the_authors_alone_and_says_nothing_of_what_cannot_be_read(
    app: Flask, database: Database, client: FlaskClient, marlow: Someone, topic_id: int
) -> None:
    assert client.get(f"/topics/{topic_id}/edit").headers["Location"].startswith("/log-in?next=")
    for someone in (marlow, cast.moderator(app)):
        assert someone.client.get(f"/topics/{topic_id}/edit").status_code == 403
    set_audience(database, topic_id, Audience.MODERATORS_AND_AUTHOR)
    assert refusal(marlow.client, f"/topics/{topic_id}/edit") == refusal(
        marlow.client, "/topics/99999999/edit"
    )


def test_what_is_so_already_announces_nothing(database: Database, juniper: Someone, topic_id: int) -> None:
    actor = juniper.actor
    edit = commands.DetailsEdit(Audience.PUBLIC, "Flare number nine", Intent.JUST_LISTEN, "")
    with database.reading() as session:
        before = page_stamps.read(session, [f"topic:{topic_id}"])
        with recorded(database) as statements:
            topic_details(session, actor, topic_id)
        assert len(statements) == 1
    with database.transaction() as session:
        assert (
            commands.change_details(session, actor, topic_id, edit) == f"/topics/{topic_id}/flare-number-nine"
        )
    with database.reading() as session:
        assert page_stamps.read(session, [f"topic:{topic_id}"]) == before


def test_a_title_of_one_word_that_is_a_page_of_its_own_is_no_part_of_an_address(
    app: Flask, database: Database, client: FlaskClient, juniper: Someone
) -> None:
    rules = {rule.rule for rule in app.url_map.iter_rules()}
    under = {rule.rpartition("/")[2] for rule in rules if rule.startswith("/topics/<int:topic_id>/")}
    assert {word for word in under if not word.startswith("<")} <= TAKEN_SLUGS
    for word in sorted(TAKEN_SLUGS):
        draft = replace(topic_draft("flares-today"), title=word.capitalize())
        made = start(database, juniper.actor, draft)
        assert f"<h1>{word.capitalize()}</h1>" in client.get(f"/topics/{made}").text
