"""The demo's people, their threads and what moderators were told, made by everybody's commands: valid by construction.

It writes once: a community in which somebody has joined already is left as it is.
"""

import tomllib
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from config import Settings
from forum import clock, consequences
from forum.accounts.commands import change_role
from forum.accounts.models import Member
from forum.accounts.pending_identity import PendingIdentity
from forum.cli.restored import begin_file
from forum.community.commands import categories
from forum.community.commands import writing as commands
from forum.community.commands.profiles import change_profile
from forum.community.commands.reactions import give_reaction
from forum.community.forms import new_submission_key
from forum.community.models.people import AgeBand, FieldAudience, HealthTerm, MemberTerm, TermKind
from forum.community.models.reactions import ReactionKind
from forum.community.models.threads import Audience, Intent, Post
from forum.community.profiles import Said
from forum.community.subjects import visible_post
from forum.community.what_is_sent import PostDraft, PostEdit, TopicDraft
from forum.consent import wording
from forum.consent.commands import join
from forum.consent.drafts import JoinDraft
from forum.consent.queries import policies_in_force
from forum.database.session import Database
from forum.demo.stand_in import GOOGLE_ISSUER
from forum.demo.stand_in.personas import PERSONAS
from forum.moderation.commands.reports import raise_report
from forum.moderation.commands.threads import decide_on_post
from forum.moderation.drafts import ReportDraft, ThreadDraft
from forum.moderation.models import ReasonCode, ReportReason
from forum.permissions.actions import Action
from forum.permissions.actor import OPERATOR, REQUIRED_PURPOSES, Actor, Role
from forum.privacy.erasure_file import FILE
from forum.site.publishing import publish_shipped
from forum.text.markdown import render_post
from forum.text.slots import quoted_block
from forum.text.translate import DEFAULT_LOCALE
from forum.treatments.models import Treatment

SAMPLE = Path(__file__).parent / "sample.en.toml"
# The first of them joined that long ago.
JOINED = timedelta(days=30)
BETWEEN_REPLIES = timedelta(minutes=37)
# What a moderator saw of earlier decisions about something that none was made about.
NOTHING_DECIDED_YET = 0


def make(settings: Settings) -> None:
    """Publish the texts and fill a new community; where there is one, add only texts that are newer."""
    database = Database(settings.database_url, size=2, follower=consequences.follow)
    began = clock.now()
    try:
        with database.reading() as session:
            is_new = session.scalar(select(Member.id).limit(1)) is None
        # The texts come first, as everywhere: nobody can join before there is something to agree to.
        moment = began - JOINED - timedelta(days=1) if is_new else began
        with clock.held_at(moment), database.transaction() as session:
            publish_shipped(session, settings)
        if is_new:
            _fill(database, tomllib.loads(SAMPLE.read_text()), began)
    finally:
        database.dispose()
    if is_new:
        # All of this happened before the list of erasures was begun, which would look like another database's.
        (settings.data_folder / FILE).unlink(missing_ok=True)
        begin_file(settings)


def _fill(database: Database, sample: dict[str, Any], began: datetime) -> None:
    """Make the sample's people and what they wrote, up to the moment the demo began."""
    with clock.held_at(began - JOINED), database.transaction() as session:
        for room in sample["rooms"]:
            default, widest = Audience(room["default_audience"]), Audience(room["widest_audience"])
            categories.set_audiences(session, OPERATOR, room["slug"], default, widest)
    actors = {
        member["name"]: _join(database, member, began - JOINED + timedelta(hours=number))
        for number, member in enumerate(sample["members"])
    }
    for profile in sample["profiles"]:
        name = profile.pop("name")
        actors[name] = _say(database, actors[name], profile, began - JOINED + timedelta(days=1))
    for topic in sample["topics"]:
        _start(database, actors, topic, began - timedelta(days=topic["days_ago"]))
    for post in sample["discussion"]:
        _discuss(database, actors, post, began - timedelta(days=post["days_ago"]))


def _join(database: Database, member: dict[str, Any], moment: datetime) -> Actor:
    """Make a member; one with a persona can be signed in as at the stand-in."""
    persona = PERSONAS.get(member.get("persona", ""))
    subject = persona.google_subject if persona else f"sample-{member['name']}"
    with clock.held_at(moment), database.transaction() as session:
        policies = policies_in_force(session, DEFAULT_LOCALE)
        choices = wording.choices(policies, locale=DEFAULT_LOCALE, gpc=False)
        draft = JoinDraft(
            name=member["name"],
            is_name_confirmed=True,
            given=REQUIRED_PURPOSES,
            policies=frozenset((policy.kind, policy.version) for policy in policies),
            wording_sha256=wording.hash_of_choices(choices),
            gpc=False,
            locale=DEFAULT_LOCALE,
        )
        pending = PendingIdentity("google", GOOGLE_ISSUER, subject, None, (), "/")
        member_id = join(session, pending, draft, ban_keys=())
        if "role" in member:
            change_role(session, OPERATOR, member["name"], Role(member["role"]))
        if "answers_for" in member:
            categories.answer_for_categories(session, OPERATOR, member_id, member["answers_for"])
        uuid = session.scalars(select(Member.uuid).where(Member.id == member_id)).one()
    return Actor(
        member_id=member_id, uuid=uuid, name=member["name"], role=Role(member.get("role", Role.MEMBER))
    )


def _say(database: Database, actor: Actor, profile: dict[str, Any], moment: datetime) -> Actor:
    """Let somebody say this about themselves, and return them with the conditions that they share."""
    values: dict[str, Any] = dict(profile)
    for name, value in profile.items():
        if name.endswith("_for"):
            values[name] = FieldAudience(value)
        elif name in ("conditions", "treatments"):
            values[name] = frozenset(value)
        elif name == "age_band":
            values[name] = AgeBand(value)
    said = Said(**values)
    with clock.held_at(moment), database.transaction() as session:
        change_profile(session, actor, said)
        conditions = session.scalars(
            select(HealthTerm.id)
            .join(MemberTerm, MemberTerm.term_id == HealthTerm.id)
            .where(MemberTerm.member_id == actor.member_id, HealthTerm.kind == TermKind.CONDITION)
        )
        return replace(actor, condition_ids=frozenset(conditions))


def _start(database: Database, actors: dict[str, Actor], topic: dict[str, Any], moment: datetime) -> None:
    author = actors[topic["author"]]
    draft = TopicDraft(
        category_slug=topic["category"],
        title=topic["title"],
        intent=Intent(topic["intent"]),
        content_note=topic.get("content_note", ""),
        audience=Audience(topic["audience"]),
        body=render_post(topic["text"].strip()),
        submission_key=new_submission_key(),
        condition_slug=topic.get("condition", ""),
    )
    with clock.held_at(moment), database.transaction() as session:
        post_id = commands.start_topic(session, author, draft)
        topic_id = visible_post(session, author, post_id).topic_id
    _react(database, actors, post_id, topic.get("reactions", {}), moment + BETWEEN_REPLIES)
    for number, reply in enumerate(topic.get("replies", ()), start=1):
        _reply(database, actors, topic_id, reply, moment + number * BETWEEN_REPLIES)


def _discuss(database: Database, actors: dict[str, Actor], post: dict[str, Any], moment: datetime) -> None:
    """Reply in the discussion of the treatment that ships."""
    with database.reading() as session:
        topic_id = session.scalars(select(Treatment.topic_id).order_by(Treatment.id).limit(1)).one()
    _reply(database, actors, topic_id, post, moment)


def _reply(
    database: Database, actors: dict[str, Actor], topic_id: int, post: dict[str, Any], moment: datetime
) -> None:
    author = actors[post["author"]]
    with clock.held_at(moment), database.transaction() as session:
        text = _quoted(session, topic_id, post["quotes"]) if "quotes" in post else ""
        body = render_post(text + post["text"].strip())
        draft = PostDraft(body=body, submission_key=new_submission_key())
        post_id = commands.publish_post(session, author, topic_id, draft)
    _react(database, actors, post_id, post.get("reactions", {}), moment + BETWEEN_REPLIES)
    if "later" in post:
        edit = PostEdit(body=render_post(text + post["later"].strip()))
        with clock.held_at(moment + BETWEEN_REPLIES), database.transaction() as session:
            commands.edit_post(session, author, post_id, edit)
    for told in post.get("told", ()):
        report = ReportDraft(ReportReason(told["reason"]), told.get("note", ""))
        with clock.held_at(moment + BETWEEN_REPLIES), database.transaction() as session:
            raise_report(session, actors[told["by"]], post_id, report)
    if hidden := post.get("hidden"):
        decision = ThreadDraft(NOTHING_DECIDED_YET, ReasonCode(hidden["reason"]), hidden["message"])
        with clock.held_at(moment + 2 * BETWEEN_REPLIES), database.transaction() as session:
            decide_on_post(session, actors[hidden["by"]], post_id, Action.POST_HIDE, decision)


def _quoted(session: Session, topic_id: int, quotes: dict[str, Any]) -> str:
    """Return words of an earlier post of the topic as whoever quotes them types it."""
    where = (Post.topic_id == topic_id, Post.number == quotes["number"])
    post_id = session.scalars(select(Post.id).where(*where)).one()
    return f"{quoted_block(quotes['number'], post_id, quotes['words'])}\n\n"


def _react(
    database: Database,
    actors: dict[str, Actor],
    post_id: int,
    reactions: dict[str, list[str]],
    moment: datetime,
) -> None:
    if not reactions:
        return
    with clock.held_at(moment), database.transaction() as session:
        for kind, names in reactions.items():
            for name in names:
                give_reaction(session, actors[name], post_id, ReactionKind(kind))
