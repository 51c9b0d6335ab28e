"""The composers over HTTP, without any script: they open with what one was writing, show it, keep it, and give it back
when it is refused.
"""

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import delete, func, select, update
from werkzeug.test import TestResponse

from forum.accounts.models import SignInSession
from forum.community.models.kept_drafts import KeptDraft
from forum.community.models.threads import Audience, Post, Topic
from forum.database.session import Database
from forum.moderation.commands.threads import merge_topic
from forum.moderation.drafts import ThreadDraft
from forum.moderation.models import ReasonCode
from tests import cast
from tests.community.conftest import start, topic_draft
from tests.community.with_pictures import add, begin, photo
from tests.conftest import database_of
from tests.pages import Element, read_page

WORDS = "The stairs are hard since spring."
OUR_PAGE = {"Sec-Fetch-Site": "same-origin"}


@pytest.fixture
def database(app: Flask) -> Database:
    """The application's database."""
    return database_of(app)


@pytest.fixture
def juniper(app: Flask) -> cast.Someone:
    """A member who writes."""
    return cast.member(app, "Juniper")


@pytest.fixture
def topic_id(app: Flask, database: Database, room: str) -> int:
    """Somebody's topic for members."""
    starter = cast.member(app, "Rowan")
    return start(database, starter.actor, topic_draft(room, audience=Audience.MEMBERS))


def main_of(answer: TestResponse) -> Element:
    """Return what a page is about."""
    return read_page(answer.text).one("main")


def composer_on(answer: TestResponse) -> tuple[Element, dict[str, str]]:
    """Return a page's composer, and what a browser would send of it as it stands."""
    form = next(one for one in main_of(answer).all("form") if one.all("textarea", name="text"))
    sent = {
        one.attributes["name"]: one.attributes.get("value", "") for one in form.all("input", type="hidden")
    }
    sent |= {
        one.attributes["name"]: one.attributes.get("value", "")
        for one in form.all("input")
        if one.attributes.get("type") == "text" or "checked" in one.attributes
    }
    return form, sent | {"text": form.one("textarea", name="text").raw.removeprefix("\r\n")}


def send(client: FlaskClient, page: TestResponse, **changed: str) -> TestResponse:
    """Send a page's composer."""
    form, fields = composer_on(page)
    return client.post(form.attributes["action"], data=fields | changed, headers=OUR_PAGE)


def primary_of(answer: TestResponse) -> tuple[str, str]:
    """Return what the one button that sends says, and what it sends along."""
    form, _fields = composer_on(answer)
    (button,) = form.all("button", class_="primary")
    return button.text, button.attributes.get("value", "")


def words_in(answer: TestResponse) -> str:
    """Return what stands in the composer's field."""
    return composer_on(answer)[1]["text"]


def rows(database: Database, table: type[KeptDraft] | type[Post]) -> int:
    """Return how many there are."""
    with database.reading() as session:
        return session.execute(select(func.count()).select_from(table)).scalar_one()


def test_without_a_script_one_keeps_previews_and_sends(
    app: Flask, juniper: cast.Someone, topic_id: int, database: Database
) -> None:
    client, address = juniper.client, f"/topics/{topic_id}/reply"
    shown = send(client, client.get(address), text=f"*{WORDS}*", do="preview")
    assert shown.status_code == 200
    letter = main_of(shown).one("section", class_="letter")
    assert letter.one("em").text == WORDS
    assert (rows(database, KeptDraft), rows(database, Post)) == (0, 1)

    kept = send(client, shown, do="keep")
    assert kept.status_code == 303
    drafts = client.get(kept.location)
    (line,) = main_of(drafts).all("ol", class_="list")[0].all("li")
    assert f"*{WORDS}*" in line.text
    # Below the topic, on a page of its own, and in another browser.
    elsewhere = cast.signed_in(app, juniper.token)
    for answer in (client.get(f"/topics/{topic_id}", follow_redirects=True), elsewhere.get(address)):
        assert words_in(answer) == f"*{WORDS}*"
        assert "Here is what you were writing." in main_of(answer).text

    page = elsewhere.get(address)
    first, second = send(elsewhere, page), send(elsewhere, page)
    assert first.status_code == second.status_code == 303
    assert first.location == second.location
    assert (rows(database, KeptDraft), rows(database, Post)) == (0, 2)

    # A new text for it, and a topic, are kept in the same way, each for its own place.
    edit = f"/posts/{newest_post(database)}/edit"
    assert words_in(send(client, client.get(edit), text="Other words", do="preview")) == "Other words"
    send(client, client.get(edit), text="Other words", do="keep")
    new = "/topics/new?category=flares-today"
    fields = {"title": "Stairs", "audience": "members", "intent": "experiences"}
    send(client, client.get(new), **fields, text="A topic", do="keep")
    assert (words_in(client.get(edit)), words_in(client.get(new))) == ("Other words", "A topic")
    assert words_in(client.get("/topics/new")) == ""
    assert composer_on(client.get(new))[1].items() >= fields.items()
    assert send(client, client.get(edit)).status_code == 303
    started = send(client, client.get(new), category="flares-today")
    assert started.status_code == 303
    assert rows(database, KeptDraft) == 0


def newest_post(database: Database) -> int:
    """Return the id of the newest post."""
    with database.reading() as session:
        return session.execute(select(func.max(Post.id))).scalar_one()


def test_two_devices_do_not_write_over_each_other(
    app: Flask, juniper: cast.Someone, topic_id: int, database: Database
) -> None:
    address = f"/topics/{topic_id}/reply"
    laptop, phone = juniper.client, cast.signed_in(app, juniper.token)
    on_the_laptop, on_the_phone = laptop.get(address), phone.get(address)
    assert send(phone, on_the_phone, text="From the phone", do="keep").status_code == 303
    refused = send(laptop, on_the_laptop, text="From the laptop", do="keep")
    assert refused.status_code == 409
    assert words_in(refused) == "From the laptop"
    assert main_of(refused).one("textarea", id="elsewhere").raw.strip() == "From the phone"
    assert "Nothing was written over." in main_of(refused).text
    assert words_in(phone.get(address)) == "From the phone"
    # Whoever saw both decides.
    assert send(laptop, refused, text="From both", do="keep").status_code == 303
    assert words_in(phone.get(address)) == "From both"
    # A script is told the same.
    token = composer_on(on_the_phone)[1]["csrf_token"]
    late = {"csrf_token": token, "topic_id": str(topic_id), "text": "Late", "revision": "1"}
    answer = phone.post("/drafts/save", data=late, headers={"Accept": "application/json"})
    assert (answer.status_code, answer.mimetype) == (409, "application/problem+json")
    answer = phone.post("/drafts/save", data=late | {"revision": "2"})
    assert answer.json == {"revision": 3}


def test_the_same_form_answers_with_the_text(
    app: Flask, juniper: cast.Someone, topic_id: int, database: Database
) -> None:
    client, address = juniper.client, f"/topics/{topic_id}/reply"
    page = client.get(address)

    # The token is no good any more: a fresh one, and nothing kept of what may be a stranger's.
    expired = send(client, page, text=WORDS, csrf_token="expired")
    assert (expired.status_code, words_in(expired)) == (400, WORDS)
    assert rows(database, KeptDraft) == 0
    # From a page that isn't ours nothing is shown.
    _form, fields = composer_on(page)
    forged = client.post(address, data=fields | {"text": WORDS}, headers={"Sec-Fetch-Site": "cross-site"})
    assert forged.status_code == 303  # It has the token; without one it says nothing.
    forged = client.post(
        address, data={"text": WORDS, "csrf_token": "x"}, headers={"Sec-Fetch-Site": "cross-site"}
    )
    assert (forged.status_code, WORDS in forged.text) == (400, False)

    # A field is wrong; something may tell who they are, which is asked; the topic was closed meanwhile.
    page = client.get(address)
    too_long = send(client, page, text=WORDS * 1000)
    assert (too_long.status_code, words_in(too_long)) == (422, WORDS * 1000)
    telling = send(client, too_long, text="Call me on +49 30 1234567.")
    assert telling.status_code == 422
    found = main_of(telling).one("div", class_="notice")
    assert "+49 30 1234567" in found.text
    # It is no error: the page opens at what was found, and the button that sends is the one that sends it.
    assert "autofocus" in main_of(telling).one("div", role="group").attributes
    assert main_of(telling).all("p", class_="error") == []
    assert primary_of(telling) == ("Send it as it is", "send-anyway")
    looked_at = send(client, telling, do="preview")
    assert "+49 30 1234567" in main_of(looked_at).one("div", class_="notice").text
    assert primary_of(looked_at) == ("Send it as it is", "send-anyway")
    with database.transaction() as session:
        session.execute(update(Topic).values(locked=True))
    closed = send(client, telling, do="send-anyway")
    assert (closed.status_code, words_in(closed)) == (403, "Call me on +49 30 1234567.")
    assert "kept as a draft" in main_of(closed).text
    assert primary_of(closed) == ("Post reply", "send-anyway")
    with database.transaction() as session:
        session.execute(update(Topic).values(locked=False))
    assert words_in(client.get(address)) == "Call me on +49 30 1234567."

    # Nobody is signed in any more: the words come back, and nothing of them, or of the topic, is shown or kept.
    page = client.get(address)
    with database.transaction() as session:
        session.execute(delete(KeptDraft))
        session.execute(delete(SignInSession))
    lost = send(client, page, text=WORDS)
    assert (lost.status_code, words_in(lost)) == (401, WORDS)
    assert "not logged in any more" in main_of(lost).text
    assert "Flare number nine" not in lost.text
    assert rows(database, KeptDraft) == 0


def test_a_draft_goes_along_with_its_topic(
    app: Flask, juniper: cast.Someone, room: str, topic_id: int, database: Database
) -> None:
    starter, morgan = cast.member(app, "Ash"), cast.moderator(app, "Morgan")
    other = start(database, starter.actor, topic_draft(room))
    client, address = juniper.client, f"/topics/{topic_id}/reply"
    add(juniper, begin(juniper, address, WORDS), photo())
    begun = client.get(address)
    with database.transaction() as session:
        merge_topic(session, morgan.actor, topic_id, other, ThreadDraft(0, ReasonCode.OTHER, "Because."))
    went_on = send(client, begun, text=f"{WORDS} And more.")
    assert (went_on.status_code, words_in(went_on)) == (409, f"{WORDS} And more.")
    assert "kept as a draft" in main_of(went_on).text
    form, _fields = composer_on(went_on)
    assert form.attributes["action"] == f"/topics/{other}/reply"
    # The words and the picture are a draft of the topic that there is now, and become a reply there.
    reopened = client.get(f"/topics/{other}/reply")
    assert words_in(reopened) == f"{WORDS} And more."
    for page in (went_on, reopened):
        assert len(composer_on(page)[0].all("img")) == 1
    posted = send(client, went_on)
    assert posted.status_code == 303
    last = main_of(client.get(posted.location)).all("article")[-1]
    assert "And more." in last.text
    assert len(last.all("figure")) == 1
    assert rows(database, KeptDraft) == 0


def test_a_new_topic_comes_back_with_everything_in_it(
    juniper: cast.Someone, room: str, database: Database
) -> None:
    client = juniper.client
    fields = {
        "title": "Stairs",
        "text": WORDS,
        "category": room,
        "intent": "experiences",
        "audience": "members",
        "content_note": "surgery",
    }
    page = client.get("/topics/new")
    for refused, status in (
        (send(client, page, **fields | {"title": ""}), 422),
        (send(client, page, **fields, csrf_token="x"), 400),
    ):
        assert refused.status_code == status
        assert composer_on(refused)[1].items() >= {"text": WORDS, "intent": "experiences"}.items()
        assert main_of(refused).one("option", value=room).attributes.get("selected") is not None
    # Its title and its content note are looked at, too, for what may tell who somebody is.
    for field in ("title", "content_note"):
        telling = send(client, page, **fields | {field: "Dr Patel"})
        assert (telling.status_code, primary_of(telling)) == (422, ("Send it as it is", "send-anyway"))
    with database.transaction() as session:
        session.execute(delete(SignInSession))
    lost = send(client, page, **fields)
    assert lost.status_code == 401
    assert composer_on(lost)[1].items() >= {"text": WORDS, "title": "Stairs", "audience": "members"}.items()


def test_a_draft_is_nobody_elses(
    app: Flask, juniper: cast.Someone, topic_id: int, database: Database
) -> None:
    address = f"/topics/{topic_id}/reply"
    send(juniper.client, juniper.client.get(address), text=WORDS, do="keep")
    with database.reading() as session:
        draft_id = session.execute(select(KeptDraft.id)).scalar_one()
    for other in (cast.member(app, "Wren"), cast.moderator(app), cast.administrator(app)):
        for where in ("/drafts", address, f"/topics/{topic_id}"):
            assert WORDS not in other.client.get(where, follow_redirects=True).text
        _form, fields = composer_on(other.client.get(address))
        token = {"csrf_token": fields["csrf_token"]}
        assert other.client.post(f"/drafts/{draft_id}/discard", data=token).status_code == 404
    assert WORDS in juniper.client.get("/drafts").text


def test_three_taps_make_a_post_for_members(juniper: cast.Someone, room: str, database: Database) -> None:
    client, address = juniper.client, f"/topics/new/short?category={room}"
    page = client.get(address)
    assert "Only members can read it" in main_of(page).text
    form = main_of(page).one("form", action="/topics/new/short")
    fields = {one.attributes["name"]: one.attributes["value"] for one in form.all("input", type="hidden")}
    taps = {"today": "hard", "need": "listen", "category": room}
    assert client.post("/topics/new/short", data=fields | taps | {"need": ""}).status_code == 422
    first, second = (client.post("/topics/new/short", data=fields | taps) for _time in range(2))
    assert (first.status_code, first.location) == (303, second.location)
    with database.reading() as session:
        (topic,) = session.execute(select(Topic.title, Topic.audience, Topic.intent)).all()
    assert tuple(topic) == ("A hard day today", "members", "just-listen")
    article = main_of(client.get(first.location)).one("article")
    assert article.one("div", class_="prose").text == "Today is a hard day. I would like somebody to listen."

    # A token and a session that are no more cost no tap: the same ones are chosen, to be sent again.
    taps = {"today": "bad", "need": "company", "category": room}
    expired = client.post("/topics/new/short", data=fields | taps | {"csrf_token": "old"}, headers=OUR_PAGE)
    assert (expired.status_code, tapped_on(expired)) == (400, taps)
    assert "its form expired" in main_of(expired).text
    with database.transaction() as session:
        session.execute(delete(SignInSession))
    lost = client.post("/topics/new/short", data=fields | taps, headers=OUR_PAGE)
    assert (lost.status_code, tapped_on(lost)) == (401, taps)
    assert "You are not logged in any more." in main_of(lost).text
    assert main_of(lost).one("a", href="/log-in").text == "Log in, in another tab"


def tapped_on(answer: TestResponse) -> dict[str, str]:
    """Return what is chosen on the page of three taps."""
    form = main_of(answer).one("form", action="/topics/new/short")
    chosen = {
        one.attributes["name"]: one.attributes["value"]
        for one in form.all("input", type="radio")
        if "checked" in one.attributes
    }
    (room,) = (one for one in form.all("option") if "selected" in one.attributes)
    return chosen | {"category": room.attributes["value"]}
