"""Joining topics and splitting posts off, through the pages: where everything stands then, and who is told."""

import pytest
from flask import Flask
from sqlalchemy import select

from forum.community.commands.categories import set_audiences
from forum.community.models.threads import Audience, Post, PostState, Topic, TopicState
from forum.database.session import Database
from forum.permissions.actor import OPERATOR
from forum.treatments.models import Treatment
from tests import cast
from tests.community.conftest import new_key, reply, start, topic_draft
from tests.moderation.test_threads_refused import token
from tests.moderation.threads import (
    Thread,
    decide,
    done,
    entries,
    fields_of,
    form_of,
    make_thread,
    notices,
    post_row,
    posts_of,
    topic_row,
)
from tests.pages import read_page
from tests.recorder import recorded


@pytest.fixture
def thread(app: Flask, database: Database) -> Thread:
    """A topic with three replies."""
    return make_thread(app, database)


@pytest.fixture
def target(thread: Thread) -> int:
    """Juniper's topic in another room, with one reply of Rowan's."""
    topic_id = start(thread.database, thread.other.actor, topic_draft("daily-life", "Cats and flares."))
    reply(thread.database, thread.author.actor, topic_id, "Cats help.")
    return topic_id


def test_a_joined_topic_stands_at_the_end_of_the_other_and_leads_there(
    app: Flask, thread: Thread, target: int
) -> None:
    morgan, visitor = cast.moderator(app, "Morgan"), cast.visitor(app)
    old = visitor.get(f"/topics/{thread.id}").headers["Location"]
    new = visitor.get(f"/topics/{target}").headers["Location"]
    # The address of its page, as one copies it.
    pasted = f"http://localhost{new}?page=1#post-2"
    shown = decide(morgan.client, f"{thread.desk}/merge", "preview", target=pasted)
    assert "They go to the end of “Flare number nine”." in shown.text
    assert done(morgan.client, f"{thread.desk}/merge", target=pasted) == f"/moderation/topics/{target}"
    assert posts_of(thread.database, target)[2:] == thread.post_ids
    assert [post_row(thread.database, post_id).number for post_id in thread.post_ids] == [3, 4, 5, 6]
    for address in (old, f"/topics/{thread.id}", f"/topics/{thread.id}?page=7"):
        answer = visitor.get(address)
        assert (answer.status_code, answer.headers["Location"]) == (303, f"{new}#post-3")
    for number, post_id in enumerate(thread.post_ids, 3):
        assert visitor.get(f"/posts/{post_id}").headers["Location"] == f"{new}#post-{number}"
    into = topic_row(thread.database, target)
    assert (into.last_number, into.reply_count) == (6, 5)
    assert into.last_activity_at == post_row(thread.database, posts_of(thread.database, target)[1]).written_at
    gone = topic_row(thread.database, thread.id)
    assert (gone.state, gone.merged_into_id, gone.title) == (TopicState.MERGED, target, "")
    assert "Flare number nine" not in visitor.get("/categories/flares-today").text
    # Whose they are is asked anew: Juniper began this topic, Rowan did not.
    assert [post_row(thread.database, post_id).by_topic_author for post_id in thread.post_ids] == [
        False,
        True,
        False,
        True,
    ]
    (entry,) = entries(thread.database)
    assert (entry.topic_id, entry.facts["into_topic"]) == (thread.id, target)
    (notice,) = notices(thread.database)
    assert (notice.member_id, notice.their_words) == (thread.author.member_id, "Flare number nine")
    assert "joined two topics" in morgan.client.get(f"/moderation/topics/{target}").text
    assert morgan.client.get(thread.desk).status_code == 404


def test_joining_again_leads_on(app: Flask, thread: Thread, target: int) -> None:
    morgan, visitor = cast.moderator(app, "Morgan"), cast.visitor(app)
    last = start(thread.database, thread.author.actor, topic_draft("daily-life", "One more."))
    done(morgan.client, f"{thread.desk}/merge", target=str(target))
    done(morgan.client, f"/moderation/topics/{target}/merge", target=str(last))
    assert topic_row(thread.database, thread.id).merged_into_id == last
    new = visitor.get(f"/topics/{last}").headers["Location"]
    assert visitor.get(f"/topics/{target}").headers["Location"] == f"{new}#post-2"
    assert visitor.get(f"/topics/{thread.id}").headers["Location"] == f"{new}#post-4"
    fields = {"reason": "same-subject", "text": "", "seen": "0", "step": "act"}
    fields["csrf_token"] = token(morgan.client)
    for topic_id in (thread.id, target):
        address = f"/moderation/topics/{topic_id}/merge"
        answer = morgan.client.post(address, data={**fields, "target": str(last)})
        assert answer.status_code == 409
        assert "Another moderator joined this topic" in answer.text
    # And nothing can be joined with what is no more.
    answer = decide(morgan.client, f"/moderation/topics/{last}/merge", target=str(thread.id))
    assert answer.status_code == 422


def test_the_narrower_audience_holds(app: Flask, thread: Thread) -> None:
    morgan, visitor = cast.moderator(app, "Morgan"), cast.visitor(app)
    members = start(thread.database, thread.other.actor, topic_draft("daily-life", audience=Audience.MEMBERS))
    done(morgan.client, f"{thread.desk}/merge", target=str(members))
    assert topic_row(thread.database, members).audience is Audience.MEMBERS
    assert visitor.get(f"/topics/{thread.id}").status_code == 404
    assert visitor.get(f"/posts/{thread.post_ids[0]}").status_code == 404
    assert thread.author.client.get(f"/topics/{thread.id}").headers["Location"] == f"/topics/{members}#post-2"
    public = start(thread.database, thread.author.actor, topic_draft("daily-life"))
    done(morgan.client, f"/moderation/topics/{members}/merge", target=str(public))
    assert topic_row(thread.database, public).audience is Audience.MEMBERS
    assert visitor.get(f"/topics/{public}").status_code == 404


def test_joining_goes_around_no_limit_of_the_category(app: Flask, thread: Thread, target: int) -> None:
    """Also where the topic that stands there began before the limit; moving there narrows as much."""
    morgan, visitor = cast.moderator(app, "Morgan"), cast.visitor(app)
    with thread.database.transaction() as session:
        set_audiences(session, OPERATOR, "daily-life", None, Audience.MEMBERS)
    shown = decide(morgan.client, f"{thread.desk}/merge", "preview", target=str(target)).text
    assert "Where that topic stands, so many readers are not allowed." in shown
    assert "“Flare number nine” can then be read by members only. This can&#39;t be undone." in shown
    done(morgan.client, f"{thread.desk}/merge", target=str(target))
    assert topic_row(thread.database, target).audience is Audience.MEMBERS
    assert visitor.get(f"/topics/{target}").status_code == 404
    assert visitor.get(f"/posts/{thread.post_ids[0]}").status_code == 404
    assert entries(thread.database)[0].facts["audience"] == "members"
    # Juniper lost readers of their topic by it.
    assert {one.member_id for one in notices(thread.database)} == {
        thread.author.member_id,
        thread.other.member_id,
    }


def test_a_reply_to_a_topic_that_was_joined_meanwhile_is_not_lost(
    app: Flask, thread: Thread, target: int
) -> None:
    morgan, linden = cast.moderator(app, "Morgan"), cast.newcomer(app)
    new = linden.client.get(f"/topics/{target}").headers["Location"]
    page = linden.client.get(f"/topics/{thread.id}", follow_redirects=True)
    form = read_page(page.text).one("form", action=f"/topics/{thread.id}/reply")
    fields = {**fields_of(form), "text": "I wrote this\n\nfor an hour."}
    done(morgan.client, f"{thread.desk}/merge", target=str(target))
    answer = linden.client.post(f"/topics/{thread.id}/reply", data=fields)
    assert answer.status_code == 409
    assert "a moderator joined this topic with another one" in answer.text
    form = read_page(answer.text).one("form", action=f"/topics/{target}/reply")
    assert form.one("textarea", name="text").raw.strip() == fields["text"]
    answer = linden.client.post(f"/topics/{target}/reply", data=fields | fields_of(form))
    assert (answer.status_code, answer.headers["Location"]) == (303, f"{new}#post-7")
    # Pressed twice, even at the old address, it is one post.
    again = linden.client.post(f"/topics/{thread.id}/reply", data=fields)
    assert again.headers["Location"] == f"{new}#post-7"
    assert linden.client.get(f"/topics/{thread.id}/reply").headers["Location"] == f"/topics/{target}/reply"


@pytest.mark.parametrize(("word", "status"), [("lock", 403), ("hide", 404), ("remove", 404), ("move", 303)])
def test_a_reply_comes_through_or_comes_back_whole(
    app: Flask, thread: Thread, word: str, status: int
) -> None:
    morgan, linden = cast.moderator(app, "Morgan"), cast.newcomer(app)
    page = linden.client.get(f"/topics/{thread.id}", follow_redirects=True)
    form = read_page(page.text).one("form", action=f"/topics/{thread.id}/reply")
    fields = {**fields_of(form), "text": "I wrote this for an hour."}
    done(morgan.client, f"{thread.desk}/{word}", **({"category": "daily-life"} if word == "move" else {}))
    answer = linden.client.post(f"/topics/{thread.id}/reply", data=fields)
    assert answer.status_code == status
    if status == 303:
        assert topic_row(thread.database, thread.id).last_number == 5
    else:
        # Where there is a topic no more there is no form either: the words are there to copy.
        field = {"id": "kept"} if status == 404 else {"name": "text"}
        assert read_page(answer.text).one("textarea", **field).raw.strip() == fields["text"]


def test_the_discussion_of_a_treatment_stays(app: Flask, thread: Thread, target: int) -> None:
    morgan = cast.moderator(app, "Morgan")
    with thread.database.transaction() as session:
        session.add(Treatment(slug="implants", pinned=False, topic_id=thread.id))
    for step in ("preview", "act"):
        answer = decide(morgan.client, f"{thread.desk}/merge", step, target=str(target))
        assert answer.status_code == 409
        assert "This is the discussion of a treatment page" in answer.text
    done(morgan.client, f"/moderation/topics/{target}/merge", target=str(thread.id))


def test_posts_that_are_split_off_have_a_topic_of_their_own(app: Flask, thread: Thread) -> None:
    morgan, visitor = cast.moderator(app, "Morgan"), cast.visitor(app)
    chosen = [thread.post_ids[3], thread.post_ids[1]]
    led_to = done(morgan.client, f"{thread.desk}/split", posts=[str(one) for one in chosen], title="A cat")
    new_id = int(led_to.rsplit("/", 1)[1])
    new = visitor.get(f"/topics/{new_id}").headers["Location"]
    assert new == f"/topics/{new_id}/a-cat"
    assert posts_of(thread.database, new_id) == (thread.post_ids[1], thread.post_ids[3])
    assert visitor.get(f"/posts/{thread.post_ids[3]}").headers["Location"] == f"{new}#post-2"
    row, old = topic_row(thread.database, new_id), topic_row(thread.database, thread.id)
    assert (row.author_id, row.category_id, row.audience) == (
        thread.other.member_id,
        old.category_id,
        old.audience,
    )
    assert (row.last_number, row.reply_count, row.first_reply_at) == (2, 1, None)
    assert (old.last_number, old.reply_count, old.first_reply_at) == (4, 1, None)
    assert all(post_row(thread.database, post_id).by_topic_author for post_id in chosen)
    # Where they stood, a line leads to whoever may read them there.
    page = read_page(visitor.get(f"/topics/{thread.id}", follow_redirects=True).text)
    line = page.one("article", id="post-4")
    assert line.text == "#4 This post was moved to another topic: A cat"
    assert line.one("a").attributes["href"] == f"/posts/{thread.post_ids[3]}"
    done(morgan.client, f"/moderation/topics/{new_id}/hide")
    page = read_page(visitor.get(f"/topics/{thread.id}", follow_redirects=True).text)
    assert page.one("article", id="post-4").text == "#4 This post is not shown."
    # Both posts are Juniper's, who hears of it once; Rowan lost nothing.
    split = [notice for notice in notices(thread.database) if notice.action.endswith("split")]
    assert [(notice.member_id, notice.topic_id) for notice in split] == [(thread.other.member_id, new_id)]
    (entry,) = entries(thread.database, "split")
    assert (entry.topic_id, entry.facts) == (thread.id, {"new_topic": new_id, "posts": 2})


def test_what_was_split_off_can_be_joined_again(app: Flask, thread: Thread) -> None:
    morgan = cast.moderator(app, "Morgan")
    led_to = done(
        morgan.client, f"{thread.desk}/split", posts=[str(thread.post_ids[3])], title="A cat, and more"
    )
    done(morgan.client, f"{led_to}/merge", target=str(thread.id))
    assert post_row(thread.database, thread.post_ids[3]).number == 5
    page = read_page(cast.visitor(app).get(f"/topics/{thread.id}", follow_redirects=True).text)
    assert "My cat is ill." in page.one("article", id="post-5").text
    assert page.one("article", id="post-4").one("a").attributes["href"] == f"/posts/{thread.post_ids[3]}"


def test_a_title_goes_with_the_post_that_began_the_new_topic(app: Flask, thread: Thread) -> None:
    morgan = cast.moderator(app, "Morgan")
    chosen = [str(post_id) for post_id in thread.post_ids[1:]]
    new_id = int(done(morgan.client, f"{thread.desk}/split", posts=chosen, title="A cat").rsplit("/", 1)[1])
    client = thread.other.client
    taken = client.post(f"/posts/{thread.post_ids[1]}/delete", data={"csrf_token": token(client)})
    assert taken.headers["Location"] == f"/topics/{new_id}"
    assert topic_row(thread.database, new_id).title == ""
    # In the old topic only lines are left beside the first post: taking that back lets it go whole.
    client = thread.author.client
    taken = client.post(f"/posts/{thread.post_ids[0]}/delete", data={"csrf_token": token(client)})
    assert taken.headers["Location"] == "/categories"
    assert topic_row(thread.database, thread.id).state is TopicState.DELETED
    with thread.database.reading() as session:
        states = session.scalars(select(Post.state).where(Post.topic_id == thread.id)).all()
    assert set(states) == {PostState.DELETED}
    assert cast.visitor(app).get(f"/posts/{thread.post_ids[3]}").status_code == 303


def test_the_first_post_of_a_joined_topic_is_taken_back_alone(
    app: Flask, thread: Thread, target: int
) -> None:
    done(cast.moderator(app, "Morgan").client, f"{thread.desk}/merge", target=str(target))
    client = thread.author.client
    taken = client.post(f"/posts/{thread.post_ids[0]}/delete", data={"csrf_token": token(client)})
    assert taken.headers["Location"] == f"/topics/{target}"
    assert topic_row(thread.database, target).title == "Flare number nine"
    assert post_row(thread.database, thread.post_ids[2]).state is PostState.PUBLISHED
    new = client.get(f"/topics/{target}").headers["Location"]
    assert client.get(f"/topics/{thread.id}").headers["Location"] == f"{new}#post-3"


def statements_to_merge(thread: Thread, morgan: cast.Someone, source: int, target: int) -> int:
    address = f"/moderation/topics/{source}/merge"
    form = form_of(morgan.client, address)
    fields = {**fields_of(form), "reason": "same-subject", "text": "", "step": "act", "target": str(target)}
    with recorded(thread.database) as statements:
        assert morgan.client.post(address, data=fields).status_code == 303
    return len(statements)


def test_joining_costs_the_same_for_a_long_topic(app: Flask, thread: Thread, target: int) -> None:
    morgan = cast.moderator(app, "Morgan")
    short = start(thread.database, thread.other.actor, topic_draft("flares-today"))
    few = statements_to_merge(thread, morgan, short, target)
    for _ in range(30):
        reply(thread.database, thread.other.actor, thread.id)
    assert statements_to_merge(thread, morgan, thread.id, target) == few


@pytest.mark.parametrize("word", ["split"])
def test_splitting_costs_the_same_for_many_posts(app: Flask, thread: Thread, word: str) -> None:
    morgan = cast.moderator(app, "Morgan")
    for _ in range(16):
        reply(thread.database, thread.other.actor, thread.id)
    posts = posts_of(thread.database, thread.id)
    counts = []
    for chosen in (posts[1:2], posts[3:20]):
        fields = fields_of(form_of(morgan.client, f"{thread.desk}/{word}"))
        fields |= {"reason": "off-topic", "text": "", "step": "act", "title": "Cats"}
        with recorded(thread.database) as statements:
            answer = morgan.client.post(
                f"{thread.desk}/{word}", data={**fields, "posts": [str(one) for one in chosen]}
            )
        assert answer.status_code == 303
        counts.append(len(statements))
    assert counts[0] == counts[1]


def test_pages_of_moderators_cost_the_same_for_few_posts_and_many(app: Flask, thread: Thread) -> None:
    morgan = cast.moderator(app, "Morgan")
    pages = [thread.desk, *(f"{thread.desk}/{word}" for word in ("lock", "move", "merge", "split"))]

    def statements() -> list[int]:
        found = []
        for page in pages:
            with recorded(thread.database) as seen:
                assert morgan.client.get(page).status_code == 200
            found.append(len(seen))
        return found

    few = statements()
    for _ in range(12):
        reply(thread.database, thread.other.actor, thread.id)
    for post_id in posts_of(thread.database, thread.id)[2:6]:
        done(morgan.client, f"/moderation/posts/{post_id}/hide")
    assert statements() == few
    # Who asks and the community's settings are two of them.
    assert [count - 2 for count in few] == [5, 2, 4, 2, 3]


def test_lines_of_moved_posts_cost_one_statement(app: Flask, thread: Thread) -> None:
    morgan, visitor = cast.moderator(app, "Morgan"), cast.visitor(app)
    address = visitor.get(f"/topics/{thread.id}").headers["Location"]

    def statements() -> int:
        with recorded(thread.database) as seen:
            assert visitor.get(address).status_code == 200
        return len(seen)

    before = statements()
    for post_id in thread.post_ids[1:]:
        done(morgan.client, f"{thread.desk}/split", posts=[str(post_id)], title="A cat")
    assert statements() == before + 1


def test_a_key_still_means_the_same_post_after_a_split(app: Flask, thread: Thread) -> None:
    linden = cast.newcomer(app)
    fields = {"csrf_token": token(linden.client), "text": "Once.", "submission_key": new_key()}
    first = linden.client.post(f"/topics/{thread.id}/reply", data=fields).headers["Location"]
    post_id = posts_of(thread.database, thread.id)[4]
    assert first.endswith("#post-5")
    morgan = cast.moderator(app, "Morgan")
    new = done(morgan.client, f"{thread.desk}/split", posts=[str(post_id)], title="Once")
    again = linden.client.post(f"/topics/{thread.id}/reply", data=fields).headers["Location"]
    assert again == f"/topics/{new.rsplit('/', 1)[1]}/once#post-1"
    with thread.database.reading() as session:
        assert session.scalars(select(Topic.last_number).where(Topic.id == thread.id)).one() == 5
