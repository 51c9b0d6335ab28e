"""What the page of one case shows: words folded away, what became of the post, who told, and who can be told."""

from flask import Flask
from sqlalchemy import update

from forum.accounts.models import Member
from forum.community.commands import writing as community
from forum.community.models.threads import Post, PostState, Topic, TopicState
from forum.community.what_is_sent import PostEdit
from forum.database.session import Database
from forum.moderation.models import ReportReason
from forum.permissions.actor import MemberState
from forum.text.markdown import render_post
from tests import cast
from tests.cast import Someone
from tests.community.conftest import reply
from tests.moderation.conftest import Told, make_post, make_room
from tests.moderation.working import close, notices, page, report, take
from tests.recorder import recorded


def test_words_are_folded_away_as_they_stood_and_as_they_stand(
    app: Flask, database: Database, post: Told, cedar: Someone
) -> None:
    marlow = cast.member(app, "Marlow")
    reported = reply(database, marlow.actor, post.topic_id, "Buy my cure.")
    told = report(database, reported, ReportReason.SPAM_OR_SELLING, "An advert.", cast.member(app).actor)
    with database.transaction() as session:
        community.edit_post(session, marlow.actor, reported, PostEdit(render_post("How kind of you.")))
    main = page(cedar.client, f"/moderation/reports/{told}")
    folded = main.all("details")
    assert all("open" not in one.attributes for one in folded)
    assert "An advert." in folded[0].text
    assert "Buy my cure." in folded[0].text
    assert "How kind of you." in folded[1].text
    outside = main.text
    for one in folded:
        outside = outside.replace(one.text, "")
    assert "cure" not in outside
    assert "told by Juniper" in outside
    assert "Marlow" in outside


def test_what_became_of_the_post_is_said_and_it_can_still_be_closed(
    app: Flask, database: Database, post: Told, cedar: Someone
) -> None:
    marlow = cast.member(app, "Marlow")
    reported = reply(database, marlow.actor, post.topic_id, "Buy my cure.")
    told = report(database, reported, ReportReason.SPAM_OR_SELLING)
    address = f"/moderation/reports/{told}"
    take(cedar.client, told)

    def becomes(**values: object) -> str:
        with database.transaction() as session:
            session.execute(update(Post).where(Post.id == reported).values(**values))
        return page(cedar.client, address).text

    assert "Hide the post" in becomes(state=PostState.PUBLISHED)
    hidden = becomes(state=PostState.HIDDEN)
    assert "It is hidden." in hidden
    assert "Bring the post back" in hidden
    assert "It was taken down." in becomes(state=PostState.REMOVED)
    with database.transaction() as session:
        session.execute(update(Topic).where(Topic.id == post.topic_id).values(state=TopicState.HIDDEN))
    assert "The whole topic is hidden." in page(cedar.client, address).text
    with database.transaction() as session:
        session.execute(update(Topic).where(Topic.id == post.topic_id).values(state=TopicState.DELETED))
    gone = becomes(state=PostState.DELETED, markdown="", html="")
    assert "Its author took it back." in gone
    assert "The whole topic was taken back" in gone
    assert "Buy my cure." in gone
    assert "Hide the post" not in gone
    assert close(cedar.client, told, "nothing-wrong") == 303


def test_a_post_that_was_moved_is_found_where_it_is(
    app: Flask, database: Database, post: Told, cedar: Someone
) -> None:
    make_room(database, "medicines")
    reported = reply(database, cast.member(app, "Marlow").actor, post.topic_id)
    told = report(database, reported)
    _first, target, medicines = make_post(database, post.author.actor, "medicines", "Elsewhere.")
    with database.transaction() as session:
        line = session.get_one(Post, reported)
        session.execute(update(Post).where(Post.id == reported).values(topic_id=target, number=2))
        session.expunge(line)
        session.add(
            Post(
                topic_id=post.topic_id,
                number=2,
                author_id=None,
                by_topic_author=False,
                state=PostState.MOVED,
                moved_to_id=reported,
                markdown="",
                html="",
                renderer_version=1,
                written_at=line.written_at,
            )
        )
    main = page(cedar.client, f"/moderation/reports/{told}")
    assert "It was moved here from another topic." in main.text
    assert "Medicines" in main.text
    # Whoever answers for the room in which it stands now works on it.
    assert page(cast.category_moderator(app, medicines).client, f"/moderation/reports/{told}").text
    elsewhere = cast.category_moderator(app, post.category_id, "Elder")
    assert elsewhere.client.get(f"/moderation/reports/{told}").status_code == 404


def test_whoever_told_is_named_until_they_leave(
    app: Flask, database: Database, post: Told, cedar: Someone
) -> None:
    marlow = cast.member(app, "Marlow")
    told = report(database, post.id, by=marlow.actor)
    for state in set(MemberState) - {MemberState.LEAVING}:
        with database.transaction() as session:
            session.execute(update(Member).where(Member.id == marlow.member_id).values(state=state))
        assert "told by Marlow" in page(cedar.client, f"/moderation/reports/{told}").text
    with database.transaction() as session:
        session.execute(update(Member).where(Member.id == marlow.member_id).values(state=MemberState.LEAVING))
    main = page(cedar.client, f"/moderation/reports/{told}")
    assert "Marlow" not in main.text
    assert "told by a former member" in main.text


def test_that_visitors_can_not_be_told_is_said(
    app: Flask, database: Database, post: Told, cedar: Someone
) -> None:
    told = report(database, post.id)
    take(cedar.client, told)
    main = page(cedar.client, f"/moderation/reports/{told}")
    assert "they can’t be told what came of it" in main.text
    assert not main.all("textarea")
    assert [button.text for button in main.all("button")] == ["Close it", "Give it back"]
    assert close(cedar.client, told) == 303
    assert notices(database) == []


def test_a_case_takes_four_statements(database: Database, post: Told, cedar: Someone) -> None:
    told = report(database, post.id)
    report(database, post.id, ReportReason.HARASSMENT)
    take(cedar.client, told)
    with recorded(database) as statements:
        page(cedar.client, f"/moderation/reports/{told}")
    # Beside one for who asks and one for the community's settings.
    assert len(statements) == 6
