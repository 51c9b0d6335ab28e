"""Every page there is, and who opens it: the one list for all tests that walk the whole forum.

``settle(app)`` (of ``settled``) fills a new forum with a small community, ``every_page(community)``
gives each address with the person who opens it, and ``community.client(who)`` is that person's browser. For a real
browser on a served forum, ``community.cookies(who)`` is what its cookie jar has to hold.

A new route is added to ``PAGES`` (with what must be in the community for it) or, if it answers with no page, to
``NO_PAGES`` with the reason. ``every_page`` fails for a route that stands in neither.
"""

from dataclasses import dataclass

from flask import Flask

from forum.consent.models import PolicyKind
from tests.settled import Community, settle

__all__ = ["NO_PAGES", "PAGES", "Community", "Look", "every_page", "settle"]

# Whom a page is looked at by. "joining" is somebody at the consent step, whom a provider just vouched for; "unproven" a
# moderator who logged in a while ago, "resting" a member who took back what writing needs.
EVERYONE = ("visitor", "member", "moderator", "administrator")
MEMBERS = ("member", "moderator", "administrator")
STAFF = ("moderator", "administrator")
ADMINISTRATORS = ("administrator",)


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


def one(address: str, who: tuple[str, ...] = EVERYONE, status: int = 200) -> Way:
    """Return the way to a route that is opened at one address."""
    return Way((address,), who, status)


# Each route that answers GET with a page.
PAGES: dict[str, tuple[Way, ...]] = {
    "/": (one("/"),),
    "/about": (one("/about"),),
    "/admin": (one("/admin", ADMINISTRATORS),),
    "/admin/categories": (one("/admin/categories", ADMINISTRATORS),),
    "/admin/categories/<slug>": (one("/admin/categories/{room}", ADMINISTRATORS),),
    "/admin/health-terms": (one("/admin/health-terms", ADMINISTRATORS),),
    "/admin/health-terms/<int:term_id>": (one("/admin/health-terms/{term}", ADMINISTRATORS),),
    "/admin/policies": (
        Way(("/admin/policies", "/admin/policies?published", "/admin/policies?discarded"), ADMINISTRATORS),
    ),
    "/admin/policies/<kind>/<locale>": (
        Way(("/admin/policies/terms/en", "/admin/policies/privacy/en"), ADMINISTRATORS),
    ),
    **{
        f"/admin/policies/<kind>/<locale>/{what}": (one(f"/admin/policies/terms/en/{what}", ADMINISTRATORS),)
        for what in ("preview", "publish", "discard")
    },
    "/admin/settings": (Way(("/admin/settings", "/admin/settings?saved"), ADMINISTRATORS),),
    "/auth/facebook/deletion/<code>": (
        Way(tuple(f"/auth/facebook/deletion/{{{one}}}" for one in ("deletion", "deleted", "stayed"))),
    ),
    "/auth/<provider>/callback": (one("/auth/google/callback?error=access_denied", ("visitor",), 400),),
    "/bookmarks": (one("/bookmarks", MEMBERS),),
    "/catch-up": (
        Way(("/catch-up", "/catch-up?back=30"), MEMBERS),
        one("/catch-up?back=2", ("member",), 400),
    ),
    "/categories": (one("/categories"),),
    "/categories/<slug>": (
        one("/categories/{room}"),
        Way(
            ("/categories/{room}?sort=new", "/categories/{empty_room}", "/categories/mind-and-mood"),
            ("visitor",),
        ),
        Way(
            (
                "/categories/{room}?sort=unanswered&intent=just-listen",
                "/categories/{room}?month=2020-01&notes=show",
            ),
            ("visitor", "member"),
        ),
        one("/categories/{room}?sort=loud", ("visitor",), 400),
        one("/categories/{room}?month=spring", ("visitor",), 422),
    ),
    "/drafts": (one("/drafts", MEMBERS),),
    "/drafts/<int:draft_id>/pictures": (one("/drafts/{draft}/pictures", ("member",)),),
    "/help-now": (one("/help-now"),),
    "/join": (one("/join", ("visitor",)),),
    "/join/consent": (one("/join/consent", ("joining",)), one("/join/consent", ("visitor",), 410)),
    "/join/welcome": (one("/join/welcome", MEMBERS),),
    "/log-in": (Way(("/log-in", "/log-in?next=/about"), ("visitor",)),),
    # Somebody who has not shown lately that it is they, and in the many ways that there are.
    "/log-in/again": (
        one("/log-in/again", MEMBERS),
        Way(("/log-in/again", "/log-in/again?next=/about"), ("unproven",)),
    ),
    "/log-in/code": (one("/log-in/code", ("visitor",)),),
    "/members": (one("/members", MEMBERS), one("/members?condition=aching-knees", ("member",))),
    # One's own, one whose every part is for members, and one that is for everyone.
    "/members/<name>": (
        one("/members/Juniper", MEMBERS),
        one("/members/Linden", ("visitor", "member")),
        one("/members/Juniper", ("visitor",), 404),
    ),
    "/members/<name>/block": (one("/members/Linden/block", ("member",)),),
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
    "/moderation/members/<name>/<any('suspend','lift','clear-profile','let-in','turn-away'):deed>": (
        Way(
            (
                "/moderation/members/Juniper/suspend",
                "/moderation/members/Juniper/clear-profile",
                "/moderation/members/Bramble/lift",
            ),
            STAFF,
        ),
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
    "/policies/<kind>/<int:version>": (
        Way(("/policies/terms/1", "/policies/terms/2", "/policies/terms/3"), ("visitor",)),
    ),
    "/policies/<kind>/<int:version>/changes": (
        Way(("/policies/terms/2/changes", "/policies/terms/3/changes"), ("visitor", "member")),
    ),
    "/posts/<int:post_id>/<any(worry, report):told>/thanks": (
        Way(("/posts/{post}/worry/thanks", "/posts/{post}/report/thanks"), ("visitor", "member")),
    ),
    "/posts/<int:post_id>/bookmark": (
        Way(("/posts/{post}/bookmark", "/posts/{kept_post}/bookmark"), ("member",)),
    ),
    "/posts/<int:post_id>/block": (one("/posts/{post}/block", ("member", "moderator")),),
    "/posts/<int:post_id>/delete": (
        Way(("/posts/{own_post}/delete", "/posts/{own_reply}/delete"), ("member",)),
    ),
    "/posts/<int:post_id>/edit": (one("/posts/{own_post}/edit", ("member",)),),
    "/posts/<int:post_id>/history": (
        Way(("/posts/{edited_post}/history", "/posts/{post}/history"), ("visitor", "member")),
    ),
    "/posts/<int:post_id>/reactions": (
        Way(("/posts/{post}/reactions", "/posts/{own_post}/reactions"), ("member",)),
    ),
    "/posts/<int:post_id>/report": (one("/posts/{post}/report", ("visitor", "member")),),
    "/posts/<int:post_id>/worry": (one("/posts/{post}/worry", ("visitor", "member")),),
    "/search": (one("/search"), Way(("/search?q=Knees", "/search?q=unheard-of"), ("visitor", "member"))),
    "/settings": (one("/settings"),),
    "/settings/blocked": (
        Way(("/settings/blocked", "/settings/blocked?blocked", "/settings/blocked?ended"), ("member",)),
        one("/settings/blocked", ("moderator",)),
    ),
    # None yet; one under way beside one that failed; and one that is ready.
    "/settings/privacy/export": (one("/settings/privacy/export", MEMBERS),),
    "/settings/privacy/decisions": (
        Way(("/settings/privacy/decisions", "/settings/privacy/decisions?purpose=email"), ("member",)),
    ),
    "/settings/profile": (Way(("/settings/profile", "/settings/profile?saved"), MEMBERS),),
    "/settings/profile/about": (
        Way(("/settings/profile/about", "/settings/profile/about?saved"), ("member",)),
        # Who said nothing about themselves, and who can say less only.
        one("/settings/profile/about", ("moderator", "resting")),
    ),
    "/settings/leave": (one("/settings/leave", MEMBERS),),
    "/settings/leave/posts": (
        Way(("/settings/leave/posts", "/settings/leave/posts?saved"), ("member",)),
        # Who wrote nothing.
        one("/settings/leave/posts", ("moderator",)),
    ),
    "/settings/reading": (
        Way(("/settings/reading", "/settings/reading?saved", "/settings/reading?next=/about")),
    ),
    "/settings/privacy": (
        Way(("/settings/privacy", "/settings/privacy?changed=email"), ("member", "administrator")),
        one("/settings/privacy?changed=health-data", ("resting",)),
    ),
    "/settings/privacy/receipts/<int:sequence>": (one("/settings/privacy/receipts/{receipt}", ("member",)),),
    "/settings/privacy/agree-again": (one("/settings/privacy/agree-again", ("member", "resting")),),
    "/settings/sign-in": (Way(("/settings/sign-in", "/settings/sign-in?came-by-code&next=/about"), MEMBERS),),
    "/settings/sign-in/identities/<int:identity_id>/remove": (
        one("/settings/sign-in/identities/{identity}/remove", ("member",)),
        one("/settings/sign-in/identities/{last_identity}/remove", ("moderator",)),
    ),
    "/settings/sign-in/passkeys/<int:passkey_id>/name": (
        one("/settings/sign-in/passkeys/{passkey}/name", ("member",)),
    ),
    "/settings/sign-in/passkeys/<int:passkey_id>/remove": (
        one("/settings/sign-in/passkeys/{passkey}/remove", ("member",)),
    ),
    "/settings/sessions": (Way(("/settings/sessions", "/settings/sessions?ended"), MEMBERS),),
    # It shows the page itself where an address with words would say what not everybody may read.
    "/topics/<int:topic_id>": (
        one("{members_address}", MEMBERS),
        one("{members_address}", ("visitor",), 404),
        one("{members_address}?as=stranger", ("member",)),
        one("{sharing_address}", ("member",)),
    ),
    "/topics/<int:topic_id>/<slug>": (
        Way(("{topic_address}", "{topic_address}?page=2")),
        one("{topic_address}?as=stranger", ("member",)),
        one("{listening_address}"),
        one("{discussion_address}", ("visitor", "member")),
    ),
    "/topics/<int:topic_id>/edit": (one("/topics/{topic}/edit", ("member",)),),
    "/topics/<int:topic_id>/reply": (one("/topics/{topic}/reply", MEMBERS),),
    "/topics/new": (one("/topics/new", MEMBERS), one("/topics/new?category={room}", ("member",))),
    "/topics/new/short": (one("/topics/new/short?category={room}", MEMBERS),),
    "/treatments": (one("/treatments"),),
    "/waiting": (Way(("/waiting", "/waiting?longer-ago=yes"), MEMBERS),),
    "/treatments/<slug>": (one("/treatments/{treatment}"),),
    "/treatments/<slug>/questions": (one("/treatments/{treatment}/questions", ("visitor",)),),
}

# Each route that answers GET with no page, and with what instead.
NO_PAGES: dict[str, str] = {
    "/favicon.ico": "It leads to a picture.",
    "/feeds/categories/<slug>.atom": "Machines read it.",
    "/feeds/latest.atom": "Machines read it.",
    "/feeds/topics/<int:topic_id>.atom": "Machines read it.",
    "/feeds/treatments/<slug>.atom": "Machines read it.",
    "/health/live": "Machines read it.",
    "/health/ready": "Machines read it.",
    "/images/<name>": "It is a picture.",
    "/moderation/log.csv": "It is a file.",
    "/policies/<kind>/<int:version>.md": "It is a text for programs.",
    "/posts/<int:post_id>": "It leads to where the post stands.",
    "/robots.txt": "Machines read it.",
    "/sitemap.xml": "Machines read it.",
    "/sitemap/pages.xml": "Machines read it.",
    "/sitemap/topics-<int:number>.xml": "Machines read it.",
    "/topics/<int:topic_id>/people": "The composer's script reads it.",
    "/settings/privacy/receipts/<int:sequence>.json": "It is a file.",
    "/settings/privacy/export/<int:export_id>": "It is a file.",
}

# Refusals that no route answers with.
REFUSALS: tuple[Look, ...] = (
    Look("/no-such-page", "visitor", 404),
    Look("/no-such-page", "member", 404),
    Look("/log-out", "visitor", 405),
    Look("/moderation/reports", "member", 404),
    # They have to show first that it is they.
    Look("/moderation/log.csv", "unproven", 403),
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
