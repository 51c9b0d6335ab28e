"""The community in which every surface is looked at, made by the ordinary commands, and what happens in it later."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta

from flask import Flask
from sqlalchemy import select, update
from sqlalchemy.orm import Session
from werkzeug.test import TestResponse

from config import Settings
from forum import clock
from forum.accounts.models import EmailAddress, Identity, Member, SignInSession
from forum.community.commands.bookmarks import keep_bookmark
from forum.community.commands.categories import publish_category
from forum.community.commands.drafts import keep_draft, take_along
from forum.community.commands.images import add_picture
from forum.community.commands.reactions import give_reaction
from forum.community.commands.writing import edit_post, publish_post, start_topic
from forum.community.models.blocks import Block
from forum.community.models.images import Image
from forum.community.models.people import AgeBand, HealthTerm, MemberTerm, Profile, TermKind
from forum.community.models.reactions import ReactionKind
from forum.community.models.threads import SHARED, Audience, Intent, Post
from forum.community.picture_files import store_of, take_in
from forum.community.profiles import listed_as
from forum.community.unsent import DraftPlace, Known, Unsent
from forum.community.what_is_sent import CategoryDraft, PostDraft, PostEdit, TopicDraft
from forum.consent.models import ConsentRecord
from forum.database.session import Database
from forum.moderation.commands.reports import raise_report
from forum.moderation.drafts import ReportDraft
from forum.moderation.models import ReportReason
from forum.permissions.actor import OPERATOR, REQUIRED_PURPOSES, VISITOR, MemberState, Purpose
from forum.text.markdown import render_post
from forum.web.soft_writes import SoftWrites
from tests import cast
from tests.authorization.policies import draft_terms
from tests.cast import Someone
from tests.community.conftest import new_key
from tests.images import made
from tests.leaks import markers as parts
from tests.leaks.markers import AGES, COUNTRIES, FIELDS, TOPICS, Name, word
from tests.leaks.readers import ROLES
from tests.site.texts import publish_texts

ROOM, OTHER_ROOM = "walked-room", "second-room"
# Who shares it reads what is for those with the same condition. Everybody who writes is offered it.
SHARED_CONDITION = "shared-condition"
# The owners of the profiles whose fields are for these readers. The author's are for nobody.
OWNERS = {"nobody": "Rowan", "members": "Minnow", "everyone": "Everdale"}
# Whose name stands nowhere but where it is told whom somebody blocked.
BLOCKED = "Brambledale"
# Who gives each topic's first post a kind answer, and does nothing else.
KIND = {
    "public": "Thrushdale",
    "unlisted": "Finchdale",
    "members": "Larkdale",
    "condition": "Wrendale",
}
# No row has this number.
NOWHERE = 9999
_TOKEN = re.compile(r'name="csrf_token"[^>]*value="([^"]+)"')


@dataclass(slots=True)
class Stage:
    """A forum in which there is one of everything, its people, and the words that stand in it."""

    app: Flask
    people: dict[str, Someone] = field(default_factory=dict)
    # What addresses are made of; and what each topic and each profile has of its own.
    values: dict[str, object] = field(default_factory=dict)
    of_topics: dict[str, dict[str, object]] = field(default_factory=dict)
    of_profiles: dict[str, dict[str, object]] = field(
        default_factory=lambda: {
            of: {"owner": name, **({"told_owner": name} if of != "nobody" else {})}
            for of, name in OWNERS.items()
        }
    )
    markers: dict[Name, str] = field(default_factory=dict)
    # Whom each topic is for by now, and each that nobody answered; and as whom each role is looked up by now.
    audiences: dict[str, Audience] = field(default_factory=lambda: dict(TOPICS))
    waiting_audiences: dict[str, Audience] = field(default_factory=lambda: dict(TOPICS))
    stands_as: dict[str, str] = field(default_factory=lambda: {role: role for role in ROLES})
    # Nobody is shown the author's words any more.
    author_rests: bool = False
    # At which addresses somebody found something at first.
    seen: set[tuple[str, str]] = field(default_factory=set)
    # The pictures' files, by their names.
    picture_files: dict[str, bytes] = field(default_factory=dict)
    _browsers: dict[str, tuple[str, str]] = field(default_factory=dict)

    @property
    def database(self) -> Database:
        """Return the forum's database."""
        database: Database = self.app.extensions["alongside"].database
        return database

    @property
    def settings(self) -> Settings:
        """Return the forum's settings."""
        settings: Settings = self.app.extensions["alongside"].settings
        return settings

    def audience_of(self, name: Name) -> Audience | None:
        """Return for whom the topic is by now in which a word stands; None for words that stand in none."""
        part, of = name
        if part == parts.ELSEWHERE:
            return TOPICS[of]
        if part in (parts.WAITS, parts.ASKS):
            return self.waiting_audiences[of]
        return self.audiences[of] if part in parts.OF_TOPICS else None

    def stands_as_to(self, role: str, name: Name) -> str:
        """Return as whom somebody is looked up by now; how others stand to the author is nothing to a third."""
        is_others = name[0] in parts.OF_PROFILES and not parts.is_authors(name)
        return role if is_others else self.stands_as[role]

    def ask(
        self,
        role: str,
        address: str,
        form: Mapping[str, str] | None = None,
        *,
        post: bool = False,
        follow: bool = False,
    ) -> TestResponse:
        """Send what this person's browser would: a question, or a form with the token of its page."""
        cookie, token = self._browser(role)
        data = {"csrf_token": token, **(form or {})} if post else None
        return self.app.test_client(use_cookies=False).open(
            address,
            method="POST" if post else "GET",
            data=data,
            headers={"Cookie": cookie, "Accept": "text/html"},
            follow_redirects=follow,
            buffered=True,
        )

    def _browser(self, role: str) -> tuple[str, str]:
        if role not in self._browsers:
            client = self.people[role].client if role in self.people else cast.visitor(self.app)
            found = _TOKEN.search(client.get("/settings/reading").text)
            cookie = client.get_cookie(self.app.config["SESSION_COOKIE_NAME"])
            assert found is not None
            assert cookie is not None
            self._browsers[role] = (f"{cookie.key}={cookie.value}", found[1])
        return self._browsers[role]


def set_stage(app: Flask) -> Stage:
    """Fill a new forum."""
    stage = Stage(app)
    # What pages leave to be written down soon would come in between.
    app.extensions["soft_writes"] = SoftWrites(stage.database, room=0)
    publish_texts(app)
    with stage.database.transaction() as session:
        here, there = (
            publish_category(session, OPERATOR, CategoryDraft(slug, slug, "A room", "", False, 90))
            for slug in (ROOM, OTHER_ROOM)
        )
        terms = draft_terms(session)
    stage.values |= {"room": ROOM, "treatment": "intrathecal-implants", "terms": terms, "nowhere": NOWHERE}
    _gather(stage, here, there)
    _say_of_themselves(stage)
    for label in TOPICS:
        _begin_topic(stage, label)
    _add_own(stage)
    _block(stage)
    _set_apart(stage)
    _put_words(stage)
    return stage


def _put_words(stage: Stage) -> None:
    """Let addresses be made of the words that are looked for, too: ``{title_word}`` of each topic."""
    for (part, of), marker in stage.markers.items():
        # A topic and a profile can be for the same readers.
        own = stage.of_topics if part in parts.OF_TOPICS else stage.of_profiles
        values = own[of] if of else stage.values
        values[f"{part.replace(' ', '_')}_word"] = marker


# --- people -----------------------------------------------------------------------------------------------


def _gather(stage: Stage, here: int, there: int) -> None:
    app = stage.app
    stage.people |= {
        "member": cast.member(app, "Juniper"),
        "sharer": cast.member(app, "Tansy"),
        "author": cast.member(app, OWNERS["nobody"], given=(*REQUIRED_PURPOSES, Purpose.EMAIL)),
        "blocked": cast.member(app, BLOCKED),
        "blocker": cast.member(app, "Wren"),
        "suspended": cast.suspended(app, "Heath"),
        "withdrawn": cast.member(app, "Clover"),
        "waiting": cast.member(app, "Fern"),
        "supporter": cast.peer_supporter(app, "Linden"),
        "here": cast.category_moderator(app, here, "Alder"),
        "there": cast.category_moderator(app, there, "Larch"),
        "moderator": cast.moderator(app, "Cedar"),
        "administrator": cast.administrator(app, "Aspen"),
        # Who are no column: who answers, who does so where only moderators can, and who gives kind answers.
        "other": cast.member(app, "Marlow"),
        "answering": cast.moderator(app, "Hornbeam"),
        "members' owner": cast.member(app, OWNERS["members"]),
        "everyone's owner": cast.member(app, OWNERS["everyone"]),
    }
    stage.people |= {f"kind {label}": cast.member(app, name) for label, name in KIND.items()}


def _say_of_themselves(stage: Stage) -> None:
    """Let some share a condition, and three have profiles, whose fields are for different readers."""
    owners = {"nobody": "author", "members": "members' owner", "everyone": "everyone's owner"}
    stage.values["author"] = OWNERS["nobody"]
    bands = {one.label: one for one in AgeBand}
    codes = {"Bhutan": "BT", "Tuvalu": "TV", "Andorra": "AD"}
    with stage.database.transaction() as session:
        stage.values["condition"] = _term(session, TermKind.CONDITION, SHARED_CONDITION, "With pain")
        for role in ("sharer", "author", "withdrawn", "other", "kind condition"):
            _take(stage, session, role, int(str(stage.values["condition"])))
        # Who has another one reads none of what those with this one share.
        another = _term(session, TermKind.CONDITION, "another-condition", "With aches")
        for role in ("member", "supporter"):
            _take(stage, session, role, another)
        for of, who in owners.items():
            for part, kind in ((parts.CONDITION, TermKind.CONDITION), (parts.TREATMENT, TermKind.TREATMENT)):
                name = stage.markers[part, of] = word(part, of)
                # Offered no more, so that it stands where somebody has it and on no form of anybody else.
                _take(stage, session, who, _term(session, kind, name, name, offered=False))
            stage.markers |= {
                (parts.ABOUT, of): word(parts.ABOUT, of),
                (parts.COUNTRY, of): COUNTRIES[of],
                (parts.AGE, of): AGES[of],
            }
            fields = ("about_for", "conditions_for", "treatments_for", "country_for", "age_band_for")
            session.add(
                Profile(
                    member_id=stage.people[who].member_id,
                    about=stage.markers[parts.ABOUT, of],
                    country=codes[COUNTRIES[of]],
                    age_band=bands[AGES[of]],
                    listed_as=listed_as(stage.people[who].name),
                    **dict.fromkeys(fields, FIELDS[of]),
                )
            )


def _term(session: Session, kind: TermKind, slug: str, name: str, *, offered: bool = True) -> int:
    term = HealthTerm(kind=kind, slug=slug, locale="en", name=name, offered=offered)
    session.add(term)
    session.flush()
    return term.id


def _take(stage: Stage, session: Session, who: str, term_id: int) -> None:
    session.add(MemberTerm(member_id=stage.people[who].member_id, term_id=term_id))
    session.flush()


def _block(stage: Stage) -> None:
    """Let one be blocked by, and one block, everybody who has a topic or a profile."""
    today = clock.now().date()
    with stage.database.transaction() as session:
        for who in ("author", "members' owner", "everyone's owner"):
            for blocker, blocked in ((who, "blocked"), ("blocker", who)):
                one = {
                    "blocker_id": stage.people[blocker].member_id,
                    "blocked_id": stage.people[blocked].member_id,
                }
                session.add(Block(**one, blocked_on=today))


def _set_apart(stage: Stage) -> None:
    """Let one wait and one rest, now that everything is written, and let nobody's proof end while all is looked at."""
    cast.withdraw(stage.database, stage.people["withdrawn"].uuid, Purpose.HEALTH_DATA)
    states = {"waiting": MemberState.WAITING, "withdrawn": MemberState.PAUSED}
    with stage.database.transaction() as session:
        for who, state in states.items():
            one = Member.id == stage.people[who].member_id
            session.execute(update(Member).where(one).values(state=state))
        session.execute(update(SignInSession).values(proved_at=clock.now() + timedelta(days=1)))


# --- what is written --------------------------------------------------------------------------------------


def _begin_topic(stage: Stage, label: str) -> None:
    """Write a topic with everything that one can have, and quote it where that can be."""
    mine = {part: word(part, label) for part in parts.OF_TOPICS if part not in (parts.PICTURE, parts.REACTED)}
    if TOPICS[label] not in SHARED:
        # What not everybody may read who could read another topic is quoted where it stands, and nowhere else.
        del mine[parts.ELSEWHERE]
    author, audience = stage.people["author"].actor, TOPICS[label]
    answering = "answering" if audience is Audience.MODERATORS_AND_AUTHOR else "other"
    other = stage.people[answering].actor
    condition = SHARED_CONDITION if audience is Audience.SAME_CONDITION else ""
    sentence = f"Somebody repeats {mine[parts.QUOTED]} later."

    def draft(title: str, text: str, note: str = "") -> TopicDraft:
        return TopicDraft(
            category_slug=ROOM,
            title=title,
            intent=Intent.EXPERIENCES,
            content_note=note,
            audience=audience,
            body=render_post(text),
            submission_key=new_key(),
            condition_slug=condition,
        )

    place, unsent, known = DraftPlace(category_slug=ROOM), Unsent("On its way."), Known()
    with stage.database.transaction() as session:
        draft_id, revision = keep_draft(session, author, place, unsent, known)
    sent = made.saved(made.pixels(size=(64, 48)), "JPEG")
    taken = take_in(stage.database, store_of(stage.settings), sent, f"A picture of {mine[parts.ALT]}")
    with stage.database.transaction() as session:
        add_picture(session, author, draft_id, taken)
        first = start_topic(
            session,
            author,
            draft(f"About {mine[parts.TITLE]}", f"{mine[parts.EARLIER]}\n\n{sentence}", mine[parts.NOTE]),
        )
        take_along(session, author, place, unsent, Known(revision), first)
        edit_post(session, author, first, PostEdit(render_post(f"{mine[parts.OPENING]}\n\n{sentence}")))
    with stage.database.transaction() as session:
        topic_id = session.scalars(select(Post.topic_id).where(Post.id == first)).one()
        reply = publish_post(session, other, topic_id, _reply(mine[parts.REPLY]))
        quote = f"> [#1](/posts/{first})\n> {sentence}\n\n"
        quoting = publish_post(session, other, topic_id, _reply(quote + mine[parts.QUOTING]))
        elsewhere = 0
        if parts.ELSEWHERE in mine:
            other_first = start_topic(session, other, draft("Another topic", quote + mine[parts.ELSEWHERE]))
            elsewhere = session.scalars(select(Post.topic_id).where(Post.id == other_first)).one()
        if label in KIND:
            mine[parts.REACTED] = KIND[label]
            give_reaction(session, stage.people[f"kind {label}"].actor, first, ReactionKind.WITH_YOU)
        asked = draft(f"Waiting {mine[parts.WAITS]}", f"Who {mine[parts.ASKS]}?")
        waits = start_topic(session, author, asked)
        report = raise_report(session, VISITOR if label == "public" else other, first, _worry())
        waits_topic = session.scalars(select(Post.topic_id).where(Post.id == waits)).one()
        picture = session.scalars(select(Image.name).where(Image.post_id == first)).one()
    stage.markers |= {(part, label): one for part, one in mine.items()}
    stage.markers[parts.PICTURE, label] = picture
    stage.picture_files[picture] = store_of(stage.settings).read(picture) or b""
    stage.of_topics[label] = {
        "topic": topic_id,
        "first": first,
        "reply": reply,
        "quoting": quoting,
        "elsewhere": elsewhere,
        "picture": picture,
        "waits": waits_topic,
        "report": report,
    }


def _reply(text: str) -> PostDraft:
    return PostDraft(render_post(text), new_key())


def _worry() -> ReportDraft:
    return ReportDraft(ReportReason.WORRIED_ABOUT_SOMEONE, "")


def _add_own(stage: Stage) -> None:
    """Give the author a draft, a bookmark with a note, and an address; and let whom they will block have written."""
    author = stage.people["author"]
    own = {(part, ""): word(part, "") for part in parts.PERSONAL}
    stage.markers |= own | {(parts.BLOCKED, ""): BLOCKED}
    place = DraftPlace(category_slug=ROOM)
    with stage.database.transaction() as session:
        unsent = Unsent(own[parts.DRAFT, ""], title=own[parts.DRAFT_TITLE, ""])
        stage.values["draft"], _ = keep_draft(session, author.actor, place, unsent, Known())
        for topic in stage.of_topics.values():
            keep_bookmark(session, author.actor, int(str(topic["reply"])), f"Read {own[parts.BOOKMARK, '']}")
        chat = start_topic(
            session,
            stage.people["member"].actor,
            TopicDraft(
                category_slug=ROOM,
                title="Hello there",
                intent=Intent.GOOD_NEWS,
                content_note="",
                audience=Audience.PUBLIC,
                body=render_post("Glad to be here."),
                submission_key=new_key(),
            ),
        )
        stage.values |= {
            "chat_post": chat,
            "chat": session.scalars(select(Post.topic_id).where(Post.id == chat)).one(),
        }
        mine = Identity.member_id == author.member_id
        stage.values["identity"] = session.scalars(select(Identity.id).where(mine)).one()
        session.add(
            EmailAddress(member_id=author.member_id, address="letters@forum.invalid", verified_at=clock.now())
        )
        newest = select(ConsentRecord.sequence).where(ConsentRecord.subject == author.uuid)
        stage.values["receipt"] = session.scalars(
            newest.order_by(ConsentRecord.sequence.desc()).limit(1)
        ).one()
