"""Pictures through the front door: drawn anew, asked for with words, and seen by whoever sees the words beside them."""

import io
import re
from collections.abc import Callable
from datetime import timedelta

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import func, select, update
from werkzeug.test import TestResponse

from config import Settings
from forum.accounts.leaving import GRACE
from forum.app import LARGEST_REQUEST, LARGEST_UPLOAD
from forum.community.commands.images import refuse_picture
from forum.community.models.blocks import Block
from forum.community.models.images import Image, ImageFile
from forum.community.models.threads import Audience, Post, PostState, PostVersion, Topic
from forum.community.queries.images import draft_pictures, picture_to_show
from forum.database.page_stamps import PageStamp
from forum.database.session import Database
from forum.images.decoding import LARGEST_FILE
from forum.images.store import new_name
from forum.permissions.actor import VISITOR
from tests import cast
from tests.cast import Someone
from tests.community.conftest import start, topic_draft
from tests.community.with_pictures import (
    CAT,
    add,
    begin,
    fields_on,
    files_of,
    main_of,
    name_of,
    photo,
    post_files,
    reply_with_picture,
    send,
    tidy,
)
from tests.images import made
from tests.images.test_decoding import chunks_of
from tests.moderation.conftest import make_room
from tests.moderation.leaving import ROOM
from tests.privacy.copies import copy_of
from tests.privacy.leavers import erase, mark, press_leave
from tests.recorder import recorded

HOUR = timedelta(hours=1, minutes=1)


@pytest.fixture
def juniper(app: Flask, database: Database) -> Someone:
    """Somebody who writes."""
    make_room(database, ROOM)
    return cast.member(app, "Juniper")


@pytest.fixture
def topic(juniper: Someone) -> int:
    """A public topic of Juniper's."""
    return start(juniper.database, juniper.actor, topic_draft(ROOM))


class _Unread(io.BytesIO):
    """A body that knows whether anybody read it."""

    was_read = False

    def read(self, size: int | None = -1, /) -> bytes:
        """Read, and remember."""
        self.was_read = True
        return super().read(size)


def rows(database: Database) -> tuple[int, int]:
    """How many pictures there are, and how many files are known."""
    with database.reading() as session:
        return (
            session.scalar(select(func.count(Image.id))) or 0,
            session.scalar(select(func.count(ImageFile.name))) or 0,
        )


def gone(client: FlaskClient, name: str) -> bool:
    """Say whether a picture can't be told from one that never was, also by whoever had it before."""
    never = new_name()
    # From now on the browser has its cookie.
    client.get(f"/images/{never}")

    def said(answer: TestResponse, called: str) -> tuple[int, str, dict[str, str]]:
        headers = {
            key: value for key, value in answer.headers if key not in ("X-Request-Id", "Content-Length")
        }
        words = re.sub(r"\b[0-9a-f]{32}\b", "", answer.text).replace(called, "")
        return answer.status_code, re.sub(r'name="csrf_token" value="[^"]*"', "", words), headers

    for headers in ({}, {"If-None-Match": f'"{name}"'}, {"If-None-Match": "*"}):
        answer = client.get(f"/images/{name}", headers=headers)
        if answer.status_code != 404:
            return False
        assert said(answer, name) == said(client.get(f"/images/{never}", headers=headers), never)
    return True


@pytest.mark.proves("W8")
def test_a_picture_is_drawn_anew_and_goes_from_a_draft_to_its_post(
    app: Flask, settings: Settings, juniper: Someone, topic: int
) -> None:
    visitor, composer = app.test_client(), f"/topics/{topic}/reply"
    draft_id = begin(juniper, composer)
    assert add(juniper, draft_id, photo()).headers["Location"] == f"/drafts/{draft_id}/pictures"
    name = name_of(juniper.database, draft_id=draft_id)
    assert CAT in main_of(juniper.client.get(f"/drafts/{draft_id}/pictures")).text
    assert juniper.client.get(f"/images/{name}").status_code == 200
    assert gone(visitor, name)
    address = send(juniper, composer)
    (picture,) = main_of(visitor.get(address, follow_redirects=True)).all("img", alt=CAT)
    assert picture.attributes["src"] == f"/images/{name}"
    assert (picture.attributes["width"], picture.attributes["height"]) == ("64", "48")
    answer = visitor.get(picture.attributes["src"])
    assert (answer.status_code, answer.content_type) == (200, "image/webp")
    assert answer.headers["Cache-Control"] == "private, no-cache"
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert answer.headers["Content-Security-Policy"].startswith("default-src 'none'; ")
    assert answer.headers["Cross-Origin-Resource-Policy"] == "same-origin"
    assert set(chunks_of(answer.data)) <= {b"VP8 ", b"VP8L", b"VP8X", b"ALPH"}
    stored = (settings.data_folder / "images" / f"{name}.webp").read_bytes()
    assert stored == answer.data
    assert not any(marker in stored for marker in made.MARKERS)
    again = visitor.get(picture.attributes["src"], headers={"If-None-Match": answer.headers["ETag"]})
    assert (again.status_code, again.data, again.headers["Cache-Control"]) == (304, b"", "private, no-cache")
    assert juniper.client.get(picture.attributes["src"]).headers["Cache-Control"] == "private, no-cache"
    assert rows(juniper.database) == (1, 1)


def _set_post(state: PostState) -> Callable[[Someone, Someone, int], object]:
    def change(author: Someone, reader: Someone, post_id: int) -> None:
        with author.database.transaction() as session:
            session.execute(update(Post).where(Post.id == post_id).values(state=state))

    return change


def _delete(author: Someone, reader: Someone, post_id: int) -> None:
    address = f"/posts/{post_id}/delete"
    assert author.client.post(address, data=fields_on(author.client, address)).status_code == 303


def _narrow(audience: Audience) -> Callable[[Someone, Someone, int], object]:
    def change(author: Someone, reader: Someone, post_id: int) -> None:
        with author.database.transaction() as session:
            of_post = select(Post.topic_id).where(Post.id == post_id).scalar_subquery()
            session.execute(update(Topic).where(Topic.id == of_post).values(audience=audience))

    return change


def _block(author: Someone, reader: Someone, post_id: int) -> None:
    with author.database.transaction() as session:
        day = func.current_date()
        session.add(Block(blocker_id=author.member_id, blocked_id=reader.member_id, blocked_on=day))


@pytest.mark.proves("W8")
def test_who_may_see_it_is_asked_with_each_fetch(app: Flask, juniper: Someone, topic: int) -> None:
    marlow, cedar, visitor = cast.member(app, "Marlow"), cast.moderator(app), app.test_client()
    # What happens; then whether the author, a member, a moderator and a visitor still see it.
    changes: list[tuple[Callable[[Someone, Someone, int], object], str]] = [
        (_set_post(PostState.HIDDEN), "author moderator"),
        (_set_post(PostState.REMOVED), "author moderator"),
        (_delete, ""),
        (_block, "author moderator visitor"),
        (lambda author, _reader, _post: cast.pause(author), "author"),
        (_narrow(Audience.MEMBERS), "author member moderator"),
        (_narrow(Audience.MODERATORS_AND_AUTHOR), "author moderator"),
    ]
    for number, (change, still) in enumerate(changes):
        author = cast.member(app, f"Writer-{number}")
        own_topic = start(author.database, author.actor, topic_draft(ROOM))
        post_id = reply_with_picture(author, own_topic)
        name = name_of(author.database, post_id=post_id)
        everybody = {
            "author": author.client,
            "member": marlow.client,
            "moderator": cedar.client,
            "visitor": visitor,
        }
        assert [who for who, client in everybody.items() if gone(client, name)] == [], number
        change(author, marlow, post_id)
        seen = [who for who, client in everybody.items() if not gone(client, name)]
        assert seen == still.split(), number


@pytest.mark.proves("W8")
def test_a_draft_and_its_pictures_are_its_writers_alone(app: Flask, juniper: Someone, topic: int) -> None:
    marlow, cedar = cast.member(app, "Marlow"), cast.moderator(app)
    draft_id = begin(juniper, f"/topics/{topic}/reply")
    assert add(juniper, draft_id, photo()).status_code == 303
    name = name_of(juniper.database, draft_id=draft_id)
    for other in (marlow, cedar):
        assert gone(other.client, name)
        assert other.client.get(f"/drafts/{draft_id}/pictures").status_code == 404
        assert add(other, draft_id, photo()).status_code == 404
        token = {"csrf_token": fields_on(other.client, "/settings/reading")["csrf_token"]}
        assert other.client.post(f"/images/{name}/remove", data=token).status_code == 404
    assert rows(juniper.database) == (1, 1)
    assert gone(juniper.client, "../../secret"[:6])


@pytest.mark.proves("W8")
def test_what_is_refused_gets_its_sentence_and_leaves_nothing(
    app: Flask, settings: Settings, juniper: Someone, topic: int
) -> None:
    draft_id = begin(juniper, f"/topics/{topic}/reply")
    address = f"/drafts/{draft_id}/pictures"
    refused = [(what, content, CAT, "can't read this as a picture") for what, content in made.no_pictures()]
    refused = [one for one in refused if one[0] not in ("only a beginning", "png and nothing")]
    refused += [
        ("too large", photo() + bytes(LARGEST_FILE), CAT, "larger than 8 MB"),
        ("bomb", made.png_of_size(50_000, 50_000), CAT, "more than 20 million pixels"),
        (
            "cut off",
            made.saved(made.pixels(size=(400, 300)), "JPEG")[:-1000],
            CAT,
            "damaged, or not all of it arrived",
        ),
        ("nothing", b"", CAT, "Choose a picture first"),
        ("no words", photo(), "  ", "Say in a few words what can be seen"),
        ("many words", photo(), "w" * 501, "under 500 characters"),
    ]
    for what, content, alt, sentence in refused:
        answer = add(juniper, draft_id, content, alt, name="photo.jpg")
        assert answer.status_code == 422, what
        (error,) = main_of(answer).all("p", class_="error")
        assert sentence in error.text, what
    token = fields_on(juniper.client, address)["csrf_token"]
    for strange in (
        {"picture": "a text"},
        {"role": "administrator"},
        {"alt": [CAT, CAT]},
        {"other": (io.BytesIO(photo()), "x.jpg")},
        {"picture": [(io.BytesIO(photo()), "x.jpg"), (io.BytesIO(photo()), "y.jpg")]},
    ):
        answer = post_files(juniper.client, address, {"csrf_token": token, "alt": CAT} | strange)
        assert answer.status_code == 400, strange
    # Only there may that much be sent, not more than that; of whoever never signed in nothing of it is read.
    assert add(juniper, draft_id, bytes(LARGEST_UPLOAD)).status_code == 413
    stranger = app.test_client()
    stranger.get("/log-in")
    for client, length, read in (
        (stranger, LARGEST_REQUEST + 1, False),
        (juniper.client, LARGEST_UPLOAD, True),
    ):
        much = _Unread(bytes(length))
        client.post(address, input_stream=much, environ_overrides={"CONTENT_LENGTH": str(length)})
        assert much.was_read is read
    elsewhere = {"csrf_token": token, "picture": (io.BytesIO(bytes(1024 * 1024)), "x.jpg")}
    assert post_files(juniper.client, "/settings/reading", elsewhere).status_code == 413
    assert (rows(juniper.database), files_of(settings)) == ((0, 0), set())
    for _picture in range(4):
        assert add(juniper, draft_id, photo()).status_code == 303
    answer = add(juniper, draft_id, photo())
    assert answer.status_code == 422
    assert "at most 4 pictures" in main_of(answer).text
    assert (rows(juniper.database), len(files_of(settings))) == ((4, 4), 4)


def test_edits_keep_pictures_and_words_beside_them_do_no_harm(
    app: Flask, settings: Settings, juniper: Someone, topic: int
) -> None:
    hostile = "\"><script>alert(1)</script> [[mention 1]] <b> &amp; ' onerror=x"
    post_id = reply_with_picture(juniper, topic, alt=hostile)
    composer, visitor = f"/posts/{post_id}/edit", app.test_client()

    def shown() -> list[str]:
        page = main_of(visitor.get(f"/posts/{post_id}", follow_redirects=True))
        assert not page.all("script")
        return [one.attributes["alt"] for one in page.all("img")]

    assert shown() == [hostile]
    send(juniper, composer, text="Other words.")
    assert shown() == [hostile]
    # Another one comes with an edit, and both can be removed from there.
    draft_id = begin(juniper, composer, text="Other words, and a second picture.")
    assert add(juniper, draft_id, photo(), "A second cat").status_code == 303
    page = main_of(juniper.client.get(f"/drafts/{draft_id}/pictures"))
    assert "A second cat" in page.text
    assert hostile in page.text
    assert shown() == [hostile]
    send(juniper, composer)
    assert shown() == [hostile, "A second cat"]
    name = name_of(juniper.database, post_id=post_id)
    token = {"csrf_token": fields_on(juniper.client, "/settings/reading")["csrf_token"]}
    answer = juniper.client.post(f"/images/{name}/remove", data=token)
    assert answer.status_code == 303
    assert shown() == [hostile]
    # A picture alone changes the post as words do, and whatever remembers its page hears of it.
    before = stamp(juniper.database, topic)
    assert add(juniper, begin(juniper, composer, text="The same."), photo(), "A third").status_code == 303
    send(juniper, composer, text="Other words, and a second picture.")
    assert shown() == [hostile, "A third"]
    assert stamp(juniper.database, topic) > before
    juniper.client.post(f"/images/{name_of(juniper.database, post_id=post_id)}/remove", data=token)
    assert gone(visitor, name)
    assert gone(juniper.client, name)
    with juniper.database.reading() as session:
        assert not any("figure" in html for html in session.scalars(select(PostVersion.html)))
    tidy(app, settings, juniper.database)
    assert files_of(settings) == {name_of(juniper.database, post_id=post_id)}
    _delete(juniper, juniper, post_id)
    tidy(app, settings, juniper.database)
    assert (rows(juniper.database), files_of(settings)) == ((0, 0), set())


def stamp(database: Database, topic: int) -> int:
    """Return how often the topic's page changed."""
    with database.reading() as session:
        return session.get_one(PageStamp, f"topic:{topic}").version


def test_files_that_no_picture_has_are_removed(
    app: Flask, settings: Settings, juniper: Someone, topic: int
) -> None:
    draft_id = begin(juniper, f"/topics/{topic}/reply")
    assert add(juniper, draft_id, photo()).status_code == 303
    folder = settings.data_folder / "images"
    # Somebody is sending one at this moment, and the server ends before it is a picture.
    with juniper.database.transaction() as session:
        session.add(ImageFile(name=(stray := new_name()), image_id=None, stored_at=func.current_timestamp()))
    with juniper.database.transaction() as session:
        stored = session.scalars(select(ImageFile.stored_at).where(ImageFile.image_id.is_not(None))).one()
        session.execute(update(ImageFile).where(ImageFile.name == stray).values(stored_at=stored))
    (folder / f"{stray}.webp").write_bytes(b"pixels")
    tidy(app, settings, juniper.database)
    assert stray in files_of(settings)
    tidy(app, settings, juniper.database, HOUR)
    assert files_of(settings) == {name_of(juniper.database, draft_id=draft_id)}
    assert rows(juniper.database) == (1, 1)
    # A place that can't be reached leaves a row that is found, and the writer hears of it.
    folder.rename(folder.with_name("elsewhere"))
    folder.write_text("not a folder")
    assert add(juniper, draft_id, photo()).status_code == 503
    assert juniper.client.get(f"/images/{name_of(juniper.database, draft_id=draft_id)}").status_code == 503
    assert rows(juniper.database) == (1, 2)
    folder.unlink()
    folder.with_name("elsewhere").rename(folder)
    tidy(app, settings, juniper.database, HOUR)
    assert rows(juniper.database) == (1, 1)
    # With the draft goes its picture, at once.
    token = {"csrf_token": fields_on(juniper.client, "/settings/reading")["csrf_token"]}
    assert juniper.client.post(f"/drafts/{draft_id}/discard", data=token).status_code == 303
    tidy(app, settings, juniper.database)
    assert (rows(juniper.database), files_of(settings)) == ((0, 0), set())


@pytest.mark.proves("D6")
def test_pictures_stay_or_go_with_their_posts_when_somebody_leaves(
    app: Flask, settings: Settings, juniper: Someone, topic: int
) -> None:
    marlow = cast.member(app, "Marlow")
    kept, goes = reply_with_picture(marlow, topic), reply_with_picture(marlow, topic)
    name = name_of(marlow.database, post_id=kept)
    assert add(marlow, begin(marlow, f"/topics/{topic}/reply"), photo()).status_code == 303
    copy = copy_of(app, marlow)
    packed = [one for one in copy.namelist() if one.startswith("pictures/")]
    assert sorted(packed) == sorted(f"pictures/{one}.webp" for one in files_of(settings))
    assert copy.read(f"pictures/{name}.webp") == (settings.data_folder / f"images/{name}.webp").read_bytes()
    assert CAT in copy.read("index.html").decode()
    mark(marlow, kept)
    cast.prove(marlow)
    assert press_leave(marlow.client, posts="keep-chosen").status_code == 200
    assert gone(app.test_client(), name)
    erase(marlow.database)
    tidy(app, settings, marlow.database, GRACE + HOUR)
    assert files_of(settings) == {name}
    assert app.test_client().get(f"/images/{name}").status_code == 200
    with marlow.database.reading() as session:
        assert session.execute(select(Image.post_id, Image.member_id)).all() == [(kept, None)]
        assert session.get_one(Post, goes).html == ""


def test_queries_are_few(database: Database, juniper: Someone, topic: int) -> None:
    post_id = reply_with_picture(juniper, topic)
    draft_id = begin(juniper, f"/topics/{topic}/reply")
    name = name_of(database, post_id=post_id)
    with database.reading() as session, recorded(database) as statements:
        picture_to_show(session, VISITOR, name)
        assert len(statements) == 1
        draft_pictures(session, juniper.actor, draft_id)
        assert len(statements) == 3
        refuse_picture(session, juniper.actor, draft_id)
        assert len(statements) == 6
