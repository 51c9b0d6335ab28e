"""Every surface there is: where it is looked at, and which words it shows to whom. One row for each.

A row is a route, an address of it (made with what the stage has), and what shows there by which table of ``readers``.
What no row says shows to nobody. Where an address has ``{topic}``, ``{first}`` or the like, it is looked at once for
each topic, and shows words of that topic alone. Forms that are sent stand in ``sending``. A route without a row fails
by its name, and so do a letter and a table of a member's copy. A route that shows nothing of what is looked for has a
row with nothing to show.
"""

from tests.leaks.markers import (
    ABOUT,
    AGE,
    ALT,
    ASKS,
    BLOCKED,
    BOOKMARK,
    CONDITION,
    COUNTRY,
    DRAFT,
    DRAFT_TITLE,
    EARLIER,
    ELSEWHERE,
    NOTE,
    OPENING,
    PICTURE,
    QUOTED,
    QUOTING,
    REACTED,
    REPLY,
    TITLE,
    TREATMENT,
    WAITS,
)
from tests.leaks.readers import (
    AUTHORS,
    FINDABLE,
    LISTED,
    MINE,
    NOBODY,
    OTHERS,
    PROFILES,
    TO_STRANGERS,
    always,
    but,
)
from tests.leaks.rows import (
    DESK,
    WHOLE_DESK,
    Surface,
    at,
    briefly,
    desk,
    nothing,
    own,
    shows,
    signed_in,
    writing,
)
from tests.leaks.sending import SENDING

# What stands in a first post.
WORDS = (OPENING, QUOTED)
FIRST = (*WORDS, ALT, PICTURE)
# What somebody says of themselves: what goes with their consent, and what they find again after it.
OF_HEALTH = (CONDITION, TREATMENT)
OF_LIFE = (ABOUT, COUNTRY, AGE)

_POST = "/posts/<int:post_id>"
_TOPIC = "/topics/<int:topic_id>"
_DESK_POST = "/moderation/posts/<int:post_id>/<any(hide, remove, restore):word>"
_DESK_TOPIC = "/moderation/topics/<int:topic_id>"
_DEEDS = f"{_DESK_TOPIC}/<any(lock, unlock, pin, unpin, move, hide, remove, restore, merge, split):word>"
_MEMBER = "/moderation/members/<name>"
_MEMBER_DEED = "<any('suspend','lift','clear-profile','let-in','turn-away'):deed>"
TOLD_TO_OTHERS = {**WHOLE_DESK, "nobody": frozenset[str]()}
_POLICY = "/admin/policies/<kind>/<locale>"
_SIGN_IN = "/settings/sign-in"

# --- reading ----------------------------------------------------------------------------------------------
READING: tuple[Surface, ...] = (
    at("/", "/", shows(TITLE, NOTE, WAITS, to=FINDABLE)),
    at("/categories/<slug>", "/categories/{room}?notes=show", shows(TITLE, NOTE, WAITS, to=AUTHORS)),
    at("/categories/<slug>", "/categories/{room}?sort=unanswered", shows(WAITS, to=AUTHORS)),
    at(
        _TOPIC,
        "/topics/{topic}",
        shows(TITLE, NOTE, *FIRST, to=AUTHORS),
        shows(REPLY, QUOTING, to=OTHERS),
        follow=True,
    ),
    briefly(
        at(
            _TOPIC,
            "/topics/{elsewhere}",
            shows(QUOTED, to=AUTHORS, once_narrower=NOBODY),
            shows(ELSEWHERE, to=OTHERS),
            follow=True,
        )
    ),
    briefly(
        at(
            _TOPIC,
            "/topics/{topic}?as=stranger",
            shows(TITLE, NOTE, *FIRST, REPLY, QUOTING, to=TO_STRANGERS),
            follow=True,
        )
    ),
    briefly(at(f"{_TOPIC}/<slug>", "/topics/{topic}/any-words", shows(TITLE, to=FINDABLE))),
    at(f"{_TOPIC}/people", "/topics/{topic}/people"),
    briefly(at(_TOPIC, "/topics/{waits}", shows(WAITS, ASKS, to=AUTHORS), follow=True)),
    at("/images/<name>", "/images/{picture}", shows(PICTURE, to=AUTHORS, at_rest=MINE)),
    at(_POST, "/posts/{first}", shows(TITLE, to=FINDABLE)),
    briefly(at(_POST, "/posts/{reply}", shows(TITLE, to=FINDABLE))),
    at(f"{_POST}/history", "/posts/{first}/history", shows(TITLE, EARLIER, *WORDS, to=AUTHORS)),
    briefly(at(f"{_POST}/history", "/posts/{reply}/history", shows(TITLE, to=AUTHORS))),
    *nothing(
        "/about", "/categories", "/help-now", "/treatments", "/favicon.ico", "/health/live", "/health/ready"
    ),
    at("/treatments/<slug>", "/treatments/{treatment}"),
    at("/treatments/<slug>/questions", "/treatments/{treatment}/questions"),
)

# What stays in a topic when its author leaves, if they want that: none that is for them and the moderators.
KEEPABLE = {**MINE, "moderators-and-author": frozenset[str]()}

# --- people -----------------------------------------------------------------------------------------------
# Only the author's is a profile whose owner is a column.
ONES_OWN = {**NOBODY, "nobody": MINE["nobody"]}
# What members see of those who stand in their list; what is for nobody isn't there for its owner, either.
LISTED_PEOPLE = but({**PROFILES, "nobody": NOBODY["nobody"]}, "visitor", "waiting")
PEOPLE: tuple[Surface, ...] = (
    at(
        "/members/<name>",
        "/members/{owner}",
        shows(*OF_HEALTH, to=PROFILES),
        shows(*OF_LIFE, to=PROFILES, at_rest=ONES_OWN),
    ),
    at("/members/<name>/block", "/members/{owner}/block"),
    at("/members", "/members", shows(CONDITION, COUNTRY, to=LISTED_PEOPLE)),
    own(
        "/settings/profile/about",
        "/settings/profile/about",
        shows(*OF_HEALTH, to=ONES_OWN),
        shows(*OF_LIFE, to=ONES_OWN, at_rest=ONES_OWN),
    ),
)

# --- searching --------------------------------------------------------------------------------------------
# Where nothing has all of the words, each that finds something is suggested alone: so those that nobody may find are
# looked for together, and none of them may come back.
SEARCHING: tuple[Surface, ...] = (
    at(
        "/search",
        "/search?q={title_word}+{opening_word}+{quoted_word}",
        shows(TITLE, NOTE, *WORDS, to=AUTHORS),
    ),
    # In a topic of somebody whom a block keeps apart from them nobody finds anything.
    briefly(at("/search", "/search?q={reply_word}", shows(TITLE, NOTE, REPLY, to=AUTHORS))),
    briefly(at("/search", "/search?q={quoting_word}+{earlier_word}+{alt_word}", shows(QUOTING, to=AUTHORS))),
    briefly(at("/search", "/search?q={opening_word}+{note_word}", shows(OPENING, to=AUTHORS))),
    briefly(at("/search", "/search?q={elsewhere_word}", shows(ELSEWHERE, to=OTHERS))),
    at("/search", "/search?q={waits_word}+{asks_word}", shows(WAITS, ASKS, to=AUTHORS)),
    at("/search", "/search?q=by:{author}", shows(TITLE, NOTE, *WORDS, WAITS, ASKS, to=AUTHORS)),
    # What isn't a text of now, or was never meant to be found.
    at("/search", "/search?q={about_word}+{has_word}+{takes_word}"),
    at("/search", "/search?q={draft_word}+{draft_title_word}+{bookmark_word}"),
)

# --- a member's own pages ---------------------------------------------------------------------------------
MEMBERS: tuple[Surface, ...] = (
    own("/bookmarks", "/bookmarks", shows(BOOKMARK, to=MINE, at_rest=MINE), shows(TITLE, to=MINE)),
    at(
        "/catch-up",
        "/catch-up?back=30",
        shows(TITLE, to=signed_in(AUTHORS)),
        shows(NOTE, WAITS, to=but(signed_in(AUTHORS), "author")),
    ),
    own("/drafts", "/drafts", shows(DRAFT, DRAFT_TITLE, to=MINE, at_rest=MINE)),
    at("/drafts/<int:draft_id>/pictures", "/drafts/{draft}/pictures"),
    own("/my-posts", "/my-posts", shows(TITLE, WAITS, to=MINE), shows(ASKS, *FIRST, to=MINE, at_rest=MINE)),
    own("/my-topics", "/my-topics", shows(TITLE, WAITS, to=MINE, at_rest=MINE)),
    at("/waiting", "/waiting", shows(WAITS, to=but(signed_in(AUTHORS), "author"))),
    own("/settings/blocked", "/settings/blocked", shows(BLOCKED, to=MINE, at_rest=MINE)),
    own(
        "/settings/leave/posts",
        "/settings/leave/posts",
        shows(TITLE, WAITS, to=KEEPABLE),
        shows(ASKS, *FIRST, to=KEEPABLE, at_rest=KEEPABLE),
    ),
    at("/settings/privacy/receipts/<int:sequence>", "/settings/privacy/receipts/{receipt}"),
    at("/settings/privacy/receipts/<int:sequence>.json", "/settings/privacy/receipts/{receipt}.json"),
    # The file itself is looked through with the tables of copies.
    at("/settings/privacy/export/<int:export_id>", "/settings/privacy/export/{nowhere}"),
    at(f"{_SIGN_IN}/identities/<int:identity_id>/remove", f"{_SIGN_IN}/identities/{{identity}}/remove"),
    at(f"{_SIGN_IN}/passkeys/<int:passkey_id>/name", f"{_SIGN_IN}/passkeys/{{nowhere}}/name"),
    at(f"{_SIGN_IN}/passkeys/<int:passkey_id>/remove", f"{_SIGN_IN}/passkeys/{{nowhere}}/remove"),
    at("/notices/<int:notice_id>", "/notices/{nowhere}"),
    at("/auth/<provider>/callback", "/auth/google/callback"),
    at("/auth/facebook/deletion/<code>", "/auth/facebook/deletion/nobodys"),
    *nothing(
        "/join",
        "/join/consent",
        "/join/welcome",
        "/log-in",
        "/log-in/again",
        "/log-in/code",
        "/notices",
        "/settings",
        "/settings/leave",
        "/settings/privacy",
        "/settings/privacy/agree-again",
        "/settings/privacy/decisions",
        "/settings/privacy/export",
        "/settings/profile",
        "/settings/reading",
        "/settings/sessions",
        "/settings/sign-in",
    ),
)

# --- writing, and what one does with a post ---------------------------------------------------------------
_EVERY_WRITER = but(AUTHORS, "visitor", "withdrawn", "waiting")
WRITING: tuple[Surface, ...] = (
    at(f"{_POST}/block", "/posts/{first}/block", shows(TITLE, to=but(signed_in(FINDABLE), "author"))),
    at(f"{_POST}/bookmark", "/posts/{first}/bookmark", shows(TITLE, to=_EVERY_WRITER)),
    own(
        f"{_POST}/delete",
        "/posts/{first}/delete",
        shows(TITLE, to=MINE),
        shows(*WORDS, to=MINE, at_rest=MINE),
    ),
    own(f"{_POST}/edit", "/posts/{first}/edit", shows(TITLE, *WORDS, to=MINE)),
    at(
        f"{_POST}/reactions",
        "/posts/{first}/reactions",
        shows(TITLE, REACTED, to=but(signed_in(AUTHORS), "waiting")),
    ),
    briefly(at(f"{_POST}/report", "/posts/{first}/report", shows(TITLE, to=FINDABLE))),
    briefly(at(f"{_POST}/worry", "/posts/{first}/worry", shows(TITLE, to=FINDABLE))),
    briefly(
        at(
            f"{_POST}/<any(worry, report):told>/thanks",
            "/posts/{first}/worry/thanks",
            shows(TITLE, to=FINDABLE),
        )
    ),
    own(f"{_TOPIC}/edit", "/topics/{topic}/edit", shows(TITLE, to=MINE, at_rest=MINE), shows(NOTE, to=MINE)),
    at(
        f"{_TOPIC}/reply",
        "/topics/{topic}/reply?quote={first}",
        shows(TITLE, *WORDS, to=writing(AUTHORS)),
    ),
    briefly(at(f"{_TOPIC}/reply", "/topics/{chat}/reply?quote={first}", shows(*WORDS, to=writing(AUTHORS)))),
    at("/topics/new", "/topics/new?category={room}", shows(DRAFT, DRAFT_TITLE, to=MINE)),
    *nothing("/topics/new", "/topics/new/short"),
)

# --- those who keep it going ------------------------------------------------------------------------------
STAFF: tuple[Surface, ...] = (
    desk(_DESK_POST, "/moderation/posts/{first}/hide", shows(TITLE, *FIRST, to=DESK)),
    desk(_DESK_POST, "/moderation/posts/{reply}/hide", shows(TITLE, to=DESK), shows(REPLY, to=DESK)),
    desk(
        _DESK_TOPIC,
        "/moderation/topics/{topic}",
        shows(TITLE, *FIRST, to=DESK),
        shows(REPLY, QUOTING, to=DESK),
    ),
    *(
        desk(_DEEDS, f"/moderation/topics/{{topic}}/{deed}", shows(TITLE, to=DESK))
        for deed in ("hide", "merge", "move")
    ),
    desk(
        _DEEDS,
        "/moderation/topics/{topic}/split",
        shows(TITLE, to=DESK),
        shows(REPLY, QUOTING, to=DESK),
    ),
    desk("/moderation/reports", "/moderation/reports", shows(TITLE, to=DESK)),
    desk(
        "/moderation/reports/<int:report_id>",
        "/moderation/reports/{report}",
        shows(TITLE, to=DESK),
        shows(*WORDS, to=DESK, at_rest=DESK),
    ),
    desk(_MEMBER, "/moderation/members/{author}", shows(TITLE, to=WHOLE_DESK)),
    desk(f"{_MEMBER}/{_MEMBER_DEED}", "/moderation/members/{author}/suspend"),
    # What others see of somebody's own words is for moderators to look after. What nobody sees is not.
    desk(_MEMBER, "/moderation/members/{told_owner}", shows(ABOUT, to=TOLD_TO_OTHERS)),
    desk(
        f"{_MEMBER}/{_MEMBER_DEED}",
        "/moderation/members/{owner}/clear-profile",
        shows(ABOUT, to=TOLD_TO_OTHERS),
    ),
    *nothing("/moderation", "/moderation/log", "/moderation/log.csv", "/moderation/members"),
    *nothing("/admin", "/admin/policies", "/admin/settings", "/admin/categories"),
    at("/admin/categories/<slug>", "/admin/categories/{room}"),
    # Words of the list, and not whose they are.
    at(
        "/admin/health-terms",
        "/admin/health-terms",
        shows(*OF_HEALTH, to=always("administrator"), at_rest=always("administrator")),
    ),
    at("/admin/health-terms/<int:term_id>", "/admin/health-terms/{condition}"),
    at(_POLICY, "/admin/policies/terms/en"),
    *(
        at(f"{_POLICY}/{what}", f"/admin/policies/terms/en/{what}")
        for what in ("preview", "publish", "discard")
    ),
)

# --- what leaves the forum --------------------------------------------------------------------------------

# What a member's copy holds in each of its tables: of what is theirs, these parts. Nothing of anybody else.
COPIES: dict[str, tuple[str, ...]] = {
    "topic": (TITLE, NOTE, WAITS),
    "post": (*WORDS, ASKS, REPLY, QUOTING, ELSEWHERE),
    "post_version": (EARLIER, QUOTED),
    "image": (ALT, PICTURE),
    "kept_draft": (DRAFT, DRAFT_TITLE),
    "bookmark": (BOOKMARK,),
    "profile": (ABOUT,),
    "member_term": (CONDITION, TREATMENT),
    **dict.fromkeys(
        (
            "account_notice",
            "audit_entry",
            "block",
            "category_moderator",
            "category_watch",
            "consent_event",
            "consent_record",
            "data_export",
            "deletion_request",
            "email_address",
            "erasure",
            "identity",
            "kept_post",
            "leaving",
            "member",
            "notice",
            "passkey",
            "reaction",
            "read_mark",
            "recovery_code",
            "report",
            "sign_in_session",
            "suspension",
            "topic_watch",
            "visit",
        ),
        (),
    ),
}

# What a letter may say, by its job's name. None says a word of what anybody wrote.
LETTERS: dict[str, tuple[str, ...]] = {"AccountNoticeMade.letter_about_account": ()}

# What the index keeps, whoever may find it: texts as they are now.
INDEXED = (TITLE, *WORDS, REPLY, QUOTING, ELSEWHERE, WAITS, ASKS)

# --- machines, and what is for everybody ------------------------------------------------------------------
MACHINES: tuple[Surface, ...] = (
    *nothing("/robots.txt", "/sitemap.xml", "/sitemap/pages.xml"),
    *(
        at(route, address, shows(TITLE, NOTE, WAITS, ASKS, to=LISTED), shows(ELSEWHERE, to=LISTED))
        for route, address in (
            ("/feeds/latest.atom", "/feeds/latest.atom"),
            ("/feeds/categories/<slug>.atom", "/feeds/categories/{room}.atom"),
        )
    ),
    at("/feeds/topics/<int:topic_id>.atom", "/feeds/topics/{topic}.atom", shows(TITLE, NOTE, to=LISTED)),
    briefly(
        at("/feeds/topics/<int:topic_id>.atom", "/feeds/topics/{waits}.atom", shows(WAITS, ASKS, to=LISTED))
    ),
    at("/feeds/treatments/<slug>.atom", "/feeds/treatments/{treatment}.atom"),
    at("/sitemap/topics-<int:number>.xml", "/sitemap/topics-1.xml", shows(TITLE, WAITS, to=LISTED)),
    at("/policies/<kind>", "/policies/terms"),
    at("/policies/<kind>/<int:version>", "/policies/terms/1"),
    at("/policies/<kind>/<int:version>.md", "/policies/terms/1.md"),
    at("/policies/<kind>/<int:version>/changes", "/policies/terms/2/changes"),
)

SURFACES: tuple[Surface, ...] = (
    *READING,
    *PEOPLE,
    *SEARCHING,
    *MEMBERS,
    *WRITING,
    *STAFF,
    *MACHINES,
    *SENDING,
)
