"""After a restore: readers whom a topic's author no longer wanted, and pictures that went from a post, stay away."""

from collections.abc import Callable

import pytest
from flask import Flask
from sqlalchemy import select

from config import Settings
from forum.community.commands.details import DetailsEdit, change_details
from forum.community.commands.images import remove_picture
from forum.community.commands.terms import add_term
from forum.community.models.images import Image, ImageFile
from forum.community.models.people import HealthTerm, TermKind
from forum.community.models.threads import Audience, Post, Topic
from forum.community.profiles import Said
from forum.community.what_is_sent import TermDraft
from forum.database.session import Database
from forum.permissions.actor import OPERATOR
from forum.privacy.models import ErasureKind
from tests import cast
from tests.community.conftest import reply, start, topic_draft
from tests.community.saying import make_terms, say
from tests.community.test_arranging import split as take_apart
from tests.community.with_pictures import add, photo
from tests.community.with_pictures import begin as begin_pictures
from tests.moderation.conftest import make_room
from tests.moderation.leaving import ROOM
from tests.moderation.working import press
from tests.privacy.conftest import Back
from tests.privacy.test_erasure_ledger import begin
from tests.privacy.test_replaying import replay

# As in test_replaying: the database goes back by its file, and what is done afterwards is the same on both.
pytestmark = pytest.mark.parametrize("dialect", ["sqlite"])


@pytest.mark.proves("D10")
def test_topics_that_got_fewer_readers_and_pictures_that_were_removed_do_not_come_back(
    app: Flask,
    database: Database,
    settings: Settings,
    taken: Callable[[], Back],
) -> None:
    make_room(database, ROOM)
    begin(database, settings)
    someone, other = cast.member(app, "Rowan"), cast.member(app, "Marlow")
    make_terms(database)
    say(someone, Said(conditions=frozenset({"migraine"})))
    narrowed, twice, split, shared, late = (
        start(database, someone.actor, topic_draft(ROOM)) for _ in range(5)
    )
    _answer, moved = (reply(database, other.actor, topic, "I hear you.") for topic in (narrowed, split))
    draft = begin_pictures(someone, f"/topics/{narrowed}/reply")
    for alt in ("My cat", "My dog"):
        add(someone, draft, photo(), alt)
    address = f"/topics/{narrowed}/reply"
    assert press(someone.client, address, address, text="Look at both.").status_code == 303
    with database.reading() as session:
        gone, stays = session.scalars(select(Image.name).order_by(Image.id)).all()
        post_id = session.scalars(select(Image.post_id).distinct()).one()
    put_back = taken()
    for topic, audience in (
        (narrowed, Audience.MEMBERS),
        (twice, Audience.MODERATORS_AND_AUTHOR),
        # Widened once more, since nobody had answered.
        (twice, Audience.PUBLIC),
        (shared, Audience.SAME_CONDITION),
    ):
        with database.transaction() as session:
            edit = DetailsEdit(audience, condition_slug="migraine")
            change_details(session, someone.actor, topic, edit)
    with database.transaction() as session:
        # A condition that the list had not when the backup was made.
        add_term(session, OPERATOR, TermDraft(TermKind.CONDITION, "Gout"))
    say(someone, Said(conditions=frozenset({"gout", "migraine"})))
    with database.transaction() as session:
        edit = DetailsEdit(Audience.SAME_CONDITION, condition_slug="gout")
        change_details(session, someone.actor, late, edit)
    with database.transaction() as session:
        remove_picture(session, someone.actor, gone)
    # Moderators gave the answer a topic of its own, and its author wanted it to be read by few.
    own = take_apart(database, split, [moved])
    with database.transaction() as session:
        change_details(session, other.actor, own, DetailsEdit(Audience.MODERATORS_AND_AUTHOR))
    put_back()
    assert replay(settings) == {ErasureKind.TOPIC_NARROWED: 5, ErasureKind.PICTURE_REMOVED: 1}
    assert replay(settings) == {}
    with database.reading() as session:
        audiences = dict(session.execute(select(Topic.id, Topic.audience)).all())
        assert audiences == {
            narrowed: Audience.MEMBERS,
            twice: Audience.MODERATORS_AND_AUTHOR,
            # There it was one answer in somebody else's topic.
            split: Audience.MEMBERS,
            shared: Audience.SAME_CONDITION,
            # Nobody there says that it is theirs.
            late: Audience.MODERATORS_AND_AUTHOR,
        }
        condition = select(HealthTerm.slug).join(Topic, Topic.condition_id == HealthTerm.id)
        assert session.scalars(condition).all() == ["migraine"]
        assert session.scalars(select(Image.name)).all() == [stays]
        html = session.get_one(Post, post_id).html
        assert (gone in html, stays in html) == (False, True)
        # Its file goes with the next errand.
        assert session.get_one(ImageFile, gone).image_id is None
