"""Which table each route has, what its form is sent, and what its address needs beside its subject."""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import timedelta

import pytest

from forum import clock
from forum.consent import wording
from forum.consent.models import PolicyKind
from forum.consent.queries import PolicyReference
from forum.permissions.actor import Purpose
from forum.text.translate import DEFAULT_LOCALE
from tests.authorization import desk, details, keeping, matrix, mentioning, reacting, reading, saying, writing
from tests.authorization.community import HERE, THERE, Subject, Values
from tests.authorization.profiles import PROFILE_FORM
from tests.authorization.tables import Table, everybody

Form = Mapping[str, str]
_PART = re.compile(r"<(?:[^<>]*:)?(\w+)>")


@dataclass(frozen=True, slots=True)
class Row:
    """A route: its table, the rest of its address, and the form that is right for it."""

    table: Table
    rest: Values = field(default_factory=dict)
    form: Callable[[Subject], Form] = lambda _subject: {}
    query: str = ""
    # What it did is on the page that comes, and nowhere else: it can't lead on to another one.
    shows_once: bool = False
    # Where it is refused, the words that were sent are kept as a draft, and nothing else changes.
    keeps_words: bool = False

    def address(self, route: str, subject: Subject) -> str:
        """Return the route's address for this subject."""
        values = {**subject.values, **self.rest}
        _method, rule = method_and_rule(route)
        return _PART.sub(lambda part: str(values[part[1]]), rule) + self.query


def method_and_rule(route: str) -> tuple[str, str]:
    """Return a route's method and its rule, without what tells its rows apart."""
    method, rule, *_apart = route.split(" # ", maxsplit=1)[0].split(" ", 1)
    return method, rule


def sent(table: Table, **form: str) -> Row:
    """Return the row of a route that takes this form, whatever it is about."""
    return Row(table, form=lambda _subject: form)


def writes(table: Table, **form: str) -> Row:
    """Return the row of a composer, which keeps the words also where it is refused."""
    return Row(table, form=lambda _subject: form, keeps_words=True)


def _saving(table: Table, **part: str) -> Row:
    """Return the row of what a composer saves by itself: ``part`` says which part of the address its place has."""

    def form(subject: Subject) -> Form:
        return {"text": "Words.", **{name: str(subject.values[value]) for name, value in part.items()}}

    return Row(table, form=form, shows_once=True)


def _reacting(what: str) -> Row:
    """Return the row of the buttons beneath posts, which say what they are about."""
    return Row(
        reacting.REACT if what == "give" else reacting.TAKE_BACK,
        form=lambda subject: {"reaction": f"{what}:{subject.values['post_id']}:thank-you"},
    )


KEY = "a-key-of-the-matrix-0001"
TOPIC_FORM = {
    "category": HERE,
    "title": "Stairs",
    "intent": "experiences",
    "content_note": "",
    "audience": "public",
    "text": "Words.",
    "submission_key": KEY,
}
# Words that no page showed.
AGREEMENT = {
    "agree_membership": "yes",
    "agree_health_data": "yes",
    "policies": "terms:1 health-data:1 privacy:1 guidelines:1",
    "wording": "0" * 64,
    "next": "/about",
}
READING_FORM = {"theme": "dark", "size": "larger", "motion": "none"}

_TOPIC = "/moderation/topics/<int:topic_id>"
_WORD = "/<any(lock, unlock, pin, unpin, move, hide, remove, restore, merge, split):word>"
_POST = "/moderation/posts/<int:post_id>/<any(hide, remove, restore):word>"
_MEMBER = "/moderation/members/<name>"
_DEED = "/<any('suspend','lift','clear-profile','let-in','turn-away'):deed>"
# A reason that fits each decision on a topic and on a post.
_WHY = {
    "lock": "heated",
    "unlock": "looked-again",
    "pin": "useful-to-many",
    "unpin": "looked-again",
    "move": "wrong-place",
    "hide": "being-looked-at",
    "remove": "harassment",
    "restore": "looked-again",
    "merge": "same-subject",
    "split": "off-topic",
}


def _deciding(word: str, step: str) -> Callable[[Subject], Form]:
    """Return the form of a decision on a topic or a post, as it stands on a page of which nothing was decided yet."""

    def form(subject: Subject) -> Form:
        fields = {"seen": "0", "step": step, "text": "", "reason": _WHY[word]}
        if word == "move":
            fields["category"] = THERE
        if word == "merge":
            fields["target"] = str(subject.names["target"])
        if word == "split":
            fields |= {"posts": str(subject.names["reply"]), "title": "Stairs, apart"}
        return fields

    return form


def _merging(target: str) -> Row:
    """Return the row of joining a topic of the category with another one, by its name in the community."""
    table = desk.MERGE_ELSEWHERE if target == "elsewhere" else desk.MERGE_NOWHERE

    def form(subject: Subject) -> Form:
        return {**_deciding("merge", "act")(Subject({}, {"target": subject.names[target]}))}

    return Row(table, {"word": "merge"}, form)


def _judging(table: Table, step: str, **fields: str) -> Row:
    """Return the row of a decision on a member."""
    return Row(
        table, form=lambda subject: {"seen": str(subject.names["seen"]), "step": step, "text": "", **fields}
    )


def _words_shown() -> str:
    """Return the hash of the words beside a choice, with the policies that come with the forum in force."""
    policy = PolicyReference(PolicyKind.PRIVACY, 1, DEFAULT_LOCALE, "", "Privacy policy")
    choices = wording.choices([policy], locale=DEFAULT_LOCALE, gpc=False)
    return wording.hash_of_choices(one for one in choices if one.purpose is Purpose.MATCHING)


def _settings(step: str) -> Row:
    def form(subject: Subject) -> Form:
        seen = str(subject.names["settings"])
        return {"seen_version": seen, "step": step, "sign_up": "closed", "announcement": "", "contact": ""}

    return Row(desk.ADMINISTRATION["page" if step == "preview" else "done"], form=form)


_POLICY = "/admin/policies/<kind>/<locale>"
_TERMS = {"kind": "terms", "locale": "en"}
# Any day on which the forum's own may be a day earlier or later.
_LATER = (clock.now() + timedelta(days=9)).date().isoformat()


def _policy(**fields: str) -> Row:
    """Return the row of what is done with the draft of the terms."""
    return Row(
        desk.ADMINISTRATION["done"], _TERMS, lambda subject: {"seen": str(subject.names["terms"]), **fields}
    )


# By method and rule; where one route does several things, each has a row, and what tells them apart follows a #.
ROUTES: dict[str, Row] = {
    "GET /": Row(everybody("page")),
    "GET /about": Row(everybody("page")),
    "GET /auth/<provider>/callback": Row(everybody("bad"), {"provider": "google"}),
    # What the providers call themselves counts by its signature, and the matrix has none.
    "POST /auth/facebook/deauthorize": Row(everybody("bad")),
    "POST /auth/facebook/deletion": Row(everybody("bad")),
    "POST /auth/google/events": Row(everybody("bad")),
    # The pages that are there stand in the tests of these calls; nobody can guess the address of one.
    "GET /auth/facebook/deletion/<code>": Row(everybody("gone"), {"code": "0123456789abcdefghjkmnpqrs"}),
    # Nobody answers at the provider's address, and more must not be asked here.
    "POST /auth/<provider>/start": Row(everybody("out"), {"provider": "google"}),
    # What is asked of a device differs each time; who may ask for what, the tests of passkeys say.
    "POST /auth/passkey/options": Row(
        everybody("page"), form=lambda _subject: {"purpose": "sign-in"}, shows_once=True
    ),
    # Nobody has a device here.
    "POST /auth/passkey": sent(everybody("bad"), purpose="sign-in", next="/", credential="{}"),
    "GET /bookmarks": Row(everybody("login", "page")),
    "POST /bookmarks/<int:bookmark_id>/remove": Row(keeping.LET_GO),
    "GET /catch-up": Row(everybody("login", "page")),
    "GET /categories": Row(everybody("page")),
    "GET /categories/<slug>": Row(matrix.NAMED["room"]),
    "POST /categories/<slug>/watch": sent(reading.WATCH_CATEGORY, level="muted"),
    "GET /drafts": Row(everybody("login", "page")),
    "POST /drafts/save": _saving(writing.SAVE),
    "POST /drafts/save # reply": _saving(writing.SAVE_REPLY, topic_id="topic_id"),
    "POST /drafts/save # edit": _saving(writing.SAVE_EDIT, post_id="post_id"),
    "POST /drafts/<int:draft_id>/discard": Row(writing.DISCARD),
    "GET /drafts/<int:draft_id>/pictures": Row(writing.PICTURES),
    # Without a file. What happens to one that comes, and who sees it then, the tests of pictures say.
    "POST /drafts/<int:draft_id>/pictures": sent(writing.ADD_PICTURE, alt="A cat."),
    # Nobody can guess the name of one. Who sees which, the tests of pictures say.
    "GET /images/<name>": Row(everybody("gone"), {"name": "0" * 32}),
    "POST /images/<name>/remove": Row(writing.REMOVE_PICTURE),
    "GET /favicon.ico": Row(everybody("lead")),
    "GET /feeds/latest.atom": Row(everybody("page")),
    "GET /feeds/categories/<slug>.atom": Row(matrix.NAMED["room"]),
    "GET /feeds/topics/<int:topic_id>.atom": Row(reading.FEED),
    "GET /feeds/treatments/<slug>.atom": Row(matrix.NAMED["treatment"]),
    "GET /health/live": Row(everybody("page")),
    "GET /health/ready": Row(everybody("page")),
    "GET /help-now": Row(everybody("page")),
    "GET /join": Row(everybody("page", "lead")),
    "GET /join/consent": Row(everybody("over", "lead")),
    "POST /join/consent": Row(everybody("over", "done")),
    "POST /join/consent/decline": Row(everybody("page")),
    "GET /join/welcome": Row(everybody("login", "page")),
    "GET /log-in": Row(everybody("page", "lead")),
    "GET /log-in/again": Row(everybody("login", "page")),
    # Nobody has a code here.
    "POST /log-in/again": sent(everybody("login", "wrong"), code="0000-0000-0000-0000"),
    "GET /log-in/code": Row(everybody("page", "lead")),
    # Whoever is logged in needs none, and whatever they type is left alone.
    "POST /log-in/code": sent(everybody("wrong", "done"), code="0000-0000-0000-0000"),
    "POST /log-out": Row(everybody("done")),
    "GET /policies/<kind>": Row(matrix.NAMED["policy"]),
    "GET /policies/<kind>/<int:version>": Row(matrix.NAMED["policy"], {"version": 1}),
    "GET /policies/<kind>/<int:version>.md": Row(matrix.NAMED["policy"], {"version": 1}),
    "GET /policies/<kind>/<int:version>/changes": Row(matrix.NAMED["policy"], {"version": 2}),
    "GET /posts/<int:post_id>": Row(matrix.POST),
    "GET /posts/<int:post_id>/<any(worry, report):told>/thanks": Row(matrix.THANKS, {"told": "worry"}),
    "GET /posts/<int:post_id>/block": Row(details.BLOCK["page"]),
    "POST /posts/<int:post_id>/block": Row(details.BLOCK["done"]),
    "GET /posts/<int:post_id>/bookmark": Row(keeping.KEEP["page"]),
    "POST /posts/<int:post_id>/bookmark": sent(keeping.KEEP["done"], note="For later."),
    "GET /posts/<int:post_id>/delete": Row(matrix.TAKE_BACK["page"]),
    "POST /posts/<int:post_id>/delete": Row(matrix.TAKE_BACK["done"]),
    "GET /posts/<int:post_id>/edit": Row(matrix.EDIT["page"]),
    "POST /posts/<int:post_id>/edit": writes(matrix.EDIT["done"], text="Other words."),
    "POST /posts/<int:post_id>/purge-earlier": Row(matrix.TAKE_BACK["done"]),
    "GET /posts/<int:post_id>/history": Row(matrix.HISTORY),
    "GET /posts/<int:post_id>/reactions": Row(reacting.WHO_REACTED),
    "GET /posts/<int:post_id>/report": Row(matrix.TELLING["page"]),
    "POST /posts/<int:post_id>/report": sent(matrix.TELLING["done"], reason="harassment", text=""),
    "GET /posts/<int:post_id>/worry": Row(matrix.TELLING["page"]),
    "POST /posts/<int:post_id>/worry": sent(matrix.TELLING["done"], text=""),
    "GET /robots.txt": Row(everybody("page")),
    "GET /sitemap.xml": Row(everybody("page")),
    "GET /sitemap/pages.xml": Row(everybody("page")),
    "GET /sitemap/topics-<int:number>.xml": Row(everybody("page"), {"number": 1}),
    "GET /sitemap/topics-<int:number>.xml # without a topic": Row(everybody("gone"), {"number": 99}),
    "GET /settings/leave": Row(everybody("login", "page")),
    "POST /settings/leave": Row(
        everybody("login", "page"), form=lambda _subject: {"posts": "delete", "days": "14"}, shows_once=True
    ),
    "GET /settings/leave/posts": Row(everybody("login", "page")),
    "POST /settings/leave/posts": sent(everybody("login", "done"), shown="", older="", then="back"),
    "GET /settings/reading": Row(everybody("page")),
    "POST /settings/reading": sent(everybody("done"), **READING_FORM),
    "GET /topics/<int:topic_id>": Row(matrix.TOPIC_SHORT),
    "GET /topics/<int:topic_id> # as a stranger": Row(reading.AS_STRANGER, query="?as=stranger"),
    "POST /topics/<int:topic_id>/watch": sent(reading.WATCH_TOPIC, level="followed"),
    "GET /topics/<int:topic_id>/<slug>": Row(matrix.TOPIC_IN_FULL),
    "GET /topics/<int:topic_id>/people": Row(mentioning.PEOPLE),
    "GET /topics/<int:topic_id>/edit": Row(details.DETAILS),
    "POST /topics/<int:topic_id>/edit": sent(details.NARROW, audience="members"),
    "POST /topics/<int:topic_id>/edit # words": sent(
        details.REWORD, title="Other stairs", intent="information", content_note="", audience="public"
    ),
    "GET /topics/<int:topic_id>/reply": Row(matrix.REPLY["page"]),
    "POST /topics/<int:topic_id>/reply": writes(matrix.REPLY["done"], text="Words.", submission_key=KEY),
    "GET /topics/new": Row(matrix.WRITING["page"]),
    "POST /topics/new": writes(matrix.WRITING["done"], **TOPIC_FORM),
    "GET /topics/new/short": Row(matrix.WRITING["page"]),
    "POST /topics/new/short": sent(
        matrix.WRITING["done"], category=HERE, today="hard", need="listen", submission_key=KEY
    ),
    "GET /treatments": Row(everybody("page")),
    "GET /treatments/<slug>": Row(matrix.NAMED["treatment"]),
    "GET /treatments/<slug>/questions": Row(matrix.NAMED["treatment"]),
    "GET /waiting": Row(everybody("login", "page")),
    "GET /my-posts": Row(everybody("login", "page")),
    "GET /my-topics": Row(everybody("login", "page")),
    "GET /search": Row(everybody("page"), query="?q=knees"),
    "POST /reactions": _reacting("give"),
    # There is none to take back, and nobody is told.
    "POST /reactions # take back": _reacting("take-back"),
    "GET /settings": Row(everybody("page")),
    "GET /settings/blocked": Row(everybody("login", "page")),
    # Whoever that is, and whether they are anybody: nothing is said about it.
    "POST /settings/blocked": sent(everybody("login", "done"), member="00000000-0000-4000-8000-000000000000"),
    "GET /settings/profile": Row(everybody("login", "page")),
    # The first change has no waiting time.
    "POST /settings/profile": sent(matrix.RENAME, name="Another-Name"),
    "GET /settings/profile/about": Row(everybody("login", "page")),
    "POST /settings/profile/about": sent(saying.SAY_LESS, **PROFILE_FORM),
    "POST /settings/profile/about # more": sent(saying.SAY_MORE, **PROFILE_FORM | {"country": "PT"}),
    "GET /members": Row(saying.MEMBERS),
    "GET /members/<name>": Row(saying.PROFILE),
    "GET /members/<name>/block": Row(saying.BLOCK["page"]),
    "POST /members/<name>/block": Row(saying.BLOCK["done"]),
    # Of whoever was never let in, nothing is shown that could be restricted.
    "POST /settings/privacy/restrict": Row(matrix.RESTRICT),
    "POST /settings/privacy/lift-restriction": Row(everybody("login", "done")),
    "GET /settings/privacy/export": Row(everybody("login", "page")),
    "POST /settings/privacy/export": Row(everybody("login", "done")),
    "GET /settings/privacy/export/<int:export_id>": Row(matrix.EXPORT),
    "GET /settings/sign-in": Row(everybody("login", "page")),
    "POST /settings/sign-in/codes": Row(everybody("login", "page"), shows_once=True),
    "GET /settings/sign-in/identities/<int:identity_id>/remove": Row(matrix.IDENTITY["page"]),
    "POST /settings/sign-in/identities/<int:identity_id>/remove": Row(matrix.IDENTITY["done"]),
    # Without what a device made, it shows the button with which one makes it.
    "POST /settings/sign-in/passkeys": sent(everybody("login", "page"), credential=""),
    "GET /settings/sign-in/passkeys/<int:passkey_id>/name": Row(matrix.PASSKEY["page"]),
    "POST /settings/sign-in/passkeys/<int:passkey_id>/name": sent(matrix.PASSKEY["done"], name="Old tablet"),
    "GET /settings/sign-in/passkeys/<int:passkey_id>/remove": Row(matrix.PASSKEY["page"]),
    "POST /settings/sign-in/passkeys/<int:passkey_id>/remove": Row(matrix.PASSKEY["done"]),
    "GET /settings/privacy": Row(everybody("login", "page")),
    "GET /settings/privacy/decisions": Row(everybody("login", "page")),
    # Whoever's number it is: it is not theirs. That each member gets their own, the tests of receipts say.
    "GET /settings/privacy/receipts/<int:sequence>": Row(everybody("login", "gone"), {"sequence": 10**9}),
    "GET /settings/privacy/receipts/<int:sequence>.json": Row(
        everybody("login", "gone"), {"sequence": 10**9}
    ),
    # Nobody in the matrix said yes to it, and whoever takes back what they never gave changes nothing.
    "POST /settings/privacy/<purpose>/take-back": Row(everybody("login", "done"), {"purpose": "matching"}),
    "POST /settings/privacy/<purpose>/give": Row(
        everybody("login", "done"), {"purpose": "matching"}, form=lambda _subject: {"wording": _words_shown()}
    ),
    "GET /settings/privacy/agree-again": Row(everybody("login", "page")),
    "POST /settings/privacy/agree-again": sent(matrix.AGREE_AGAIN, **AGREEMENT),
    "POST /notices/policies/seen": sent(everybody("login", "done"), up_to="1"),
    "GET /settings/sessions": Row(everybody("login", "page")),
    "POST /settings/sessions/<int:session_id>/end": Row(matrix.SIGN_IN_SESSION),
    "POST /settings/sessions/end-others": Row(everybody("login", "done")),
    "GET /notices": Row(everybody("login", "page")),
    "POST /notices/account/seen": sent(everybody("login", "done"), up_to="1"),
    "GET /notices/<int:notice_id>": Row(matrix.NOTICE["page"]),
    "POST /notices/<int:notice_id>/seen": Row(matrix.NOTICE["done"]),
    "GET /admin": Row(desk.ADMINISTRATION["page"]),
    "GET /admin/settings": Row(desk.ADMINISTRATION["page"]),
    "POST /admin/settings": _settings("act"),
    "POST /admin/settings # preview": _settings("preview"),
    "GET /admin/policies": Row(desk.ADMINISTRATION["page"]),
    f"GET {_POLICY}": Row(desk.ADMINISTRATION["page"], _TERMS),
    f"POST {_POLICY}": _policy(title="Terms", markdown="Other words."),
    **{
        f"GET {_POLICY}/{what}": Row(desk.ADMINISTRATION["page"], _TERMS)
        for what in ("preview", "publish", "discard")
    },
    f"POST {_POLICY}/publish": _policy(effective_on=_LATER, material="yes"),
    f"POST {_POLICY}/discard": _policy(),
    "GET /admin/categories": Row(desk.ADMINISTRATION["page"]),
    "GET /admin/categories/<slug>": Row(desk.KEPT_LIST["room", "page"]),
    "POST /admin/categories/<slug>": sent(
        desk.KEPT_LIST["room", "done"], default_audience="members", widest_audience="members"
    ),
    "GET /admin/health-terms": Row(desk.ADMINISTRATION["page"]),
    "POST /admin/health-terms": sent(desk.ADMINISTRATION["done"], kind="condition", name="Sore feet"),
    "GET /admin/health-terms/<int:term_id>": Row(desk.KEPT_LIST["term", "page"]),
    "POST /admin/health-terms/<int:term_id>": sent(desk.KEPT_LIST["term", "done"], name="Sore legs"),
    "GET /moderation": Row(desk.DESK),
    "GET /moderation/log": Row(desk.DESK),
    "GET /moderation/log.csv": Row(desk.DESK),
    "GET /moderation/reports": Row(desk.DESK),
    "GET /moderation/reports/<int:report_id>": Row(desk.REPORT["look"]),
    "POST /moderation/reports/<int:report_id>/claim": sent(desk.REPORT["claim"], seen="0"),
    "POST /moderation/reports/<int:report_id>/claim # over": sent(
        desk.REPORT["over"], seen="0", take_over="yes"
    ),
    "POST /moderation/reports/<int:report_id>/let-go": sent(desk.REPORT["go"], seen="0"),
    **{
        f"POST /moderation/reports/<int:report_id>/close # {step}": sent(
            desk.REPORT[name], seen="0", step=step, text="", outcome="acted"
        )
        for step, name in (("act", "close"), ("preview", "preview"))
    },
    "GET /moderation/members": Row(desk.DESK_OF_ALL),
    "GET /moderation/members # found": Row(desk.LOOK_UP, query="?name=Rowan"),
    f"GET {_MEMBER}": Row(desk.MEMBER),
    f"POST {_MEMBER}/notes": sent(desk.NOTE, text="Wrote to them."),
    "POST /moderation/notes/<int:note_id>/delete": Row(desk.DELETE_NOTE),
    **{
        f"GET {_MEMBER}{_DEED} # {deed}": Row(table, {"deed": deed})
        for deed, table in (
            ("suspend", desk.ASK_TO_JUDGE),
            ("lift", desk.ASK_TO_JUDGE),
            ("clear-profile", desk.ASK_TO_JUDGE),
            ("turn-away", desk.ASK_TO_JUDGE),
            ("let-in", desk.MEMBER),
        )
    },
    f"POST {_MEMBER}/suspend": _judging(desk.SUSPEND, "act", reason="harassment", length="7"),
    f"POST {_MEMBER}/suspend # preview": _judging(
        desk.ASK_TO_JUDGE, "preview", reason="harassment", length="7"
    ),
    f"POST {_MEMBER}/lift": _judging(desk.LIFT, "act", reason="looked-again"),
    f"POST {_MEMBER}/clear-profile": _judging(desk.CLEAR_PROFILE, "act", reason="harassment"),
    f"POST {_MEMBER}/clear-profile # preview": _judging(desk.ASK_TO_JUDGE, "preview", reason="harassment"),
    f"POST {_MEMBER}/let-in": _judging(desk.LET_IN, "act"),
    f"POST {_MEMBER}/turn-away": _judging(desk.TURN_AWAY, "act", reason="spam-or-selling"),
    f"GET {_TOPIC}": Row(desk.TOPIC),
    **{
        f"GET {_TOPIC}{_WORD} # {word}": Row(table, {"word": word})
        for word, table in desk.ASK_ON_TOPIC.items()
    },
    **{
        f"POST {_TOPIC}{_WORD} # {word}": Row(table, {"word": word}, _deciding(word, "act"))
        for word, table in desk.ACT_ON_TOPIC.items()
    },
    **{
        f"POST {_TOPIC}{_WORD} # {word}, preview": Row(table, {"word": word}, _deciding(word, "preview"))
        for word, table in desk.PREVIEW_ON_TOPIC.items()
    },
    **{
        f"POST {_TOPIC}{_WORD} # merge, {target}": _merging(target)
        for target in ("elsewhere", "hidden elsewhere", "nowhere")
    },
    **{f"GET {_POST} # {word}": Row(table, {"word": word}) for word, table in desk.ON_POST["page"].items()},
    **{
        f"POST {_POST} # {word}{apart}": Row(table, {"word": word}, _deciding(word, step))
        for step, yes, apart in (("act", "done", ""), ("preview", "page", ", preview"))
        for word, table in desk.ON_POST[yes].items()
    },
}

# The first row of each route: the others are the same view with another word or step.
FIRST_ROWS: dict[tuple[str, str], str] = {method_and_rule(route): route for route in reversed(ROUTES)}


def name_of(route: str) -> str:
    """Return a route's name for a report: without the choices that its rule lists."""
    return re.sub(r"<any\([^)]*\):", "<", route)


every_route = pytest.mark.parametrize("route", [pytest.param(route, id=name_of(route)) for route in ROUTES])
UNSAFE = tuple(route for route in ROUTES if not route.startswith("GET "))
every_unsafe_route = pytest.mark.parametrize(
    "route", [pytest.param(route, id=name_of(route)) for route in UNSAFE]
)
