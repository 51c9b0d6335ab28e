"""Who may not decide about threads, what a decision is refused for, and that the preview says what is told then."""

import re
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import text, update

from forum import clock
from forum.accounts.models import Suspension
from forum.community.commands import writing as commands
from forum.community.models.threads import Audience, PostState, Topic
from forum.database.session import Database
from tests import cast
from tests.cast import Someone
from tests.community.conftest import start, topic_draft
from tests.moderation.threads import (
    Thread,
    counted,
    decide,
    done,
    entries,
    fields_of,
    form_of,
    make_thread,
    notices,
    post_row,
    room_id,
    topic_row,
)
from tests.pages import Element, read_page

ON_TOPICS = ("lock", "unlock", "pin", "unpin", "move", "hide", "remove", "restore", "merge", "split")
ON_POSTS = ("hide", "remove", "restore")
NOWHERE = 4711


@pytest.fixture
def thread(app: Flask, database: Database) -> Thread:
    """A topic with three replies."""
    return make_thread(app, database)


def addresses(topic_id: int, post_id: int) -> list[str]:
    """Return every address at which moderators work on this topic and post."""
    return [
        f"/moderation/topics/{topic_id}",
        *(f"/moderation/topics/{topic_id}/{word}" for word in ON_TOPICS),
        *(f"/moderation/posts/{post_id}/{word}" for word in ON_POSTS),
    ]


def bare(answer: str) -> str:
    """Return a page without what differs from one request to the next, and without its own address."""
    page = re.sub(r"[0-9a-f]{32}", "", answer)
    return re.sub(r'name="csrf_token" value="[^"]*"', "", page)


def token(client: FlaskClient) -> str:
    """Return a token with which this browser may send."""
    form = read_page(client.get("/").text).one("form", action="/log-out")
    return form.one("input", name="csrf_token").attributes["value"]


@pytest.mark.parametrize("who", ["author", "member", "peer supporter", "moderator of another category"])
def test_to_whoever_may_not_nothing_of_it_is_there(app: Flask, thread: Thread, who: str) -> None:
    someone: Someone = {
        "author": lambda: thread.author,
        "member": lambda: cast.newcomer(app),
        "peer supporter": lambda: cast.peer_supporter(app),
        "moderator of another category": lambda: cast.category_moderator(
            app, room_id(thread.database, "daily-life")
        ),
    }[who]()
    before = counted(thread.database)
    sent = {"csrf_token": token(someone.client), "reason": "other", "text": "No.", "seen": "0", "step": "act"}
    for there, nowhere in zip(
        addresses(thread.id, thread.post_ids[1]), addresses(NOWHERE, NOWHERE), strict=True
    ):
        looked, missed = someone.client.get(there), someone.client.get(nowhere)
        assert (looked.status_code, missed.status_code) == (404, 404)
        assert bare(looked.text).replace(there, nowhere) == bare(missed.text)
        if there.count("/") < 4:
            continue
        word = there.rsplit("/", 1)[1]
        more = {
            "move": {"category": "daily-life"},
            "merge": {"target": "1"},
            "split": {"posts": str(thread.post_ids[1]), "title": "Cats"},
        }.get(word if "/topics/" in there else "", {})
        # A reason that fits this action, so that nothing but who they are can stand in the way.
        assert someone.client.post(there, data=sent | more).status_code == 404
    assert counted(thread.database) == before


def test_a_visitor_is_asked_to_log_in(app: Flask, thread: Thread) -> None:
    answer = cast.visitor(app).get(thread.desk)
    assert (answer.status_code, answer.headers["Location"]) == (303, f"/log-in?next={thread.desk}")


def test_a_suspended_moderator_can_do_nothing(app: Flask, thread: Thread) -> None:
    morgan = cast.moderator(app, "Morgan")
    form = form_of(morgan.client, f"{thread.desk}/hide")
    with thread.database.transaction() as session:
        session.add(Suspension(member_id=morgan.member_id, since=clock.now(), until=None))
    before = counted(thread.database)
    for address in addresses(thread.id, thread.post_ids[1]):
        assert morgan.client.get(address).status_code == 403
    sent = {**fields_of(form), "reason": "being-looked-at", "text": "", "step": "act"}
    assert morgan.client.post(f"{thread.desk}/hide", data=sent).status_code == 403
    assert counted(thread.database) == before
    assert "/moderation/topics" not in morgan.client.get(f"/topics/{thread.id}", follow_redirects=True).text


def test_staff_see_where_to_moderate_and_others_do_not(app: Flask, thread: Thread) -> None:
    here = cast.category_moderator(app, room_id(thread.database, "flares-today"))
    there = cast.category_moderator(app, room_id(thread.database, "daily-life"), "Maple")
    address = f"/topics/{thread.id}"
    assert f'href="{thread.desk}#post-2"' in here.client.get(address, follow_redirects=True).text
    assert here.client.get(thread.desk).status_code == 200
    for client in (there.client, thread.author.client, cast.visitor(app)):
        assert "/moderation/topics" not in client.get(address, follow_redirects=True).text


def test_a_topic_for_moderators_shows_who_decided_what(app: Flask, thread: Thread) -> None:
    morgan = cast.moderator(app, "Morgan")
    done(morgan.client, f"/moderation/posts/{thread.post_ids[1]}/remove", reason="off-topic")
    thread.author.client.get(f"/posts/{thread.post_ids[2]}/delete")
    with thread.database.transaction() as session:
        commands.delete_post(session, thread.author.actor, thread.post_ids[2])
    page = read_page(morgan.client.get(thread.desk).text)
    removed = page.one("article", id="post-2")
    assert "Morgan took a post down. Reason: About something else" in removed.text
    assert "I hear you." in removed.one("details").text
    assert {link.text.split(" #")[0] for link in removed.one(class_="actions").all("a")} == {
        "Bring the post back"
    }
    gone = page.one("article", id="post-3")
    assert "Its author took this post back." in gone.text
    assert not gone.all("a")
    assert "Morgan took a post down" in page.one("section", aria_labelledby="decisions-title").text


def test_words_of_a_paused_author_are_nobodys_to_read(app: Flask, thread: Thread) -> None:
    morgan = cast.moderator(app, "Morgan")
    cast.pause(thread.other)
    page = morgan.client.get(thread.desk).text
    assert "I hear you." not in page
    assert "Juniper" not in page
    assert "It is <em>bad</em> today." in page


# --- what somebody else did meanwhile --------------------------------------------------------------------


def send(client: FlaskClient, address: str, fields: dict[str, str], **more: object) -> tuple[int, str]:
    """Send a form that was opened before, and return the status and the page's sentence."""
    answer = client.post(address, data={**fields, "text": "", "step": "act", **more})
    page = read_page(answer.text)
    return answer.status_code, page.one("main").text if answer.status_code >= 400 else ""


@pytest.mark.parametrize("word", ["lock", "pin", "hide", "remove", "move", "merge", "split"])
def test_the_second_of_two_moderators_is_told_who_was_faster(app: Flask, thread: Thread, word: str) -> None:
    morgan, robin = cast.moderator(app, "Morgan"), cast.moderator(app, "Robin")
    target = start(thread.database, thread.other.actor, topic_draft("daily-life"))
    choices: dict[str, dict[str, Any]] = {
        "move": {"category": "daily-life", "reason": "wrong-place"},
        "merge": {"target": str(target), "reason": "same-subject"},
        "split": {"posts": [str(thread.post_ids[3])], "title": "Cats", "reason": "off-topic"},
        "lock": {"reason": "heated"},
        "pin": {"reason": "useful-to-many"},
    }
    more = choices.get(word, {"reason": "misinformation"})
    fields = fields_of(form_of(robin.client, f"{thread.desk}/{word}"))
    done(morgan.client, f"{thread.desk}/lock")
    before = counted(thread.database)
    status, said = send(robin.client, f"{thread.desk}/{word}", fields, **more)
    assert status == 409
    assert "Morgan was faster, and closed a topic to replies." in said
    assert counted(thread.database) == before
    # With what happened on the page, it goes well.
    if word != "lock":
        done(robin.client, f"{thread.desk}/{word}", **more)


def test_the_second_of_two_on_a_post_is_told_too(app: Flask, thread: Thread) -> None:
    morgan, robin = cast.moderator(app, "Morgan"), cast.moderator(app, "Robin")
    address = f"/moderation/posts/{thread.post_ids[1]}"
    fields = fields_of(form_of(robin.client, f"{address}/remove"))
    done(morgan.client, f"{address}/hide")
    status, said = send(robin.client, f"{address}/remove", fields, reason="spam-or-selling")
    assert (status, "Morgan was faster, and hid a post." in said) == (409, True)
    assert post_row(thread.database, thread.post_ids[1]).state is PostState.HIDDEN
    assert len(notices(thread.database)) == 1


def test_a_post_that_its_author_took_back_stays_gone(app: Flask, thread: Thread) -> None:
    morgan = cast.moderator(app, "Morgan")
    post_id = thread.post_ids[1]
    done(morgan.client, f"/moderation/posts/{post_id}/hide")
    fields = fields_of(form_of(morgan.client, f"/moderation/posts/{post_id}/restore"))
    # Its author finds it and takes it back, hidden as it is.
    page = thread.other.client.get(f"/posts/{post_id}/delete")
    assert page.status_code == 200
    taken = thread.other.client.post(
        f"/posts/{post_id}/delete", data={"csrf_token": token(thread.other.client)}
    )
    assert taken.status_code == 303
    status, said = send(morgan.client, f"/moderation/posts/{post_id}/restore", fields, reason="looked-again")
    assert (status, "Its author took this post back. Nothing was changed." in said) == (409, True)
    row = post_row(thread.database, post_id)
    assert (row.state, row.markdown) == (PostState.DELETED, "")


@pytest.mark.parametrize("word", ["hide", "remove"])
def test_a_topic_out_of_sight_can_be_taken_back_and_not_restored(
    app: Flask, thread: Thread, word: str
) -> None:
    morgan = cast.moderator(app, "Morgan")
    lonely = start(thread.database, thread.author.actor, topic_draft("flares-today"))
    done(morgan.client, f"/moderation/topics/{lonely}/{word}")
    fields = fields_of(form_of(morgan.client, f"/moderation/topics/{lonely}/restore"))
    with thread.database.transaction() as session:
        first = session.execute(text("SELECT id FROM post WHERE topic_id = :id"), {"id": lonely}).scalar_one()
        assert commands.delete_post(session, thread.author.actor, first) is None
    status, said = send(morgan.client, f"/moderation/topics/{lonely}/restore", fields, reason="looked-again")
    assert (status, "Its author took this topic back." in said) == (409, True)
    assert morgan.client.get(f"/moderation/topics/{lonely}").status_code == 404


def test_what_others_said_out_of_sight_still_is_an_answer(app: Flask, thread: Thread) -> None:
    morgan = cast.moderator(app, "Morgan")
    for post_id in (thread.post_ids[1], thread.post_ids[3]):
        done(morgan.client, f"/moderation/posts/{post_id}/remove")
    with thread.database.transaction() as session:
        commands.delete_post(session, thread.author.actor, thread.post_ids[0])
    assert topic_row(thread.database, thread.id).title == ""
    assert post_row(thread.database, thread.post_ids[1]).markdown == "I hear you."


# --- forms -----------------------------------------------------------------------------------------------


def test_the_preview_is_what_is_told(app: Flask, thread: Thread) -> None:
    morgan = cast.moderator(app, "Morgan")
    address = f"/moderation/posts/{thread.post_ids[3]}/remove"
    message = "Please ask in “Daily life”.\n\nWe are glad that you are here."
    before = counted(thread.database)
    shown = decide(morgan.client, address, "preview", reason="off-topic", text=message)
    assert shown.status_code == 200
    assert counted(thread.database) == before
    page = read_page(shown.text)
    letter = page.one(class_="letter")
    assert "1 person will read this:" in letter.text
    assert "Please ask in “Daily life”." in letter.text
    assert "My cat is ill." in letter.text
    # The form is filled in as it was, and its second step does what was shown.
    form = page.one("main").one("form", method="post")
    assert form.one("textarea", name="text").text == " ".join(message.split())
    assert "checked" in form.one("input", value="off-topic").attributes
    acted = morgan.client.post(
        address,
        data={**fields_of(form), "reason": "off-topic", "text": message, "step": "act"},
    )
    assert acted.status_code == 303
    (notice,) = notices(thread.database)
    assert (notice.message, notice.their_words) == (message, "My cat is ill.")
    assert (notice.member_id, notice.reason) == (thread.other.member_id, "off-topic")
    told = read_page(thread.other.client.get(f"/notices/{notice.id}").text).one("main").text
    for sentence in [letter.one("h2").text, *(paragraph.text for paragraph in letter.all("p")[1:])]:
        assert sentence in told, sentence


@pytest.mark.parametrize(
    ("fields", "wrong"),
    [
        ({"reason": ""}, "Choose why."),
        ({"reason": "useful-to-many"}, "Choose why."),
        ({"reason": "other"}, "Say in your own words why"),
        ({"text": "x" * 1001}, "Keep it under 1000 characters."),
    ],
)
@pytest.mark.parametrize("step", ["preview", "act"])
def test_what_is_wrong_stands_beside_the_field_and_the_words_are_kept(
    app: Flask, thread: Thread, fields: dict[str, str], wrong: str, step: str
) -> None:
    morgan = cast.moderator(app, "Morgan")
    for address in (f"{thread.desk}/hide", f"/moderation/posts/{thread.post_ids[1]}/hide"):
        answer = decide(morgan.client, address, step, **{"text": "", **fields})
        assert answer.status_code == 422
        page = read_page(answer.text)
        assert wrong in page.one("form", method="post", action=address).text
        assert page.one("textarea", name="text").text == fields.get("text", "")
    assert entries(thread.database) == []


@pytest.mark.parametrize(
    "fields",
    [{"step": "other"}, {"seen": "x"}, {"seen": "9" * 30}, {"extra": "1"}, {"reason": ["heated"] * 2}],
)
def test_what_no_page_sends_is_refused(app: Flask, thread: Thread, fields: dict[str, object]) -> None:
    morgan = cast.moderator(app, "Morgan")
    sent = {"reason": "heated", "text": "", "seen": "0", "step": "act", "csrf_token": token(morgan.client)}
    assert morgan.client.post(f"{thread.desk}/lock", data={**sent, **fields}).status_code == 400
    assert entries(thread.database) == []


@pytest.mark.parametrize(
    ("target", "wrong"),
    [
        ("", "Paste the address"),
        ("that one", "Paste the address"),
        ("999", "There is no topic with this number."),
        ("itself", "This is the same topic."),
        ("out of sight", "That topic is out of sight."),
        ("for some", "Only some may read that topic"),
    ],
)
@pytest.mark.parametrize("step", ["preview", "act"])
def test_a_topic_is_joined_only_with_one_that_is_there_for_all(
    app: Flask, thread: Thread, target: str, wrong: str, step: str
) -> None:
    morgan = cast.moderator(app, "Morgan")
    if target == "itself":
        target = str(thread.id)
    elif target == "out of sight":
        hidden = start(thread.database, thread.other.actor, topic_draft("daily-life"))
        done(morgan.client, f"/moderation/topics/{hidden}/hide")
        target = str(hidden)
    elif target == "for some":
        draft = topic_draft("daily-life", audience=Audience.MODERATORS_AND_AUTHOR)
        target = str(start(thread.database, thread.other.actor, draft))
    answer = decide(morgan.client, f"{thread.desk}/merge", step, target=target)
    assert answer.status_code == 422
    assert wrong in read_page(answer.text).one("form", method="post", action=f"{thread.desk}/merge").text
    assert topic_row(thread.database, thread.id).merged_into_id is None


def test_joining_asks_for_both_categories(app: Flask, thread: Thread) -> None:
    alder = cast.category_moderator(app, room_id(thread.database, "flares-today"))
    target = start(thread.database, thread.other.actor, topic_draft("daily-life"))
    for step in ("preview", "act"):
        answer = decide(alder.client, f"{thread.desk}/merge", step, target=str(target))
        assert answer.status_code == 403
        assert "Only a moderator of both categories can do this." in answer.text
    here = start(thread.database, thread.other.actor, topic_draft("flares-today"))
    assert done(alder.client, f"{thread.desk}/merge", target=str(here)) == f"/moderation/topics/{here}"


@pytest.mark.parametrize("word", ["merge", "split"])
def test_what_only_some_may_read_is_neither_joined_nor_taken_apart(
    app: Flask, thread: Thread, word: str
) -> None:
    morgan = cast.moderator(app, "Morgan")
    other = start(thread.database, thread.other.actor, topic_draft("daily-life"))
    with thread.database.transaction() as session:
        session.execute(
            update(Topic).where(Topic.id == thread.id).values(audience=Audience.MODERATORS_AND_AUTHOR)
        )
    answer = decide(
        morgan.client,
        f"{thread.desk}/{word}",
        **(
            {"target": str(other)} if word == "merge" else {"posts": str(thread.post_ids[1]), "title": "Cats"}
        ),
    )
    assert answer.status_code == 409
    assert "only some may read" in answer.text


@pytest.mark.parametrize(
    ("choose", "title", "wrong"),
    [
        ([], "Cats", "Choose the posts"),
        ([1], "Ca", "Give it a title"),
        ([1], "x" * 141, "Keep the title under 140 characters."),
        ([0, 1], "Cats", "The first post stays"),
    ],
)
@pytest.mark.parametrize("step", ["preview", "act"])
def test_a_split_needs_posts_and_a_title(
    app: Flask, thread: Thread, choose: list[int], title: str, wrong: str, step: str
) -> None:
    morgan = cast.moderator(app, "Morgan")
    posts = [str(thread.post_ids[number]) for number in choose]
    answer = decide(morgan.client, f"{thread.desk}/split", step, posts=posts, title=title)
    assert answer.status_code == 422
    page = read_page(answer.text).one("form", method="post", action=f"{thread.desk}/split")
    assert wrong in page.text
    assert page.one("input", name="title").attributes["value"] == title
    assert len(posts_chosen(page)) == len([number for number in choose if number])


def posts_chosen(page: Element) -> list[str]:
    """Return which boxes are ticked."""
    return [box.attributes["value"] for box in page.all("input", name="posts") if "checked" in box.attributes]


def test_posts_that_were_moved_or_taken_back_meanwhile_are_not_split(app: Flask, thread: Thread) -> None:
    morgan = cast.moderator(app, "Morgan")
    fields = fields_of(form_of(morgan.client, f"{thread.desk}/split"))
    with thread.database.transaction() as session:
        commands.delete_post(session, thread.other.actor, thread.post_ids[1])
    chosen = [str(post_id) for post_id in (thread.post_ids[1], thread.post_ids[3])]
    status, said = send(
        morgan.client, f"{thread.desk}/split", fields, posts=chosen, title="Cats and dogs", reason="off-topic"
    )
    assert (status, "in the meantime" in said) == (409, True)
    # The title is given back.
    assert "Cats and dogs" in said


def test_nobody_is_told_about_their_own_or_the_communitys(app: Flask, thread: Thread) -> None:
    morgan = cast.moderator(app, "Morgan")
    own = start(thread.database, morgan.actor, topic_draft("flares-today"))
    assert "Nobody will be told" in decide(morgan.client, f"/moderation/topics/{own}/lock", "preview").text
    done(morgan.client, f"/moderation/topics/{own}/lock")
    with thread.database.transaction() as session:
        session.execute(update(Topic).where(Topic.id == thread.id).values(author_id=None))
    done(morgan.client, f"{thread.desk}/lock")
    assert notices(thread.database) == []
    assert [entry.member_uuid for entry in entries(thread.database)] == [morgan.uuid, None]
