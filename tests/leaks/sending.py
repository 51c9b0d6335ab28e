"""What is answered with a page when a form is sent: one row for each, or the word that it leads on to another page.

What is sent here is wrong, or asks for a preview, so that it is shown once more and nothing is done. Who only follows
where an answer leads sees a page that has a row of its own.
"""

from tests.leaks.markers import ALT, CONDITION, OPENING, PICTURE, QUOTED, QUOTING, REPLY, TITLE, TREATMENT
from tests.leaks.readers import AUTHORS, FINDABLE, MINE, NOBODY, but
from tests.leaks.rows import DESK, WHOLE_DESK, Surface, desk, own, sent, shows

_POST = "/posts/<int:post_id>"
_TOPIC = "/topics/<int:topic_id>"
_DESK_POST = "/moderation/posts/<int:post_id>/<any(hide, remove, restore):word>"
_DEEDS = (
    "/moderation/topics/<int:topic_id>"
    "/<any(lock, unlock, pin, unpin, move, hide, remove, restore, merge, split):word>"
)
_MEMBER = "/moderation/members/<name>"
_WORDS = (OPENING, QUOTED)
_LONG = "So " * 2000
# A decision without a reason.
_UNDECIDED = {"seen": "0", "step": "preview", "text": "", "reason": ""}

SENDING: tuple[Surface, ...] = (
    sent(
        f"{_TOPIC}/reply", "/topics/{topic}/reply", {"text": "So", "do": "preview"}, shows(TITLE, to=AUTHORS)
    ),
    own(
        f"{_TOPIC}/edit",
        "/topics/{topic}/edit",
        shows(TITLE, to=MINE, at_rest=MINE),
        form={"audience": "nobody"},
    ),
    own(f"{_POST}/edit", "/posts/{first}/edit", shows(TITLE, to=MINE), form={"text": ""}),
    sent(f"{_POST}/report", "/posts/{first}/report", {"text": _LONG}, shows(TITLE, to=FINDABLE)),
    sent(f"{_POST}/worry", "/posts/{first}/worry", {"text": _LONG}, shows(TITLE, to=FINDABLE)),
    sent(
        f"{_POST}/bookmark",
        "/posts/{first}/bookmark",
        {"note": _LONG},
        shows(TITLE, to=but(AUTHORS, "visitor", "withdrawn", "waiting")),
    ),
    sent("/topics/new", "/topics/new", {"text": "So", "do": "preview"}),
    sent("/topics/new/short", "/topics/new/short", {"today": "so"}),
    # What is kept by itself is answered to a script, which is told how often that was done.
    sent("/drafts/save", "/drafts/save", {"category": "second-room", "text": "So"}),
    sent("/drafts/<int:draft_id>/pictures", "/drafts/{draft}/pictures", {"alt": ""}),
    own(
        "/settings/profile/about",
        "/settings/profile/about",
        shows(CONDITION, TREATMENT, to={**NOBODY, "nobody": MINE["nobody"]}),
        form={"about": _LONG},
    ),
    own("/settings/leave/posts", "/settings/leave/posts", form={"then": "so"}),
    desk(
        _DESK_POST,
        "/moderation/posts/{first}/hide",
        shows(TITLE, *_WORDS, ALT, PICTURE, to=DESK),
        form=_UNDECIDED,
    ),
    desk(_DEEDS, "/moderation/topics/{topic}/hide", shows(TITLE, to=DESK), form=_UNDECIDED),
    desk(
        _DEEDS,
        "/moderation/topics/{topic}/split",
        shows(TITLE, to=DESK),
        shows(REPLY, QUOTING, to=DESK),
        form=_UNDECIDED,
    ),
    desk(
        "/moderation/reports/<int:report_id>/close",
        "/moderation/reports/{report}/close",
        shows(TITLE, to=DESK),
        shows(*_WORDS, to=DESK, at_rest=DESK),
        form={"seen": "0", "step": "preview", "text": ""},
    ),
    desk(
        f"{_MEMBER}/notes",
        "/moderation/members/{author}/notes",
        shows(TITLE, to=WHOLE_DESK),
        form={"text": ""},
    ),
    *(
        desk(f"{_MEMBER}/{deed}", f"/moderation/members/{{author}}/{deed}", form=_UNDECIDED)
        for deed in ("suspend", "lift", "clear-profile", "let-in", "turn-away")
    ),
)

# Routes that answer a form with nothing of what anybody else wrote, and why. A new one fails until it stands somewhere.
NO_WORDS: dict[str, str] = {
    **dict.fromkeys(
        (
            "/auth/<provider>/start",
            "/bookmarks/<int:bookmark_id>/remove",
            "/categories/<slug>/watch",
            "/drafts/<int:draft_id>/discard",
            "/images/<name>/remove",
            "/log-out",
            "/members/<name>/block",
            "/moderation/notes/<int:note_id>/delete",
            "/moderation/reports/<int:report_id>/claim",
            "/moderation/reports/<int:report_id>/let-go",
            "/notices/<int:notice_id>/seen",
            "/notices/account/seen",
            "/notices/policies/seen",
            f"{_POST}/block",
            f"{_POST}/delete",
            f"{_POST}/purge-earlier",
            "/reactions",
            "/settings/blocked",
            "/settings/privacy/<purpose>/give",
            "/settings/privacy/<purpose>/take-back",
            "/settings/privacy/export",
            "/settings/privacy/lift-restriction",
            "/settings/privacy/restrict",
            "/settings/reading",
            "/settings/sessions/<int:session_id>/end",
            "/settings/sessions/end-others",
            f"{_TOPIC}/watch",
        ),
        "It leads on.",
    ),
    **dict.fromkeys(
        (
            "/join/consent",
            "/join/consent/decline",
            "/log-in/again",
            "/log-in/code",
            "/settings/leave",
            "/settings/privacy/agree-again",
            "/settings/profile",
            "/settings/sign-in/codes",
            "/settings/sign-in/identities/<int:identity_id>/remove",
            "/settings/sign-in/passkeys",
            "/settings/sign-in/passkeys/<int:passkey_id>/name",
            "/settings/sign-in/passkeys/<int:passkey_id>/remove",
        ),
        "It shows one's own account, and what was sent.",
    ),
    **dict.fromkeys(
        (
            "/admin/categories/<slug>",
            "/admin/health-terms",
            "/admin/health-terms/<int:term_id>",
            "/admin/policies/<kind>/<locale>",
            "/admin/policies/<kind>/<locale>/discard",
            "/admin/policies/<kind>/<locale>/publish",
            "/admin/settings",
        ),
        "It shows what administrators wrote, and nobody else gets there.",
    ),
    **dict.fromkeys(
        (
            "/auth/facebook/deauthorize",
            "/auth/facebook/deletion",
            "/auth/google/events",
            "/auth/passkey",
            "/auth/passkey/options",
        ),
        "A machine is answered, with nothing of what anybody wrote.",
    ),
}
