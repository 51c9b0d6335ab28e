"""After whatever people and moderators do, the index has exactly the words that are stored: not one more, nor less."""

import random
from collections import Counter
from collections.abc import Callable
from dataclasses import replace

from flask import Flask
from sqlalchemy import func, inspect, select, update
from sqlalchemy.orm import Session

from forum.accounts.leaving import begin_leaving, hold_member
from forum.accounts.models import PostsFate
from forum.audit_log.models import AuditEntry
from forum.community.commands import writing
from forum.community.commands.details import DetailsEdit, change_details
from forum.community.models.threads import Audience, Post, PostState, Topic, TopicState
from forum.community.what_is_sent import PostEdit
from forum.consent import commands as consent
from forum.database.personal_data import Subject
from forum.database.session import Database
from forum.errors import Refusal
from forum.events import TreatmentPublished, emit
from forum.moderation.commands import threads
from forum.moderation.deciding import about_post, about_topic
from forum.moderation.drafts import SplitDraft, ThreadDraft
from forum.moderation.models import ReasonCode
from forum.permissions.actions import Action
from forum.permissions.actor import Actor, MemberId, Purpose
from forum.privacy import erasing
from forum.privacy.restriction import lift_restriction, restrict_member
from forum.search import documents
from forum.search.engine import Term, Words
from forum.search.engines import engine_of
from forum.search.engines.layout import laid_out
from forum.search.models import SearchDocument
from forum.search.whole_index import wrong_among, wrong_treatments
from forum.text.markdown import render_post
from forum.text.translate import speaking
from forum.treatments.models import TreatmentVersion
from tests import cast
from tests.cast import BAN_KEYS, Someone
from tests.community.conftest import new_key, reply_draft, topic_draft
from tests.moderation.conftest import make_room
from tests.site.texts import publish_texts

ROOMS = ("flares-today", "medicines")
CONDITION = "crps"
STEPS = 110
WORDS = (
    "pain",
    "pump",
    "back",
    "sleeping",
    "tired",
    "Schmerzen",
    "Häuser",
    "müde",
    "doctor's",
    "l5s1",
    "naïve",
)
ON_POSTS = {
    Action.POST_HIDE: ReasonCode.BEING_LOOKED_AT,
    Action.POST_REMOVE: ReasonCode.MISINFORMATION,
    Action.POST_RESTORE: ReasonCode.LOOKED_AGAIN,
}
ON_TOPICS = {
    Action.TOPIC_HIDE: ReasonCode.BEING_LOOKED_AT,
    Action.TOPIC_REMOVE: ReasonCode.MISINFORMATION,
    Action.TOPIC_RESTORE: ReasonCode.LOOKED_AGAIN,
}


class Doings:
    """People who do this and that, each time another one."""

    def __init__(self, app: Flask, database: Database, seed: int) -> None:
        self.database = database
        self.chance = random.Random(seed)  # noqa: S311 - the same each time, so that what fails fails again.
        self.members = [cast.member(app, name) for name in ("Rowan", "Juniper", "Marlow", "Hazel")]
        self.moderator = cast.moderator(app)
        for one in self.members:
            cast.say_condition(one, CONDITION)
        # Whoever has their account restricted at the moment.
        self.resting: Someone | None = None
        # Nothing of what they may do changes but by resting, and by leaving and pausing at the end.
        self.actors = {one.member_id: one.actor for one in (*self.members, self.moderator)}
        self.done: Counter[str] = Counter()
        self.kinds: dict[str, tuple[int, Callable[[Session], object]]] = {
            "start": (5, self.start),
            "reply": (14, self.reply),
            "edit": (8, self.edit),
            "details": (4, self.details),
            "take back": (5, self.take_back),
            "post": (4, self.decide_on_post),
            "topic": (3, self.decide_on_topic),
            "move": (1, self.move),
            "merge": (2, self.merge),
            "split": (3, self.split),
            "rest": (2, self.rest),
            "treatment": (1, self.change_treatment),
        }

    def something(self) -> None:
        """Do something, or fail in trying: what is refused leaves everything as it was."""
        (kind,) = self.chance.choices(list(self.kinds), [weight for weight, _do in self.kinds.values()])
        self.do(kind, self.kinds[kind][1])

    def do(self, kind: str, work: Callable[[Session], object]) -> None:
        """Do this in a transaction of its own."""
        try:
            with self.database.transaction() as session, speaking(self.chance.choice(["en", "de"])):
                work(session)
        except Refusal:
            self.done[f"{kind}, refused"] += 1
        else:
            self.done[kind] += 1

    def text(self) -> str:
        """Return some words, at times about somebody, or with a list."""
        words = " ".join(self.chance.choices(WORDS, k=self.chance.randrange(1, 9)))
        return self.chance.choice(
            [words, f"*{words}* & more", f"Dear @Marlow, {words}", f"{words}\n\n- {words}\n- one"]
        )

    def someone(self) -> Actor:
        """Return one of the members."""
        here = [one for one in self.members if one is not self.resting]
        return self.actors[self.chance.choice(here).member_id]

    def post(self, session: Session) -> int:
        """Return one of the posts."""
        return self.chance.choice(session.scalars(select(Post.id).order_by(Post.id)).all())

    def topic(self, session: Session) -> int:
        """Return one of the topics that can be read."""
        there = select(Topic.id).where(Topic.state == TopicState.PUBLISHED).order_by(Topic.id)
        return self.chance.choice(session.scalars(there).all())

    def why(
        self, session: Session, reason: ReasonCode, topic: int | None = None, post: int = 0
    ) -> ThreadDraft:
        """Return the decision of somebody who saw the newest entry of the log."""
        about = about_post(post) if topic is None else about_topic(topic)
        seen = session.scalar(select(func.max(AuditEntry.id)).where(about)) or 0
        return ThreadDraft(seen, reason, "")

    def start(self, session: Session) -> None:
        """Start a topic."""
        audience = self.chance.choice(list(Audience))
        draft = replace(
            topic_draft(self.chance.choice(ROOMS), self.text(), audience),
            condition_slug=CONDITION if audience is Audience.SAME_CONDITION else "",
            title=f"About {self.chance.choice(WORDS)} and {self.chance.choice(WORDS)}",
        )
        writing.start_topic(session, self.someone(), draft)

    def reply(self, session: Session) -> None:
        """Answer."""
        writing.publish_post(
            session, self.someone(), self.topic(session), reply_draft(self.text(), new_key())
        )

    def edit(self, session: Session) -> None:
        """Give a post another text."""
        post_id, author = self.own(session)
        writing.edit_post(session, author, post_id, PostEdit(render_post(self.text())))

    def take_back(self, session: Session) -> None:
        """Take a post back."""
        post_id, author = self.own(session)
        writing.delete_post(session, author, post_id)

    def own(self, session: Session) -> tuple[int, Actor]:
        """Return a post, and who wrote it."""
        post_id = self.post(session)
        return post_id, self.author(session.scalar(select(Post.author_id).where(Post.id == post_id)))

    def author(self, member_id: int | None) -> Actor:
        """Return who wrote something, or somebody who didn't, where they left."""
        return self.actors[MemberId(member_id) if member_id else self.moderator.member_id]

    def details(self, session: Session) -> None:
        """Give a topic another title, or other readers."""
        topic = session.get_one(Topic, self.topic(session))
        audience = self.chance.choice([topic.audience, Audience.MEMBERS, Audience.SAME_CONDITION])
        condition = CONDITION if audience is Audience.SAME_CONDITION else ""
        edit = DetailsEdit(audience, f"Now about {self.chance.choice(WORDS)}", condition_slug=condition)
        change_details(session, self.author(topic.author_id), topic.id, edit)

    def decide_on_post(self, session: Session) -> None:
        """Hide a post, take it down or bring it back."""
        post, action = self.post(session), self.chance.choice(list(ON_POSTS))
        draft = self.why(session, ON_POSTS[action], post=post)
        threads.decide_on_post(session, self.actors[self.moderator.member_id], post, action, draft)

    def decide_on_topic(self, session: Session) -> None:
        """Do the same to a topic."""
        topic = self.chance.choice(session.scalars(select(Topic.id).order_by(Topic.id)).all())
        action = self.chance.choice(list(ON_TOPICS))
        draft = self.why(session, ON_TOPICS[action], topic)
        threads.decide_on_topic(session, self.actors[self.moderator.member_id], topic, action, draft)

    def move(self, session: Session) -> None:
        """Put a topic into another room."""
        topic = self.topic(session)
        draft = self.why(session, ReasonCode.WRONG_PLACE, topic)
        threads.move_topic(
            session, self.actors[self.moderator.member_id], topic, self.chance.choice(ROOMS), draft
        )

    def merge(self, session: Session) -> None:
        """Join two topics."""
        topic, target = self.topic(session), self.topic(session)
        draft = self.why(session, ReasonCode.SAME_SUBJECT, topic)
        threads.merge_topic(session, self.actors[self.moderator.member_id], topic, target, draft)

    def split(self, session: Session) -> None:
        """Give some posts a topic of their own."""
        topic = self.topic(session)
        answers = select(Post.id).where(
            Post.topic_id == topic, Post.number > 1, Post.state == PostState.PUBLISHED
        )
        there = session.scalars(answers.order_by(Post.id)).all()
        some = tuple(self.chance.sample(there, k=min(2, len(there))))
        draft = self.why(session, ReasonCode.OFF_TOPIC, topic)
        split = SplitDraft(post_ids=some, title=f"Split off {self.chance.choice(WORDS)}")
        threads.split_topic(session, self.actors[self.moderator.member_id], topic, split, draft)

    def rest(self, session: Session) -> None:
        """Have somebody's account restricted, or the one that is restricted given back."""
        if self.resting is None:
            someone = self.chance.choice(self.members)
            restrict_member(session, self.actors[someone.member_id])
            self.resting = someone
        else:
            lift_restriction(session, self.actors[self.resting.member_id])
            self.resting = None
            self.done["lift"] += 1

    def change_treatment(self, session: Session) -> None:
        """Have a treatment's page say something else, as whoever publishes a newer version of it would."""
        last = session.scalars(select(TreatmentVersion).order_by(TreatmentVersion.id.desc())).first()
        assert last is not None
        new = {one.key: getattr(last, one.key) for one in inspect(TreatmentVersion).column_attrs}
        new |= {"id": None, "version": last.version + 1, "summary": self.text()}
        session.add(TreatmentVersion(**new))
        session.flush()
        emit(session, TreatmentPublished(treatment_id=last.treatment_id))

    def erase(self, someone: Someone, posts: PostsFate) -> None:
        """Have somebody leave, and their days be over."""

        def work(session: Session) -> None:
            hold_member(session, someone.member_id)
            begin_leaving(session, someone.member_id)
            erasing.erase_now(session, Subject(someone.member_id, someone.uuid), BAN_KEYS, posts)

        self.members.remove(someone)
        if someone is self.resting:
            self.resting = None
        self.do("erase", work)


def disagreements(database: Database) -> list[int]:
    """Return the posts whose words are not what the index has, compared one by one with what is stored."""
    with database.reading() as session:
        states = {row.id: row.state for row in session.execute(select(Post.id, Post.state))}
        numbers = {
            row.post_id: row.id
            for row in session.execute(select(SearchDocument.post_id, SearchDocument.id))
            if row.post_id is not None
        }
        kept = engine_of(session).kept(session, list(numbers.values()))
        anew = documents.posts(session, list(states))
        should_be = {
            numbers.get(post_id): tuple(" ".join(words) for words in laid_out(made.title, made.body))
            for post_id, made in anew.items()
        }
        wrong = [
            post_id
            for post_id in states
            if kept.get(numbers.get(post_id, 0)) != should_be.get(numbers.get(post_id))
        ]
        # What there is to find is what is stored and was not taken back, whoever may see it.
        gone = {PostState.DELETED, PostState.MOVED}
        assert numbers.keys() == {post_id for post_id, state in states.items() if state not in gone}
        # The command that looks through the index says the same.
        assert wrong_among(session, list(states)) == wrong
        assert wrong_treatments(session) == []
        return wrong


def test_the_index_never_disagrees_with_the_posts(app: Flask, database: Database) -> None:
    publish_texts(app)
    doings = Doings(app, database, seed=12)
    for _topic in range(4):
        doings.do("start", doings.start)
    for step in range(STEPS):
        doings.something()
        if step % 5 == 0:
            assert disagreements(database) == [], step
        if step == STEPS // 2:
            doings.erase(doings.members[0], PostsFate.DELETE)
            assert disagreements(database) == []
    for kind, (_weight, work) in doings.kinds.items():
        # What was refused whenever chance came to it.
        for _again in range(30):
            if not doings.done[kind]:
                doings.do(kind, work)
    assert disagreements(database) == []
    doings.erase(doings.members[0], PostsFate.KEEP)
    doings.do("pause", lambda session: consent.withdraw(session, doings.members[0].name, Purpose.HEALTH_DATA))
    assert disagreements(database) == []
    with database.transaction() as session:
        # What is said of the pages is seen, too.
        version = session.scalars(documents.versions_in_force()).one()
        session.execute(
            update(TreatmentVersion).where(TreatmentVersion.id == version).values(summary="quoll")
        )
        assert wrong_treatments(session) == [version]
        session.rollback()
    # Nothing of this was refused all the time.
    assert {*doings.kinds, "erase", "pause", "lift"} <= doings.done.keys(), doings.done


def test_words_that_were_taken_back_are_found_no_more(app: Flask, database: Database) -> None:
    make_room(database, ROOMS[0])
    rowan, juniper = cast.member(app, "Rowan"), cast.member(app, "Juniper")
    with database.transaction() as session:
        draft = replace(topic_draft(ROOMS[0], "quokka first"), title="A numbat")
        opening = writing.start_topic(session, rowan.actor, draft)
        topic_id = session.get_one(Post, opening).topic_id
        answer = writing.publish_post(session, juniper.actor, topic_id, reply_draft("a wombat and a bilby"))

    def found(word: str) -> bool:
        with database.reading() as session:
            hits = engine_of(session).found(Words((Term(((word,),)),)))
            return session.execute(select(hits)).first() is not None

    assert [found(word) for word in ("quokka", "numbat", "wombat", "bilbi")] == [True] * 4
    with database.transaction() as session:
        writing.edit_post(session, juniper.actor, answer, PostEdit(render_post("a bilby")))
    assert [found(word) for word in ("quokka", "numbat", "wombat", "bilbi")] == [True, True, False, True]
    with database.transaction() as session:
        writing.delete_post(session, rowan.actor, opening)
    # Their title went with the first post.
    assert [found(word) for word in ("quokka", "numbat", "wombat", "bilbi")] == [False, False, False, True]
    with database.transaction() as session:
        writing.delete_post(session, juniper.actor, answer)
    assert not found("bilbi")


def test_what_fails_leaves_the_index_as_it_was(app: Flask, database: Database) -> None:
    make_room(database, ROOMS[0])
    rowan = cast.member(app, "Rowan")
    with database.writing() as session:
        writing.start_topic(session, rowan.actor, topic_draft(ROOMS[0], "quokka"))
        assert session.scalar(select(func.count()).select_from(SearchDocument)) == 1
        session.rollback()
    with database.reading() as session:
        assert session.scalar(select(func.count()).select_from(SearchDocument)) == 0
        assert session.execute(select(engine_of(session).found(Words((Term((("quokka",),)),))))).all() == []
