"""Every page there is, and who opens it: the one list for all tests that walk the whole forum.

``settle(app)`` fills a new forum with a small community that shows every part at least once, ``every_page(community)``
gives each address with the person who opens it, and ``community.client(who)`` is that person's browser. For a real
browser on a served forum, ``community.cookies(who)`` is what its cookie jar has to hold.

A new route is added to ``PAGES`` (with what must be in the community for it) or, if it answers with no page, to
``NO_PAGES`` with the reason. ``every_page`` fails for a route that stands in neither.
"""

from dataclasses import dataclass, field
from urllib.parse import urlsplit

from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select

from config import Settings
from forum import clock
from forum.accounts.pending_identity import seal
from forum.accounts.tokens import new_token
from forum.community import commands
from forum.community.drafts import CategoryDraft, PostEdit, TopicDraft
from forum.community.models import Audience, Intent, Post
from forum.consent.commands import publish_policy
from forum.consent.drafts import PolicyDraft
from forum.consent.models import PolicyKind
from forum.database.session import Database
from forum.moderation.commands.members import note_member, suspend_member
from forum.moderation.commands.reports import raise_report
from forum.moderation.commands.threads import decide_on_post
from forum.moderation.commands.working import claim_report
from forum.moderation.drafts import ClaimDraft, ReportDraft, SuspendDraft, ThreadDraft
from forum.moderation.models import Notice, ReasonCode, ReportReason
from forum.permissions.actions import Action
from forum.permissions.actor import OPERATOR, VISITOR
from forum.text.markdown import render_post
from forum.text.translate import DEFAULT_LOCALE
from forum.treatments.models import Treatment
from tests import cast
from tests.cast import Someone
from tests.community.conftest import new_key, reply, start
from tests.site.texts import publish_texts

# Whom a page is looked at by. "joining" is somebody at the consent step, whom a provider just vouched for.
EVERYONE = ("visitor", "member", "moderator", "administrator")
MEMBERS = ("member", "moderator", "administrator")
STAFF = ("moderator", "administrator")
ADMINISTRATORS = ("administrator",)

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
)


@dataclass(frozen=True, slots=True)
class Look:
    """An address, who opens it, and the status of what comes."""

    address: str
    who: str
    status: int = 200


@dataclass(frozen=True, slots=True)
class Way:
    """How a route is opened: addresses with ``{name}`` for what is in the community, and by whom."""

    addresses: tuple[str, ...]
    who: tuple[str, ...] = EVERYONE
    status: int = 200


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


def one(address: str, who: tuple[str, ...] = EVERYONE, status: int = 200) -> Way:
    """Return the way to a route that is opened at one address."""
    return Way((address,), who, status)


# Each route that answers GET with a page.
PAGES: dict[str, tuple[Way, ...]] = {
    "/": (one("/"),),
    "/about": (one("/about"),),
    "/admin": (one("/admin", ADMINISTRATORS),),
    "/admin/settings": (Way(("/admin/settings", "/admin/settings?saved"), ADMINISTRATORS),),
    "/auth/<provider>/callback": (one("/auth/google/callback?error=access_denied", ("visitor",), 400),),
    "/categories": (one("/categories"),),
    "/categories/<slug>": (
        one("/categories/{room}"),
        Way(
            ("/categories/{room}?sort=new", "/categories/{empty_room}", "/categories/mind-and-mood"),
            ("visitor",),
        ),
        one("/categories/{room}?sort=loud", ("visitor",), 400),
    ),
    "/help-now": (one("/help-now"),),
    "/join": (one("/join", ("visitor",)),),
    "/join/consent": (one("/join/consent", ("joining",)), one("/join/consent", ("visitor",), 410)),
    "/join/welcome": (one("/join/welcome", MEMBERS),),
    "/log-in": (Way(("/log-in", "/log-in?next=/about"), ("visitor",)),),
    "/moderation": (one("/moderation", STAFF),),
    "/moderation/log": (one("/moderation/log", STAFF),),
    "/moderation/members": (
        Way(
            ("/moderation/members", "/moderation/members?show=suspended", "/moderation/members?name=7"),
            STAFF,
        ),
    ),
    "/moderation/members/<name>": (
        Way(("/moderation/members/Juniper", "/moderation/members/Bramble"), STAFF),
    ),
    "/moderation/members/<name>/<any('suspend','lift','let-in','turn-away'):deed>": (
        Way(("/moderation/members/Juniper/suspend", "/moderation/members/Bramble/lift"), STAFF),
    ),
    "/moderation/posts/<int:post_id>/<any(hide, remove, restore):word>": (
        Way(("/moderation/posts/{post}/hide", "/moderation/posts/{post}/remove"), STAFF),
        one("/moderation/posts/{hidden_post}/restore", STAFF),
    ),
    "/moderation/reports": (one("/moderation/reports", STAFF),),
    "/moderation/reports/<int:report_id>": (
        Way(tuple(f"/moderation/reports/{{{one}}}" for one in ("worry", "report", "claimed")), STAFF),
    ),
    "/moderation/topics/<int:topic_id>": (one("/moderation/topics/{topic}", STAFF),),
    (
        "/moderation/topics/<int:topic_id>"
        "/<any(lock, unlock, pin, unpin, move, hide, remove, restore, merge, split):word>"
    ): (
        *(one(f"/moderation/topics/{{topic}}/{word}", STAFF) for word in ("lock", "pin", "hide", "remove")),
        *(one(f"/moderation/topics/{{topic}}/{word}", STAFF) for word in ("move", "merge", "split")),
    ),
    "/notices": (one("/notices", MEMBERS),),
    "/notices/<int:notice_id>": (one("/notices/{notice}", ("member",)),),
    "/my-posts": (one("/my-posts", MEMBERS),),
    "/my-topics": (one("/my-topics", MEMBERS),),
    "/policies/<kind>": tuple(one(f"/policies/{kind.value}", ("visitor", "member")) for kind in PolicyKind),
    "/policies/<kind>/<int:version>": (Way(("/policies/terms/1", "/policies/terms/2"), ("visitor",)),),
    "/posts/<int:post_id>/<any(worry, report):told>/thanks": (
        Way(("/posts/{post}/worry/thanks", "/posts/{post}/report/thanks"), ("visitor", "member")),
    ),
    "/posts/<int:post_id>/delete": (
        Way(("/posts/{own_post}/delete", "/posts/{own_reply}/delete"), ("member",)),
    ),
    "/posts/<int:post_id>/edit": (one("/posts/{own_post}/edit", ("member",)),),
    "/posts/<int:post_id>/report": (one("/posts/{post}/report", ("visitor", "member")),),
    "/posts/<int:post_id>/worry": (one("/posts/{post}/worry", ("visitor", "member")),),
    "/search": (one("/search"), Way(("/search?q=Knees", "/search?q=unheard-of"), ("visitor", "member"))),
    "/settings": (one("/settings"),),
    "/settings/reading": (Way(("/settings/reading", "/settings/reading?saved")),),
    # It shows the page itself where an address with words would say what not everybody may read.
    "/topics/<int:topic_id>": (
        one("{members_address}", MEMBERS),
        one("{members_address}", ("visitor",), 404),
    ),
    "/topics/<int:topic_id>/<slug>": (
        Way(("{topic_address}", "{topic_address}?page=2")),
        one("{listening_address}"),
        one("{discussion_address}", ("visitor", "member")),
    ),
    "/topics/<int:topic_id>/reply": (one("/topics/{topic}/reply", MEMBERS),),
    "/topics/new": (one("/topics/new", MEMBERS),),
    "/treatments": (one("/treatments"),),
    "/treatments/<slug>": (one("/treatments/{treatment}"),),
    "/treatments/<slug>/questions": (one("/treatments/{treatment}/questions", ("visitor",)),),
}

# Each route that answers GET with no page, and with what instead.
NO_PAGES: dict[str, str] = {
    "/favicon.ico": "It leads to a picture.",
    "/health/live": "Machines read it.",
    "/health/ready": "Machines read it.",
    "/moderation/log.csv": "It is a file.",
    "/posts/<int:post_id>": "It leads to where the post stands.",
    "/robots.txt": "Machines read it.",
}

# Refusals that no route answers with.
REFUSALS: tuple[Look, ...] = (
    Look("/no-such-page", "visitor", 404),
    Look("/no-such-page", "member", 404),
    Look("/log-out", "visitor", 405),
    Look("/moderation/reports", "member", 404),
)


def routes(app: Flask) -> list[str]:
    """Return the routes that answer GET, as they are declared."""
    return sorted({rule.rule for rule in app.url_map.iter_rules() if "GET" in (rule.methods or ())})


def every_page(community: Community) -> list[Look]:
    """Return every page there is with each person who opens it. Fails for a route that it knows nothing of."""
    known = routes(community.app)
    new = [rule for rule in known if rule not in PAGES and rule not in NO_PAGES]
    assert new == [], f"tests/every_page.py doesn't know how these are opened: {new}"
    gone = [rule for rule in [*PAGES, *NO_PAGES] if rule not in known]
    assert gone == [], f"tests/every_page.py knows routes that are no more: {gone}"
    looks = [
        Look(address.format_map(community.parts), who, way.status)
        for rule in known
        for way in PAGES.get(rule, ())
        for address in way.addresses
        for who in way.who
    ]
    return [*looks, *REFUSALS]


# --- the community ---------------------------------------------------------------------------------------


def settle(app: Flask) -> Community:
    """Fill a new forum: two rooms, topics of every kind, a reply taken back, one edited, two reports."""
    database: Database = app.extensions["alongside"].database
    publish_texts(app)
    people = {
        "member": cast.member(app, "Juniper"),
        "moderator": cast.moderator(app, "Cedar"),
        "administrator": cast.administrator(app, "Aspen"),
    }
    other = cast.peer_supporter(app, "Linden")
    me = people["member"].actor
    with database.transaction() as session:
        commands.publish_category(
            session, OPERATOR, CategoryDraft(ROOM, ROOM_NAME, ROOM_PURPOSE, WELCOME, True, 90)
        )
        commands.publish_category(
            session,
            OPERATOR,
            CategoryDraft(EMPTY_ROOM, EMPTY_ROOM_NAME, EMPTY_ROOM_PURPOSE, WELCOME, False, 91),
        )
        publish_policy(session, OPERATOR, PolicyDraft(PolicyKind.TERMS, DEFAULT_LOCALE, "Terms", OLDER_TERMS))
    topic = start(database, me, _topic(TITLE, OWN_TEXT, Intent.EXPERIENCES, note=NOTE))
    replies = [reply(database, other.actor, topic, REPLY_TEXT) for _count in range(REPLIES)]
    own_reply = reply(database, me, topic, REPLY_TEXT)
    listening = start(database, other.actor, _topic(LISTENING_TITLE, REPLY_TEXT, Intent.JUST_LISTEN))
    members = start(
        database, other.actor, _topic(MEMBERS_TITLE, REPLY_TEXT, Intent.GOOD_NEWS, Audience.MEMBERS)
    )
    with database.transaction() as session:
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
    hidden = reply(database, me, topic, REPLY_TEXT)
    suspended = _moderate(app, people["moderator"], hidden)
    parts: dict[str, object] = {
        "room": ROOM,
        "empty_room": EMPTY_ROOM,
        "treatment": TREATMENT,
        "topic": topic,
        "topic_address": _address(app, topic),
        "listening_address": _address(app, listening),
        "members_address": _address(app, members, people["member"]),
        "discussion_address": _discussion(app),
        "own_post": _first_post(database, topic),
        "own_reply": own_reply,
        "post": replies[2],
        "worry": worry,
        "report": report,
        "claimed": claimed,
        "hidden_post": hidden,
        "notice": _newest_notice(database, people["member"]),
    }
    names = [*(someone.name for someone in people.values()), other.name, suspended.name]
    return Community(app, people, parts, frozenset([*names, *WRITTEN]))


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
