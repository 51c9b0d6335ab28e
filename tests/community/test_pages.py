"""The community through the front door: what a browser sends and what it gets, good and bad."""

import re
from urllib.parse import urlsplit

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import func, select, update
from werkzeug.test import TestResponse

from forum import clock
from forum.accounts.models import Member, Suspension
from forum.community.forms import LONGEST_POST
from forum.community.models.threads import Post, PostState, Topic, TopicState
from forum.database.session import Database
from forum.permissions.actor import MemberState
from tests import cast
from tests.conftest import database_of
from tests.pages import Element, read_page
from tests.recorder import recorded


def page_of(answer: TestResponse) -> Element:
    """Read an answer's page."""
    return read_page(answer.get_data(as_text=True))


def form_on(client: FlaskClient, address: str) -> dict[str, str]:
    """Return the hidden fields of the page's own form, as a browser would send them."""
    main = page_of(client.get(address)).one("main")
    forms = main.all("form")
    form = next((one for one in forms if one.all("textarea")), forms[-1])
    return {
        field.attributes["name"]: field.attributes.get("value", "")
        for field in form.all("input", type="hidden")
    }


def new_topic(client: FlaskClient, room: str, **changed: str) -> TestResponse:
    """Fill the composer and send it."""
    fields = {
        "category": room,
        "title": "First week with a trial catheter",
        "intent": "experiences",
        "content_note": "surgery",
        "audience": "public",
        "text": "What helped you **sleep**?",
    }
    return client.post("/topics/new", data=form_on(client, "/topics/new") | fields | changed)


@pytest.fixture
def juniper(app: Flask) -> cast.Someone:
    """A member who writes."""
    return cast.member(app, "Juniper")


@pytest.fixture
def topic(juniper: cast.Someone, room: str) -> str:
    """The address of a public topic of Juniper's."""
    answer = new_topic(juniper.client, room)
    assert answer.status_code == 303
    return urlsplit(answer.headers["Location"]).path


def topic_id_of(address: str) -> int:
    """Return the id in a topic's address."""
    return int(address.split("/")[2])


def counts(app: Flask) -> tuple[int, int]:
    """Return how many topics and posts are stored."""
    with database_of(app).reading() as session:
        return (
            session.scalar(select(func.count(Topic.id))) or 0,
            session.scalar(select(func.count(Post.id))) or 0,
        )


def test_a_topic_is_started_and_anyone_reads_it(client: FlaskClient, topic: str, room: str) -> None:
    assert re.fullmatch(r"/topics/\d+/first-week-with-a-trial-catheter", topic)
    page = page_of(client.get(topic))
    assert page.one("h1").text == "First week with a trial catheter"
    assert page.one("article", id="post-1").one("strong").text == "sleep"
    listed = page_of(client.get(f"/categories/{room}"))
    assert listed.one("li", class_="topic").one("h2").text == page.one("h1").text


@pytest.mark.parametrize("address", ["topic", "category"])
def test_a_visitors_page_takes_few_statements_and_sets_no_cookie(
    app: Flask, client: FlaskClient, topic: str, room: str, address: str
) -> None:
    with recorded(database_of(app)) as statements:
        answer = client.get(topic if address == "topic" else f"/categories/{room}")
    assert answer.status_code == 200
    assert "Set-Cookie" not in answer.headers
    assert len(statements) <= 4


def test_a_members_topic_page_takes_at_most_six_statements(
    app: Flask, juniper: cast.Someone, topic: str
) -> None:
    with recorded(database_of(app)) as statements:
        answer = juniper.client.get(topic)
    assert answer.headers["Cache-Control"] == "private, no-store"
    assert len(statements) <= 6


def test_a_reply_lands_at_its_own_anchor(app: Flask, client: FlaskClient, topic: str) -> None:
    marlow = cast.member(app, "Marlow")
    fields = form_on(marlow.client, topic) | {"text": "I slept half sitting."}
    answer = marlow.client.post(f"/topics/{topic_id_of(topic)}/reply", data=fields)
    assert answer.status_code == 303
    assert answer.headers["Location"] == f"{topic}#post-2"
    again = marlow.client.post(f"/topics/{topic_id_of(topic)}/reply", data=fields)
    assert again.headers["Location"] == f"{topic}#post-2"
    assert counts(app) == (1, 2)
    page = page_of(client.get(topic))
    assert page.one("article", id="post-2").one("h2").text == "Marlow"


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("", "Write a few words first."),
        (" \n\t \u200b\u202e ", "Write a few words first."),
        ("x" * (LONGEST_POST + 1), "longer than"),
    ],
    ids=["empty", "invisible", "too long"],
)
def test_a_reply_that_can_not_be_taken_comes_back_with_its_text(
    app: Flask, juniper: cast.Someone, topic: str, text: str, sentence: str
) -> None:
    fields = form_on(juniper.client, topic) | {"text": text}
    answer = juniper.client.post(f"/topics/{topic_id_of(topic)}/reply", data=fields)
    assert answer.status_code == 422
    page = page_of(answer)
    assert sentence in page.one("p", class_="error").text
    assert page.one("textarea").raw.strip() == text.replace("\u202e", "").strip()
    assert counts(app) == (1, 1)


@pytest.mark.parametrize(
    ("changed", "field"),
    [
        ({"title": ""}, "title"),
        ({"title": "x" * 141}, "title"),
        ({"text": ""}, "text"),
        ({"category": ""}, "category"),
        ({"category": "nowhere"}, "category"),
        ({"intent": ""}, "intent"),
        ({"intent": "to-sell"}, "intent"),
        ({"audience": ""}, "audience"),
        ({"audience": "same-condition"}, "audience"),
        ({"content_note": "x" * 61}, "content_note"),
    ],
    ids=str,
)
def test_the_composer_says_what_is_wrong_beside_the_field_and_keeps_the_rest(
    app: Flask, juniper: cast.Someone, room: str, changed: dict[str, str], field: str
) -> None:
    answer = new_topic(juniper.client, room, **changed)
    assert answer.status_code == 422
    page = page_of(answer)
    assert [
        link.attributes["href"] for link in page.one("div", aria_labelledby="what-went-wrong").all("a")
    ] == [f"#{field}"]
    assert page.all(id=field)
    if field != "text":
        assert "What helped you **sleep**?" in page.one("textarea").raw
    if field != "title":
        assert page.one("input", id="title").attributes["value"] == "First week with a trial catheter"
    assert counts(app) == (0, 0)


@pytest.mark.parametrize(
    "changed",
    [{"pinned": "1"}, {"author_id": "1"}, {"submission_key": ""}, {"submission_key": "<script>" * 4}],
    ids=str,
)
@pytest.mark.proves("W5")
def test_fields_nobody_offered_are_refused(
    app: Flask, juniper: cast.Someone, room: str, changed: dict[str, str]
) -> None:
    answer = new_topic(juniper.client, room, **changed)
    assert answer.status_code == 400
    assert counts(app) == (0, 0)
    # What was typed is there to copy.
    assert "What helped you" in answer.get_data(as_text=True)


HOSTILE = [
    "<script>alert(1)</script>",
    "<img src=x onerror=alert(1)>",
    "[x](javascript:alert(1))",
    "![x](https://elsewhere.invalid/x.png)",
    "{{ 7 * 7 }}{% raw %}",
    "'; DROP TABLE post; --",
    "\x00\x1b[31m",
    "<!--",
    "</textarea><script>alert(1)</script>",
]


@pytest.mark.parametrize("text", HOSTILE)
def test_hostile_words_are_only_words(
    app: Flask, client: FlaskClient, juniper: cast.Someone, room: str, text: str
) -> None:
    answer = new_topic(juniper.client, room, text=f"Before {text} after", title=f"On {text}")
    assert answer.status_code == 303, answer.get_data(as_text=True)
    address = urlsplit(answer.headers["Location"]).path
    page = page_of(client.get(address))
    body = page.one("article", id="post-1").one("div", class_="prose")
    assert "Before" in body.text
    assert not [element.tag for element in body.all() if element.tag not in ("p", "br", "a")]
    assert all(link.attributes.get("href", "").startswith("http") for link in body.all("a"))
    # Files of ours, and data for search engines, which no browser runs.
    for script in page.all("script"):
        assert script.attributes.get("src") or script.attributes.get("type") == "application/ld+json"
    edit = page_of(juniper.client.get(f"/posts/{counts(app)[1]}/edit"))
    assert edit.one("textarea").raw.strip().startswith("Before")


@pytest.mark.proves("D5")
def test_a_post_is_edited_by_its_author_alone(app: Flask, client: FlaskClient, topic: str) -> None:
    marlow = cast.member(app, "Marlow")
    assert marlow.client.get("/posts/1/edit").status_code == 403
    token = form_on(marlow.client, topic)["csrf_token"]
    refused = marlow.client.post("/posts/1/edit", data={"csrf_token": token, "text": "Mine now."})
    assert refused.status_code == 403
    assert "Only the person who wrote this" in refused.get_data(as_text=True)
    assert "What helped you" in client.get(topic).get_data(as_text=True)


@pytest.mark.proves("D5")
def test_editing_shows_the_new_text_and_says_so(
    client: FlaskClient, juniper: cast.Someone, topic: str
) -> None:
    fields = form_on(juniper.client, "/posts/1/edit") | {"text": "What helped you rest?"}
    answer = juniper.client.post("/posts/1/edit", data=fields)
    assert (answer.status_code, answer.headers["Location"]) == (303, f"{topic}#post-1")
    post = page_of(client.get(topic)).one("article", id="post-1")
    assert "What helped you rest?" in post.text
    assert "edited" in post.one("header").text


def test_taking_back_asks_first_and_then_leaves_nothing(
    app: Flask, client: FlaskClient, juniper: cast.Someone, topic: str, room: str
) -> None:
    question = juniper.client.get("/posts/1/delete")
    assert "be undone" in question.get_data(as_text=True)
    assert client.get(topic).status_code == 200
    answer = juniper.client.post("/posts/1/delete", data=form_on(juniper.client, "/posts/1/delete"))
    assert (answer.status_code, answer.headers["Location"]) == (303, "/categories")
    for address in (topic, "/posts/1", f"/topics/{topic_id_of(topic)}"):
        assert client.get(address).status_code == 404
    assert "trial catheter" not in client.get(f"/categories/{room}").get_data(as_text=True)


def test_gone_hidden_and_never_written_are_one_and_the_same(
    app: Flask, client: FlaskClient, database: Database, juniper: cast.Someone, topic: str
) -> None:
    for _ in range(2):
        fields = form_on(juniper.client, topic) | {"text": "More."}
        juniper.client.post(f"/topics/{topic_id_of(topic)}/reply", data=fields)
    with database.transaction() as session:
        session.execute(update(Post).where(Post.number == 2).values(state=PostState.HIDDEN))
        session.execute(update(Post).where(Post.number == 3).values(state=PostState.DELETED))
    page = page_of(client.get(topic))
    lines = [page.one("article", id=f"post-{n}").text.split(" ", 1)[1] for n in (2, 3)]
    assert lines[0] == lines[1]
    answers = {
        re.sub(r"[0-9a-f]{32}", "ID", client.get(f"/posts/{n}").get_data(as_text=True)) for n in (2, 3, 99)
    }
    assert len({re.sub(r"%2Fposts%2F\d+|/posts/\d+", "HERE", answer) for answer in answers}) == 1


def test_a_permalink_leads_to_the_page_the_post_stands_on(
    client: FlaskClient, juniper: cast.Someone, topic: str
) -> None:
    places = []
    for _ in range(21):
        fields = form_on(juniper.client, topic) | {"text": "More."}
        answer = juniper.client.post(f"/topics/{topic_id_of(topic)}/reply", data=fields)
        places.append(answer.headers["Location"])
    assert places[-2:] == [f"{topic}?page=2#post-21", f"{topic}?page=2#post-22"]
    assert client.get("/posts/22").headers["Location"] == f"{topic}?page=2#post-22"
    assert client.get(f"{topic}?page=3").status_code == 404


@pytest.mark.parametrize("page", ["0", "-1", "x", "1e9", "9" * 400, "٣", " 1"])
def test_odd_page_numbers_are_not_found(client: FlaskClient, topic: str, page: str) -> None:
    assert client.get(topic, query_string={"page": page}).status_code == 404


def test_an_old_slug_leads_to_the_topics_own_address(client: FlaskClient, topic: str) -> None:
    number = topic_id_of(topic)
    for address in (f"/topics/{number}", f"/topics/{number}/something-else"):
        answer = client.get(address)
        assert (answer.status_code, answer.headers["Location"]) == (303, topic)


@pytest.mark.parametrize("query", ["sort=loud", "older=%00", "newer=" + "A" * 5000, "older=x&newer=x"])
def test_odd_list_addresses_are_malformed(client: FlaskClient, room: str, query: str) -> None:
    assert client.get(f"/categories/{room}?{query}").status_code == 400


@pytest.mark.parametrize("audience", ["members", "public-unlisted", "moderators-and-author"])
@pytest.mark.proves("W19")
def test_what_is_not_for_search_engines_has_no_words_in_its_address(
    client: FlaskClient, juniper: cast.Someone, room: str, audience: str
) -> None:
    answer = new_topic(juniper.client, room, audience=audience)
    address = urlsplit(answer.headers["Location"]).path
    assert re.fullmatch(r"/topics/\d+", address)
    assert 'content="noindex"' in juniper.client.get(address).get_data(as_text=True)
    expected = 200 if audience == "public-unlisted" else 404
    assert client.get(address).status_code == expected


@pytest.mark.parametrize("address", ["/topics/new", "/topics/1/reply", "/posts/1/edit", "/posts/1/delete"])
def test_a_visitor_is_sent_to_log_in_and_back(client: FlaskClient, topic: str, address: str) -> None:
    answer = client.get(address)
    assert (answer.status_code, answer.headers["Location"]) == (303, f"/log-in?next={address}")


@pytest.mark.parametrize("make", [cast.suspended, cast.consent_withdrawn], ids=["suspended", "withdrawn"])
def test_who_may_not_write_reads_why(app: Flask, topic: str, make: object) -> None:
    assert callable(make)
    someone: cast.Someone = make(app)
    page = page_of(someone.client.get(topic))
    assert "read but not write" in page.one("div", class_="notice").text
    assert not page.one("main").all("textarea")
    assert someone.client.get("/topics/new").status_code == 403


def test_suspension_is_felt_on_the_next_request(
    app: Flask, database: Database, juniper: cast.Someone, topic: str
) -> None:
    fields = form_on(juniper.client, topic) | {"text": "One more thing."}
    with database.transaction() as session:
        session.add(Suspension(member_id=juniper.member_id, since=clock.now(), until=None))
    answer = juniper.client.post(f"/topics/{topic_id_of(topic)}/reply", data=fields)
    assert answer.status_code == 403
    assert "One more thing." in answer.get_data(as_text=True)
    assert counts(app) == (1, 1)


def become(someone: cast.Someone, state: MemberState) -> None:
    """Change how things stand with a membership."""
    with someone.database.transaction() as session:
        session.execute(update(Member).where(Member.id == someone.member_id).values(state=state))


@pytest.mark.parametrize("state", [MemberState.PAUSED, MemberState.LEAVING])
def test_a_starter_out_of_sight_is_named_by_no_address_or_list(
    app: Flask, client: FlaskClient, juniper: cast.Someone, topic: str, room: str, state: MemberState
) -> None:
    marlow = cast.member(app, "Marlow")
    fields = form_on(marlow.client, topic) | {"text": "I slept half sitting."}
    marlow.client.post(f"/topics/{topic_id_of(topic)}/reply", data=fields)
    with juniper.database.reading() as session:
        answered = session.scalars(select(Post.id).where(Post.number == 2)).one()
    pages = [f"/posts/{answered}/edit", f"/posts/{answered}/delete", f"/categories/{room}", topic, "/"]
    assert client.get(f"/posts/{answered}").headers["Location"] == f"{topic}#post-2"
    assert all("trial catheter" in marlow.client.get(page).text for page in pages)
    become(juniper, state)
    bare = f"/topics/{topic_id_of(topic)}"
    assert client.get(f"/posts/{answered}").headers["Location"] == f"{bare}#post-2"
    assert client.get(topic).headers["Location"] == bare
    for page in pages:
        for browser in (client, marlow.client, juniper.client):
            told = browser.get(page, follow_redirects=True).text.lower()
            assert "trial catheter" not in told
            assert "trial-catheter" not in told
            assert "surgery" not in told
    edited = marlow.client.post(
        f"/posts/{answered}/edit",
        data=form_on(marlow.client, f"/posts/{answered}/edit") | {"text": "Upright."},
    )
    assert edited.headers["Location"] == f"{bare}#post-2"


@pytest.mark.parametrize("state", [MemberState.PAUSED, MemberState.LEAVING, None])
def test_whoever_may_not_write_can_still_take_back_their_words(
    app: Flask, client: FlaskClient, topic: str, state: MemberState | None
) -> None:
    marlow, bramble = cast.member(app, "Marlow"), cast.member(app, "Bramble")
    fields = form_on(marlow.client, topic) | {"text": "I slept half sitting."}
    marlow.client.post(f"/topics/{topic_id_of(topic)}/reply", data=fields)
    with marlow.database.reading() as session:
        post_id = session.scalars(select(Post.id).where(Post.number == 2)).one()
    if state is None:
        with marlow.database.transaction() as session:
            session.add(Suspension(member_id=marlow.member_id, since=clock.now(), until=None))
    else:
        become(marlow, state)
    ways = [link.attributes["href"] for link in page_of(marlow.client.get(topic)).one("main").all("a")]
    assert f"/posts/{post_id}/delete" in ways
    assert f"/posts/{post_id}/edit" not in ways
    others = [link.attributes["href"] for link in page_of(bramble.client.get(topic)).one("main").all("a")]
    assert f"/posts/{post_id}/delete" not in others
    address = f"/posts/{post_id}/delete"
    main = page_of(marlow.client.get(address)).one("main")
    assert "I slept half sitting." in main.one("blockquote").text
    assert "trial catheter" in main.text
    assert bramble.client.get(address).status_code == (403 if state is None else 404)
    answer = marlow.client.post(address, data=form_on(marlow.client, address))
    assert (answer.status_code, answer.headers["Location"]) == (303, f"/topics/{topic_id_of(topic)}")
    with marlow.database.reading() as session:
        post = session.get_one(Post, post_id)
    assert (post.state, post.markdown) == (PostState.DELETED, "")
    assert marlow.client.get(address).status_code == 404
    ways = [link.attributes["href"] for link in page_of(marlow.client.get(topic)).one("main").all("a")]
    assert address not in ways


def test_words_in_a_hidden_topic_are_taken_back_without_an_address_that_fails(
    app: Flask, juniper: cast.Someone, topic: str
) -> None:
    with juniper.database.transaction() as session:
        session.execute(update(Topic).values(state=TopicState.HIDDEN))
    with juniper.database.reading() as session:
        post_id = session.scalars(select(Post.id)).one()
    address = f"/posts/{post_id}/delete"
    assert cast.member(app, "Marlow").client.get(address).status_code == 404
    main = page_of(juniper.client.get(address)).one("main")
    assert "What helped you" in main.one("blockquote").text
    ways = {link.attributes["href"] for link in main.all("a")}
    assert ways == {"/categories"}
    answer = juniper.client.post(address, data=form_on(juniper.client, address))
    assert (answer.status_code, answer.headers["Location"]) == (303, "/categories")
    with juniper.database.reading() as session:
        assert session.get_one(Post, post_id).markdown == ""
        assert session.scalars(select(Topic.title)).one() == ""
