"""What all decisions have in common: a reason that says why, a preview that keeps its word, and the way back."""

from typing import Any

import pytest
from flask import Flask

from forum.database.session import Database
from forum.errors import Malformed
from forum.moderation.commands import threads as commands
from forum.moderation.drafts import SplitDraft, ThreadDraft
from forum.moderation.models import ReasonCode
from forum.permissions.actions import Action
from tests import cast
from tests.cast import Someone
from tests.community.conftest import reply, start, topic_draft
from tests.moderation.threads import (
    REASONS,
    Thread,
    counted,
    decide,
    done,
    fields_of,
    form_of,
    make_thread,
    notices,
    post_row,
    posts_of,
    topic_row,
)
from tests.moderation.working import close, page, press, report, take
from tests.pages import Element, read_page


@pytest.fixture
def thread(app: Flask, database: Database) -> Thread:
    """A topic with three replies."""
    return make_thread(app, database)


# --- reasons ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize("word", ["suspend", "lift", "clear-profile", "turn-away"])
@pytest.mark.parametrize("step", ["preview", "act"])
def test_something_else_needs_own_words_about_members_too(
    app: Flask, database: Database, cedar: Someone, word: str, step: str
) -> None:
    cast.member(app, "Bramble")
    address = f"/moderation/members/Bramble/{word}"
    length = {"length": "7"} if word == "suspend" else {}
    answer = press(cedar.client, address, address, reason="other", text=" ", step=step, **length)
    assert answer.status_code == 422
    assert "Say in your own words why: nothing else tells them." in answer.text
    assert notices(database) == []


MISFITS = [
    (Action.TOPIC_PIN, ReasonCode.DRUG_SOURCING),
    (Action.TOPIC_MOVE, ReasonCode.HEATED),
    (Action.TOPIC_MERGE, ReasonCode.HEATED),
    (Action.TOPIC_SPLIT, ReasonCode.WRONG_PLACE),
    (Action.POST_REMOVE, ReasonCode.USEFUL_TO_MANY),
    # What decides about something else.
    (Action.POST_HIDE, ReasonCode.OTHER),
    (Action.TOPIC_HIDE, ReasonCode.OTHER),
    (Action.MEMBER_SUSPEND, ReasonCode.OTHER),
]


@pytest.mark.parametrize(("action", "reason"), MISFITS)
def test_commands_refuse_what_does_not_fit_before_they_change_anything(
    app: Flask, thread: Thread, action: Action, reason: ReasonCode
) -> None:
    actor = cast.moderator(app, "Morgan").actor
    target = start(thread.database, thread.other.actor, topic_draft("daily-life"))
    draft, post_id = ThreadDraft(0, reason, "Because."), thread.post_ids[1]
    before = counted(thread.database)
    with thread.database.transaction() as session, pytest.raises(Malformed):
        match action:
            case Action.TOPIC_MOVE:
                commands.move_topic(session, actor, thread.id, "daily-life", draft)
            case Action.TOPIC_MERGE:
                commands.merge_topic(session, actor, thread.id, target, draft)
            case Action.TOPIC_SPLIT:
                commands.split_topic(session, actor, thread.id, SplitDraft((post_id,), "Cats"), draft)
            case Action.POST_REMOVE | Action.TOPIC_HIDE:
                commands.decide_on_post(session, actor, post_id, action, draft)
            case _:
                commands.decide_on_topic(session, actor, thread.id, action, draft)
    assert counted(thread.database) == before


# --- previews --------------------------------------------------------------------------------------------


@pytest.mark.parametrize("word", ["topics/lock", "topics/move", "topics/merge", "topics/split", "posts/hide"])
def test_a_preview_after_a_faster_moderator_says_so(app: Flask, thread: Thread, word: str) -> None:
    morgan, robin = cast.moderator(app, "Morgan"), cast.moderator(app, "Robin")
    kind, verb = word.split("/")
    subject = thread.id if kind == "topics" else thread.post_ids[1]
    address = f"/moderation/{kind}/{subject}/{verb}"
    target = start(thread.database, thread.other.actor, topic_draft("daily-life"))
    choices: dict[str, dict[str, Any]] = {
        "move": {"category": "daily-life"},
        "merge": {"target": str(target)},
        "split": {"posts": [str(thread.post_ids[3])], "title": "Cats"},
    }
    sent = {**fields_of(form_of(morgan.client, address)), "reason": REASONS[verb], "text": ""}
    sent |= choices.get(verb, {})
    if kind == "topics":
        done(robin.client, f"{thread.desk}/pin")
    else:
        # Hidden and back again: the state is as before, and yet something was decided.
        done(robin.client, address)
        done(robin.client, f"/moderation/posts/{subject}/restore")
    for step in ("preview", "act"):
        answer = morgan.client.post(address, data={**sent, "step": step})
        assert (answer.status_code, "Robin was faster" in answer.text) == (409, True)


def test_the_preview_of_a_move_names_where_it_goes(app: Flask, thread: Thread) -> None:
    morgan = cast.moderator(app, "Morgan")
    shown = decide(morgan.client, f"{thread.desk}/move", "preview", category="daily-life")
    assert "It goes to “Daily life”." in shown.text
    assert decide(morgan.client, f"{thread.desk}/move", "preview", category="nowhere").status_code == 422


# --- choosing posts --------------------------------------------------------------------------------------


def boxes(form: Element, name: str = "posts") -> dict[str, bool]:
    """Return the posts one can choose, and whether each is ticked."""
    return {box.attributes["value"]: "checked" in box.attributes for box in form.all("input", name=name)}


def test_posts_of_two_reading_pages_are_split_off_at_once(app: Flask, thread: Thread) -> None:
    morgan = cast.moderator(app, "Morgan")
    for _each in range(20):
        reply(thread.database, thread.other.actor, thread.id, "Word " * 100)
    posts = posts_of(thread.database, thread.id)
    address = f"{thread.desk}/split"
    form = form_of(morgan.client, address)
    assert list(boxes(form)) == [str(one) for one in posts[1:]]
    assert max(len(hint.text) for hint in form.all("span", class_="hint")) <= 200
    chosen = [str(posts[2]), str(posts[22])]
    shown = decide(morgan.client, address, "preview", posts=chosen, title="Two of them")
    ticked = boxes(read_page(shown.text).one("main").one("form", method="post"))
    assert [number for number, is_ticked in ticked.items() if is_ticked] == chosen
    new = int(done(morgan.client, address, posts=chosen, title="Two of them").rsplit("/", 1)[1])
    assert posts_of(thread.database, new) == (posts[2], posts[22])
    assert morgan.client.get(f"{address}?page=2").status_code == 404


def test_where_nothing_can_be_split_there_is_the_way_back_alone(app: Flask, thread: Thread) -> None:
    morgan = cast.moderator(app, "Morgan")
    alone = start(thread.database, thread.author.actor, topic_draft("flares-today"))
    main = page(morgan.client, f"/moderation/topics/{alone}/split")
    assert "There is no post here that can be split off." in main.text
    assert main.all("form") == []
    assert f"/moderation/topics/{alone}" in {
        link.attributes["href"] for link in main.all("a", class_="button")
    }


# --- back to the case ------------------------------------------------------------------------------------


def test_whoever_acts_on_a_case_comes_back_to_it(app: Flask, thread: Thread, cedar: Someone) -> None:
    told = report(thread.database, thread.post_ids[1])
    case = f"/moderation/reports/{told}"
    take(cedar.client, told)
    main = page(cedar.client, case)
    assert "Afterwards you come back here." in main.text
    links = {link.text: link.attributes["href"] for link in main.all("a")}
    for words in ("Hide the post", "Close the topic to replies"):
        address = links[words]
        asking = page(cedar.client, address)
        assert case in {link.attributes["href"] for link in asking.all("a", class_="button")}
        # It is still known after a preview.
        word = address.split("?")[0].rsplit("/", 1)[1]
        form = asking.one("form", method="post")
        sent = {**fields_of(form), "reason": REASONS[word], "text": ""}
        shown = cedar.client.post(form.attributes["action"], data={**sent, "step": "preview"})
        again = read_page(shown.text).one("main").one("form", method="post").attributes["action"]
        acted = cedar.client.post(again, data={**sent, "step": "act"})
        assert (acted.status_code, acted.headers["Location"]) == (303, case)
    assert post_row(thread.database, thread.post_ids[1]).state.value == "hidden"
    assert topic_row(thread.database, thread.id).locked
    assert close(cedar.client, told) == 303


@pytest.mark.parametrize("typed", ["x", "-1", "1/../../log", "//elsewhere", "²", "9" * 30, ""])
def test_what_is_no_number_of_a_case_leads_nowhere(
    app: Flask, thread: Thread, cedar: Someone, typed: str
) -> None:
    address = f"/moderation/topics/{thread.id}/lock?report={typed}"
    assert form_of(cedar.client, address).attributes["action"] == f"{thread.desk}/lock"
    fields = {**fields_of(form_of(cedar.client, address)), "reason": "heated", "text": "", "step": "act"}
    assert cedar.client.post(address, data=fields).headers["Location"] == thread.desk


def test_a_case_that_is_not_there_says_so_itself(app: Flask, thread: Thread, cedar: Someone) -> None:
    back = done(cedar.client, f"{thread.desk}/lock?report=999999")
    assert back == "/moderation/reports/999999"
    assert cedar.client.get(back).status_code == 404
