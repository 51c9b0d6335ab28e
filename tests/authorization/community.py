"""The rows of the matrix: a topic, a post, a report, a notice in every state, and for every person one of their own.

They are put there as rows and not by commands: what commands do is proven elsewhere, and some of these people may not
do a thing. Numbers are given by hand and have four digits, so that ``NOWHERE`` is as long as any of them.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from itertools import count

from flask import Flask
from sqlalchemy import select
from sqlalchemy.orm import Session

from forum import clock
from forum.accounts.models import Member
from forum.community.commands.categories import publish_category
from forum.community.models.blocks import Block
from forum.community.models.threads import Audience, Intent, Post, PostState, Topic, TopicState
from forum.community.what_is_sent import CategoryDraft
from forum.community_settings.queries import settings_in_force
from forum.database.session import Database
from forum.moderation.decisions import decided_about, newest_decision
from forum.moderation.models import MemberNote, Notice, ReasonCode, Report, ReportOutcome, ReportReason
from forum.permissions.actions import Action
from forum.permissions.actor import OPERATOR, MemberState, Role
from forum.search import indexing
from forum.text.markdown import render_post
from forum.treatments.models import Treatment
from tests import cast
from tests.authorization.accounts import THEIR_OWN, file_name_of
from tests.authorization.people import MEMBERS, SHARING, Person, gather
from tests.authorization.policies import draft_terms
from tests.authorization.profiles import share_a_condition, write_profiles
from tests.authorization.states import POSTS, without_owner
from tests.site.texts import publish_texts

Values = Mapping[str, object]

# No row of any table has this number.
NOWHERE = 9999
# A word in an address that is nobody's: as long as ROOM and as the shipped treatment's.
HERE, THERE, NO_ROOM = "walked-room", "second-room", "missing-one"
SLUG = "knees-and-stairs"
TEXT = render_post("Stairs are hard for me since spring.")
# Whose name each state of a member is looked up by; the last is nobody's.
NAMES = {
    "other's": "Rowan",
    "moderator's": "Marlow",
    "waiting": "Fern",
    "suspended": "Yarrow",
    "paused": "Clover",
    "nowhere": "Nobody",
}
# Who wrote what is in these states; everything else is Rowan's.
_WRITERS = {"author paused": "clover", "author blocked them": "wren"}
# What stays behind of a post that went to another topic.
LINE: dict[str, object] = {"state": PostState.MOVED, "markdown": "", "html": ""}


@dataclass(frozen=True, slots=True)
class Subject:
    """What a request is about: what its address is made of, and what its form may have to name."""

    values: Values
    names: Values = field(default_factory=dict)


class Community:
    """Everybody, and a subject of every kind in every state."""

    def __init__(self, app: Flask) -> None:
        self.app = app
        self.database: Database = app.extensions["alongside"].database
        publish_texts(app)
        with self.database.transaction() as session:
            here, there = (
                publish_category(session, OPERATOR, CategoryDraft(slug, slug, "A room", "", False, 90))
                for slug in (HERE, THERE)
            )
        self.people = gather(app, here, there)
        self.others = {
            "rowan": cast.author(app).member_id,
            "marlow": cast.member(app, "Marlow", role=Role.MODERATOR).member_id,
            "fern": cast.member(app, "Fern").member_id,
            "yarrow": cast.suspended(app, "Yarrow").member_id,
            "clover": cast.consent_withdrawn(app, "Clover").member_id,
            "wren": cast.member(app, "Wren").member_id,
            "tansy": cast.member(app, "Tansy").member_id,
        }
        self._numbers = count(1001)
        self._subjects: dict[tuple[str, str, str], Subject] = {}
        self._here, self._there = here, there
        # A reply in each topic.
        self._replies: dict[int, int] = {}
        with self.database.transaction() as session:
            session.get_one(Member, self.others["fern"]).state = MemberState.WAITING
            sharing = (self.others["rowan"], *(self.people[who].member_id for who in SHARING))
            self._condition = share_a_condition(session, sharing)
            self._fill(session)
            self._block(session)
            # No event told of these.
            indexing.put_posts(session, session.scalars(select(Post.id)).all())

    def subject(self, kind: str, state: str, who: str) -> Subject:
        """Return what this person asks for. A visitor has nothing of their own, and asks for another's instead."""
        kind = kind.removeprefix("desk ")
        if not state.startswith("own"):
            return self._subjects[kind, state, ""]
        if who in MEMBERS:
            return self._subjects[kind, state, who]
        return self._subjects[kind, without_owner(state), ""]

    def _keep(self, kind: str, state: str, who: str, values: Values, names: Values | None = None) -> None:
        self._subjects[kind, state, who] = Subject(values, names or {})

    # --- filling ------------------------------------------------------------------------------------------

    def _fill(self, session: Session) -> None:
        rowan = self.others["rowan"]
        self.target = target = self._topic(session, rowan)
        gone = self._topic(session, rowan, state=TopicState.HIDDEN)
        names = {
            "settings": settings_in_force(session).version,
            "terms": draft_terms(session),
            "target": target,
            "elsewhere": self._topic(session, rowan, category_id=self._there),
            "hidden elsewhere": self._topic(session, rowan, category_id=self._there, state=TopicState.HIDDEN),
            "nowhere": NOWHERE,
        }
        self._keep("nothing", "", "", {"topic_id": self._topic(session, rowan)}, names)
        plain: dict[str, dict[str, object]] = {
            "other's": {},
            "members only": {"audience": Audience.MEMBERS},
            "same condition": {"audience": Audience.SAME_CONDITION, "condition_id": self._condition},
            "moderators only": {"audience": Audience.MODERATORS_AND_AUTHOR},
            "locked": {"locked": True},
            "pinned": {"pinned": 1},
            "hidden": {"state": TopicState.HIDDEN},
            "removed": {"state": TopicState.REMOVED},
            "deleted": {"state": TopicState.DELETED},
            "merged": {"state": TopicState.MERGED, "merged_into_id": target},
            "merged into hidden": {"state": TopicState.MERGED, "merged_into_id": gone},
        }
        topics = {}
        for state, facts in plain.items():
            topics[state] = self._topic(session, rowan, **facts)
            self._keep_topic(state, "", topics[state])
        self._keep_topic("author blocked them", "", self._topic(session, self.others["wren"]))
        self._keep_topic("nowhere", "", NOWHERE)
        for state in ("own", "own, moderators only", "own, hidden", "own, removed", "own, deleted"):
            facts = plain[without_owner(state)]
            for who, person in self._members():
                self._keep_topic(state, who, self._topic(session, person.member_id, **facts))
        self._fill_posts(session, topics)
        self._fill_desk(session, topics["other's"])
        for state, name in write_profiles(session, [person.member_id for _who, person in self._members()]):
            self._keep("profile", state, "", {"name": name})
        for who, person in self._members():
            self._keep("profile", "own", who, {"name": person.name})
        self._keep("term", "open", "", {"term_id": self._condition})
        self._keep("term", "nowhere", "", {"term_id": NOWHERE})
        for kind, name, there in (
            ("room", "slug", HERE),
            ("treatment", "slug", session.scalars(select(Treatment.slug).limit(1)).one()),
            ("policy", "kind", "terms"),
        ):
            self._keep(kind, "open", "", {name: there})
            self._keep(kind, "nowhere", "", {name: "x" * len(there)})

    def _block(self, session: Session) -> None:
        """Let somebody whom none of them meets otherwise have blocked every member."""
        wren, today = self.others["wren"], clock.now().date()
        session.add_all(
            Block(blocker_id=wren, blocked_id=person.member_id, blocked_on=today)
            for _who, person in self._members()
        )

    def _members(self) -> list[tuple[str, Person]]:
        return [(who, self.people[who]) for who in MEMBERS]

    def _keep_topic(self, state: str, who: str, topic_id: int) -> None:
        names = {"target": self.target, "reply": self._replies.get(topic_id, NOWHERE)}
        self._keep("topic", state, who, {"topic_id": topic_id, "slug": SLUG}, names)

    def _topic(self, session: Session, author_id: int | None, **facts: object) -> int:
        """Add a topic with its first post, and return its number."""
        number, moment = next(self._numbers), clock.now()
        merged = facts.get("state") is TopicState.MERGED
        columns: dict[str, object] = {
            "category_id": self._here,
            "audience": Audience.PUBLIC,
            "state": TopicState.PUBLISHED,
            "locked": False,
            "pinned": 0,
            "merged_into_id": None,
        }
        session.add(
            Topic(
                id=number,
                author_id=author_id,
                locale="en",
                title="Knees and stairs",
                slug=SLUG,
                intent=Intent.EXPERIENCES,
                content_note="",
                started_at=moment,
                last_number=2,
                reply_count=0,
                last_activity_at=moment,
                **(columns | facts),
            )
        )
        session.flush()
        if merged:
            # A line stays, and knows where the first post went.
            target = facts["merged_into_id"]
            assert isinstance(target, int)
            moved_to = self._post(session, target, author_id)
            self._post(session, number, author_id, **LINE, number=1, moved_to_id=moved_to)
        else:
            self._post(session, number, author_id, number=1)
            self._replies[number] = self._post(session, number, self.others["marlow"], number=2)
        return number

    def _post(self, session: Session, topic_id: int, author_id: int | None, **facts: object) -> int:
        """Add a post and return its number."""
        number = next(self._numbers)
        columns: dict[str, object] = {
            "number": number,
            "state": PostState.PUBLISHED,
            "moved_to_id": None,
            "by_topic_author": False,
            "markdown": TEXT.markdown,
            "html": TEXT.html,
        }
        session.add(
            Post(
                id=number,
                topic_id=topic_id,
                author_id=author_id,
                renderer_version=TEXT.renderer_version,
                written_at=clock.now(),
                **(columns | facts),
            )
        )
        session.flush()
        return number

    def _fill_posts(self, session: Session, topics: Mapping[str, int]) -> None:
        """Each post stands in a topic in which others wrote, so that taking it back takes nothing else along."""
        rowan, shared = self.others["rowan"], self._topic(session, self.others["rowan"])
        facts: dict[str, dict[str, object]] = {
            "held": {"state": PostState.HELD},
            "hidden": {"state": PostState.HIDDEN},
            "removed": {"state": PostState.REMOVED},
            "deleted": {**LINE, "state": PostState.DELETED},
        }
        where = {
            "members only": topics["members only"],
            "same condition": topics["same condition"],
            "moderators only": topics["moderators only"],
            "locked": topics["locked"],
            "in hidden topic": topics["hidden"],
        }
        for state in POSTS:
            plain = without_owner(state)
            topic_id, columns = where.get(plain, shared), facts.get(plain, {})
            if state == "moved":
                moved_to = self._post(session, self.target, rowan)
                columns = {**LINE, "moved_to_id": moved_to}
            if state.startswith("own"):
                for who, person in self._members():
                    post_id = self._post(session, topic_id, person.member_id, **columns)
                    self._keep("post", state, who, {"post_id": post_id})
                continue
            writer = self.others[_WRITERS.get(state, "rowan")]
            post_id = NOWHERE if state == "nowhere" else self._post(session, topic_id, writer, **columns)
            self._keep("post", state, "", {"post_id": post_id})
            if state == "other's":
                self.reported = post_id

    def _fill_desk(self, session: Session, topic_id: int) -> None:
        """Reports, each on a post of its own so that nobody works on two at once, and notices."""
        marlow, rowan = self.others["marlow"], self.others["rowan"]
        now = clock.now()
        closed = {"closed_by_id": marlow, "closed_at": now, "outcome": ReportOutcome.ACTED}
        for state, columns in (("open", {}), ("other's", {"claimed_by_id": marlow}), ("closed", closed)):
            report_id = self._report(session, topic_id, **columns)
            self._keep("report", state, "", {"report_id": report_id})
        self._keep("report", "nowhere", "", {"report_id": NOWHERE})
        self._keep("notice", "other's", "", {"notice_id": self._notice(session, self.others["rowan"])})
        self._keep("notice", "nowhere", "", {"notice_id": NOWHERE})
        for kind, add in THEIR_OWN.items():
            self._keep(kind, "other's", "", _numbered(kind, add(session, next(self._numbers), rowan)))
            self._keep(kind, "nowhere", "", _numbered(kind, NOWHERE))
        self._keep("note", "other's", "", {"note_id": self._note(session, marlow)})
        self._keep("note", "nowhere", "", {"note_id": NOWHERE})
        for state, name in NAMES.items():
            self._keep_member(session, state, "", name)
        for who, person in self._members():
            report_id = self._report(session, topic_id, claimed_by_id=person.member_id, claimed_at=now)
            self._keep("report", "own", who, {"report_id": report_id})
            self._keep("notice", "own", who, {"notice_id": self._notice(session, person.member_id)})
            for kind, add in THEIR_OWN.items():
                number = add(session, next(self._numbers), person.member_id)
                self._keep(kind, "own", who, _numbered(kind, number))
            self._keep("note", "own", who, {"note_id": self._note(session, person.member_id)})
            self._keep_member(session, "own", who, person.name)

    def _report(self, session: Session, topic_id: int, **columns: object) -> int:
        number = next(self._numbers)
        session.add(
            Report(
                id=number,
                reason=ReportReason.HARASSMENT,
                post_id=self._post(session, topic_id, self.others["rowan"]),
                reporter_id=self.others["yarrow"],
                post_markdown=TEXT.markdown,
                note="",
                raised_at=clock.now(),
                **columns,
            )
        )
        session.flush()
        return number

    def _keep_member(self, session: Session, state: str, who: str, name: str) -> None:
        uuid = session.scalar(select(Member.uuid).where(Member.name == name))
        seen = newest_decision(session, decided_about(uuid)) if uuid else 0
        self._keep("member", state, who, {"name": name}, {"seen": seen})

    def _note(self, session: Session, author_id: int | None) -> int:
        number = next(self._numbers)
        session.add(
            MemberNote(
                id=number,
                member_id=self.others["rowan"],
                author_id=author_id,
                text="Wrote to her.",
                written_at=clock.now(),
            )
        )
        session.flush()
        return number

    def _notice(self, session: Session, member_id: int | None) -> int:
        number = next(self._numbers)
        session.add(
            Notice(
                id=number,
                member_id=member_id,
                action=Action.POST_HIDE,
                reason=ReasonCode.HARASSMENT,
                post_id=self.reported,
                their_words=TEXT.markdown,
                message="",
                by_role=Role.MODERATOR,
                made_at=clock.now(),
            )
        )
        session.flush()
        return number


def _numbered(kind: str, number: int) -> Values:
    """Return what stands in the address of one of somebody's own."""
    return {"name": file_name_of(number)} if kind == "picture" else {f"{kind}_id": number}
