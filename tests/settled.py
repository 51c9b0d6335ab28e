"""A small community in which every part of the forum shows at least once: what walks over all pages walk through."""

from dataclasses import dataclass, field, replace
from datetime import timedelta
from urllib.parse import urlsplit

from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from config import Settings
from forum import clock
from forum.accounts.account_notices import tell
from forum.accounts.deletion_requests import ask_for_deletion
from forum.accounts.devices import BrowserFamily, Device, SystemFamily
from forum.accounts.models import AccountEvent, Identity, Passkey
from forum.accounts.pending_identity import seal
from forum.accounts.providers import Provider
from forum.accounts.providers.signed_requests import SignedCall
from forum.accounts.recovery_codes import make_codes
from forum.accounts.sign_in_sessions import sign_in
from forum.accounts.tokens import new_token
from forum.community.commands import categories
from forum.community.commands import writing as commands
from forum.community.commands.bookmarks import keep_bookmark
from forum.community.commands.drafts import keep_draft
from forum.community.commands.images import add_picture
from forum.community.commands.reactions import give_reaction
from forum.community.models.blocks import Block
from forum.community.models.people import FieldAudience
from forum.community.models.reactions import ReactionKind
from forum.community.models.threads import Audience, Intent, Post
from forum.community.picture_files import store_of, take_in
from forum.community.unsent import DraftPlace, Known, Unsent
from forum.community.what_is_sent import CategoryDraft, PostEdit, TopicDraft
from forum.consent.drafts import PolicyDraft, PolicyEdit
from forum.consent.models import ConsentRecord, PolicyKind
from forum.consent.policies import publish_policy, save_draft, seen_now
from forum.database.session import Database
from forum.moderation.commands.members import note_member, suspend_member
from forum.moderation.commands.reports import raise_report
from forum.moderation.commands.threads import decide_on_post
from forum.moderation.commands.working import claim_report
from forum.moderation.drafts import ClaimDraft, ReportDraft, SuspendDraft, ThreadDraft
from forum.moderation.models import Notice, ReasonCode, ReportReason
from forum.permissions.actions import Action
from forum.permissions.actor import OPERATOR, VISITOR, Actor
from forum.privacy.exports import ask_for_export
from forum.privacy.models import DataExport, ExportState
from forum.text.markdown import render_post
from forum.text.translate import DEFAULT_LOCALE
from forum.treatments.models import Treatment
from tests import cast
from tests.cast import Someone
from tests.community.conftest import new_key, reply, start
from tests.images import made
from tests.site.texts import publish_texts

# Under which the people of the cast are known.
CAST_ISSUER = "https://google.stand-in.invalid"
ROOM = "quiet-room"
EMPTY_ROOM = "empty-room"
TREATMENT = "intrathecal-implants"
# One more than fit on a page of a topic.
REPLIES = 21

# Everything people wrote in this community. Whoever reads the pages knows by it what is theirs and what is ours.
ROOM_NAME = "Quiet room"
ROOM_PURPOSE = "A room for walking through all pages"
EMPTY_ROOM_NAME = "Empty room"
EMPTY_ROOM_PURPOSE = "Nobody came by so far"
WELCOME = "Whoever comes in may sit down."
TITLE = "Knees and stairs"
LISTENING_TITLE = "Rain again"
MEMBERS_TITLE = "Between members"
OWN_TEXT = "Stairs are hard for me since spring."
REPLY_TEXT = "Same here with both knees."
EDITED_TEXT = "Same here with my left knee."
NOTE = "long stairs"
WORRY_NOTE = "Goodbyes were said."
RULE_NOTE = "Selling pillows."
MESSAGE = "Knees belong elsewhere."
MEMBER_NOTE = "Wrote about pillows twice."
OLDER_TERMS = "Words that once held."
TERMS_TO_COME = "# Soon\n\nWords that once held here.\n\n- Something more\n"
DRAFTED_TERMS = "Words that once *held* us all.\n\nAnd a thought beside them.\n"
PASSKEY_NAME = "Old tablet"
PICTURE_ALT = "A cat on a heating pad"
BOOKMARK_NOTE = "Read this to my sister"
ABOUT = "I garden from a chair."
# On the list of conditions, as an administrator worded it.
CONDITION = "aching-knees"
# A topic that those alone read who say that they have the condition.
SHARING_TITLE = "Between those who know"
WRITTEN = (
    ROOM_NAME,
    ROOM_PURPOSE,
    EMPTY_ROOM_NAME,
    EMPTY_ROOM_PURPOSE,
    WELCOME,
    TITLE,
    LISTENING_TITLE,
    MEMBERS_TITLE,
    OWN_TEXT,
    REPLY_TEXT,
    EDITED_TEXT,
    NOTE,
    WORRY_NOTE,
    RULE_NOTE,
    MESSAGE,
    MEMBER_NOTE,
    OLDER_TERMS,
    PASSKEY_NAME,
    BOOKMARK_NOTE,
    PICTURE_ALT,
    ABOUT,
    "Aching knees",
    SHARING_TITLE,
)


@dataclass(frozen=True, slots=True)
class Community:
    """A forum in which something has happened, the people who open its pages, and what addresses are made of."""

    app: Flask
    people: dict[str, Someone]
    parts: dict[str, object]
    # What people wrote: names, titles, texts.
    written: frozenset[str] = field(repr=False)

    @property
    def database(self) -> Database:
        """Return the forum's database."""
        database: Database = self.app.extensions["alongside"].database
        return database

    def client(self, who: str) -> FlaskClient:
        """Return a new browser of this person."""
        if who == "joining":
            return _at_consent(self.app)
        if who == "visitor":
            return cast.visitor(self.app)
        return cast.signed_in(self.app, self.people[who].token)

    def cookies(self, who: str) -> list[dict[str, str]]:
        """Return this person's cookies, for the jar of a real browser that opens the forum's own address."""
        settings: Settings = self.app.extensions["alongside"].settings
        client = self.client(who)
        names = (self.app.config["SESSION_COOKIE_NAME"], "pending")
        found = (client.get_cookie(name, domain=_host(settings)) for name in names)
        return [
            {"name": cookie.key, "value": cookie.value, "url": settings.base_url}
            for cookie in found
            if cookie is not None
        ]


# --- the community ---------------------------------------------------------------------------------------


def settle(app: Flask) -> Community:
    """Fill a new forum: two rooms, topics of every kind, a reply taken back, one edited, two reports."""
    database: Database = app.extensions["alongside"].database
    publish_texts(app)
    people = {
        "member": cast.member(app, "Juniper"),
        "moderator": cast.moderator(app, "Cedar"),
        "administrator": cast.administrator(app, "Aspen"),
        "unproven": _unproven(app),
        # Who took back what writing needs, and is asked for it again.
        "resting": cast.consent_withdrawn(app, "Sage"),
    }
    other = cast.peer_supporter(app, "Linden")
    me = people["member"].actor
    with database.transaction() as session:
        categories.publish_category(
            session, OPERATOR, CategoryDraft(ROOM, ROOM_NAME, ROOM_PURPOSE, WELCOME, True, 90)
        )
        categories.publish_category(
            session,
            OPERATOR,
            CategoryDraft(EMPTY_ROOM, EMPTY_ROOM_NAME, EMPTY_ROOM_PURPOSE, WELCOME, False, 91),
        )
        _reword_the_terms(session, people["administrator"])
    topic = start(database, me, _topic(TITLE, OWN_TEXT, Intent.EXPERIENCES, note=NOTE))
    replies = [reply(database, other.actor, topic, REPLY_TEXT) for _count in range(REPLIES)]
    own_reply = reply(database, me, topic, REPLY_TEXT)
    listening = start(database, other.actor, _topic(LISTENING_TITLE, REPLY_TEXT, Intent.JUST_LISTEN))
    members = start(
        database, other.actor, _topic(MEMBERS_TITLE, REPLY_TEXT, Intent.GOOD_NEWS, Audience.MEMBERS)
    )
    term = cast.say_condition(people["member"], CONDITION)
    cast.say_condition(other, CONDITION)
    cast.introduce(people["member"], ABOUT, FieldAudience.MEMBERS)
    cast.introduce(other, ABOUT, FieldAudience.EVERYONE)
    shared = _topic(SHARING_TITLE, REPLY_TEXT, Intent.EXPERIENCES, Audience.SAME_CONDITION)
    sharing = start(database, people["member"].actor, replace(shared, condition_slug=CONDITION))
    with database.transaction() as session:
        # Another browser, in which the member is logged in as well.
        sign_in(
            session, people["member"].member_id, device=Device(BrowserFamily.FIREFOX, SystemFamily.ANDROID)
        )
        commands.delete_post(session, other.actor, replies[0])
        commands.edit_post(session, other.actor, replies[1], PostEdit(render_post(EDITED_TEXT)))
        worry = raise_report(
            session, me, replies[2], ReportDraft(ReportReason.WORRIED_ABOUT_SOMEONE, WORRY_NOTE)
        )
        report = raise_report(
            session, VISITOR, replies[3], ReportDraft(ReportReason.SPAM_OR_SELLING, RULE_NOTE)
        )
        claimed = raise_report(session, me, replies[4], ReportDraft(ReportReason.HARASSMENT, RULE_NOTE))
        claim_report(session, people["moderator"].actor, claimed or 0, ClaimDraft(seen=0, take_over=False))
    with database.transaction() as session:
        # On the same page one that the member gave, and one that they were given.
        give_reaction(session, me, replies[2], ReactionKind.SAME_HERE)
        give_reaction(session, people["moderator"].actor, _first_post(database, topic), ReactionKind.WITH_YOU)
    listening_post = _first_post(database, listening)
    with database.transaction() as session:
        keep_bookmark(session, me, listening_post, BOOKMARK_NOTE)
        place = DraftPlace(category_slug=ROOM)
        draft, _ = keep_draft(session, me, place, Unsent(REPLY_TEXT, title="Half a title"), Known())
    _add_picture(app, me, draft)
    hidden = reply(database, me, topic, REPLY_TEXT)
    with database.transaction() as session:
        # Soon a neutral line.
        keep_bookmark(session, people["moderator"].actor, hidden, BOOKMARK_NOTE)
    suspended = _moderate(app, people["moderator"], hidden)
    with database.transaction() as session:
        # Who wrote nothing, so that nothing is missing from any page.
        one = {"blocker_id": people["member"].member_id, "blocked_id": suspended.member_id}
        session.add(Block(**one, blocked_on=clock.now().date()))
    parts: dict[str, object] = {
        "room": ROOM,
        "empty_room": EMPTY_ROOM,
        "treatment": TREATMENT,
        "topic": topic,
        "topic_address": _address(app, topic),
        "listening_address": _address(app, listening),
        "members_address": _address(app, members, people["member"]),
        "sharing_address": _address(app, sharing, people["member"]),
        "discussion_address": _discussion(app),
        "term": term,
        "own_post": _first_post(database, topic),
        "own_reply": own_reply,
        "kept_post": listening_post,
        "draft": draft,
        "post": replies[2],
        "edited_post": replies[1],
        "worry": worry,
        "report": report,
        "claimed": claimed,
        "hidden_post": hidden,
        "notice": _newest_notice(database, people["member"]),
        "receipt": _newest_receipt(database, people["member"]),
        "identity": _add_identity(database, people["member"]),
        "passkey": _add_passkey(database, people["member"]),
        "last_identity": _first_identity(database, people["moderator"]),
        **_deletion_requests(app),
    }
    _add_copies(people["moderator"], people["administrator"])
    names = [*(someone.name for someone in people.values()), other.name, suspended.name]
    return Community(app, people, parts, frozenset([*names, *WRITTEN]))


def _add_picture(app: Flask, me: Actor, draft_id: int) -> None:
    """Add a picture to a draft, as its page does."""
    installed = app.extensions["alongside"]
    sent = made.saved(made.pixels(size=(640, 480)), "JPEG")
    taken = take_in(installed.database, store_of(installed.settings), sent, PICTURE_ALT)
    with installed.database.transaction() as session:
        add_picture(session, me, draft_id, taken)


def _moderate(app: Flask, moderator: Someone, post_id: int) -> Someone:
    """Hide a post, write a note on a member and suspend them, and return who that is."""
    suspended, actor = cast.member(app, "Bramble"), moderator.actor
    database: Database = app.extensions["alongside"].database
    with database.transaction() as session:
        draft = ThreadDraft(seen=0, reason=ReasonCode.OFF_TOPIC, message=MESSAGE)
        decide_on_post(session, actor, post_id, Action.POST_HIDE, draft)
        note_member(session, actor, suspended.name, MEMBER_NOTE)
        rest = SuspendDraft(seen=0, reason=ReasonCode.REPEATED, message=MESSAGE, days=7)
        suspend_member(session, actor, suspended.name, rest)
    return suspended


def _unproven(app: Flask) -> Someone:
    """Make a moderator who logged in a while ago, and can show by Google or by a code that it is still they."""
    someone = cast.moderator(app, "Laurel")
    with someone.database.transaction() as session:
        make_codes(session, someone.actor)
        token = sign_in(session, someone.member_id)
    return replace(someone, token=token, client=cast.signed_in(app, token))


def _newest_receipt(database: Database, who: Someone) -> int:
    """Return the number of what somebody decided last."""
    newest = select(func.max(ConsentRecord.sequence)).where(ConsentRecord.subject == who.uuid)
    with database.reading() as session:
        return session.execute(newest).scalar_one()


def _add_identity(database: Database, who: Someone) -> int:
    """Let somebody log in with Facebook, too, and be told of it; return the first identity that they had."""
    with database.transaction() as session:
        session.add(
            Identity(
                member_id=who.member_id,
                issuer="https://facebook.stand-in.invalid",
                subject="walked",
                added_at=clock.now(),
            )
        )
        tell(session, who.member_id, AccountEvent.IDENTITY_ADDED, "facebook")
    return _first_identity(database, who)


def _add_passkey(database: Database, who: Someone) -> int:
    """Let somebody have a passkey that they named, which nobody uses here, and return it."""
    with database.transaction() as session:
        passkey = Passkey(
            member_id=who.member_id,
            credential_id="walked",
            user_handle="walked",
            public_key=b"",
            sign_count=0,
            name=PASSKEY_NAME,
            added_at=clock.now(),
            last_used_on=clock.now().date(),
        )
        session.add(passkey)
        session.flush()
        return passkey.id


def _reword_the_terms(session: Session, administrator: Someone) -> None:
    """Publish a version of the terms, announce another one, and lay a draft beside them."""
    kind = PolicyKind.TERMS
    publish_policy(session, OPERATOR, PolicyDraft(kind, DEFAULT_LOCALE, "Terms", OLDER_TERMS))
    soon = clock.now() + timedelta(days=30)
    publish_policy(
        session,
        OPERATOR,
        PolicyDraft(kind, DEFAULT_LOCALE, "Terms", TERMS_TO_COME, material=True, effective_at=soon),
    )
    seen = seen_now(session, kind, DEFAULT_LOCALE)
    save_draft(session, administrator.actor, PolicyEdit(kind, DEFAULT_LOCALE, seen, "Terms", DRAFTED_TERMS))


def _add_copies(waiting: Someone, served: Someone) -> None:
    """Let one wait for a copy of their data after one that failed, and another have one that is ready."""
    asked_at = clock.now() - timedelta(days=2)
    with waiting.database.transaction() as session:
        for who, state in ((waiting, ExportState.FAILED), (served, ExportState.READY)):
            session.add(
                DataExport(
                    member_id=who.member_id,
                    file_name=f"walked {state.value}",
                    state=state,
                    parts_done=3,
                    parts=6,
                    asked_at=asked_at,
                    finished_at=asked_at,
                    size=1_200_000,
                )
            )
        ask_for_export(session, waiting.actor)


def _deletion_requests(app: Flask) -> dict[str, object]:
    """Have Facebook ask for three to be deleted: one is on their way, one came back, and one was never here."""
    someone, returned = cast.member(app, "Yarrow"), cast.member(app, "Sorrel")
    found: dict[str, object] = {}
    with someone.database.transaction() as session:
        for part, who in (("deletion", someone), ("stayed", returned)):
            own = select(Identity.subject).where(Identity.member_id == who.member_id)
            subject = session.scalars(own).one()
            found[part] = _ask(session, subject)
        sign_in(session, returned.member_id)
        found["deleted"] = _ask(session, "nobody's")
    return found


def _ask(session: Session, subject: str) -> str:
    """Have Facebook ask for somebody to be deleted, and return the request's code."""
    return ask_for_deletion(session, Provider.FACEBOOK, CAST_ISSUER, SignedCall(subject, f"about {subject}"))


def _first_identity(database: Database, who: Someone) -> int:
    with database.reading() as session:
        own = select(Identity.id).where(Identity.member_id == who.member_id)
        return session.scalars(own.order_by(Identity.id).limit(1)).one()


def _newest_notice(database: Database, who: Someone) -> int:
    with database.reading() as session:
        mine = select(Notice.id).where(Notice.member_id == who.member_id)
        return session.scalars(mine.order_by(Notice.id.desc()).limit(1)).one()


def _topic(
    title: str, text: str, intent: Intent, audience: Audience = Audience.PUBLIC, note: str = ""
) -> TopicDraft:
    return TopicDraft(
        category_slug=ROOM,
        title=title,
        intent=intent,
        content_note=note,
        audience=audience,
        body=render_post(text),
        submission_key=new_key(),
    )


def _address(app: Flask, topic_id: int, who: Someone | None = None) -> str:
    client = who.client if who else app.test_client()
    short, settings = f"/topics/{topic_id}", app.extensions["alongside"].settings
    # One that not everybody may read has no words in its address.
    return client.get(short, base_url=settings.base_url).headers.get("Location", short)


def _first_post(database: Database, topic_id: int) -> int:
    with database.reading() as session:
        return session.scalars(select(Post.id).where(Post.topic_id == topic_id, Post.number == 1)).one()


def _discussion(app: Flask) -> str:
    """Return the address of the discussion of the shipped treatment."""
    database: Database = app.extensions["alongside"].database
    with database.reading() as session:
        topic_id = session.scalars(select(Treatment.topic_id).where(Treatment.slug == TREATMENT)).one()
    return _address(app, int(topic_id or 0))


def _at_consent(app: Flask) -> FlaskClient:
    """Return the browser of somebody whom a provider vouched for a moment ago."""
    settings: Settings = app.extensions["alongside"].settings
    client, value = app.test_client(), new_token()
    with client.session_transaction(base_url=settings.base_url) as session:
        session["browser"] = value
    sealed = seal(cast.identity(), value, settings.cookie_keys, clock.now())
    client.set_cookie("pending", sealed, domain=_host(settings))
    return client


def _host(settings: Settings) -> str:
    """Return the name to which the forum's cookies belong."""
    return urlsplit(settings.base_url).hostname or ""
