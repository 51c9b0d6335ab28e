"""The rows of the matrix: in which states each kind of subject can be. ``community`` makes one of each."""

from tests.authorization.accounts import THEIR_OWN
from tests.authorization.profiles import PROFILES

# The states of each kind of subject. "own" is whoever's who asks; everything else is somebody else's.
TOPICS = (
    "other's",
    "own",
    "members only",
    "same condition",
    "moderators only",
    "own, moderators only",
    "locked",
    "hidden",
    "own, hidden",
    "removed",
    "own, removed",
    "deleted",
    "own, deleted",
    "merged",
    "merged into hidden",
    "author blocked them",
    "nowhere",
)
POSTS = (
    "other's",
    "own",
    "members only",
    "same condition",
    "moderators only",
    "locked",
    "own, locked",
    "held",
    "own, held",
    "hidden",
    "own, hidden",
    "removed",
    "own, removed",
    "deleted",
    "own, deleted",
    "moved",
    "in hidden topic",
    "own, in hidden topic",
    "author paused",
    "author blocked them",
    "nowhere",
)
REPORTS = ("open", "own", "other's", "closed", "nowhere")
NOTICES = ("own", "other's", "nowhere")
OWN_OR_NOT = ("own", "other's", "nowhere")
PEOPLE = ("other's", "own", "moderator's", "waiting", "suspended", "paused", "nowhere")
NOTES = ("own", "other's", "nowhere")
ROOMS = ("open", "nowhere")
# What is moderators' alone has fewer states that differ.
DESK_TOPICS = (
    "other's",
    "own",
    "members only",
    "moderators only",
    "locked",
    "pinned",
    "hidden",
    "removed",
    "deleted",
    "merged",
    "nowhere",
)
DESK_POSTS = (
    "other's",
    "own",
    "members only",
    "held",
    "hidden",
    "removed",
    "deleted",
    "moved",
    "in hidden topic",
    "author paused",
    "nowhere",
)
STATES: dict[str, tuple[str, ...]] = {
    "nothing": ("",),
    "topic": TOPICS,
    "post": POSTS,
    "desk topic": DESK_TOPICS,
    "desk post": DESK_POSTS,
    "report": REPORTS,
    "notice": NOTICES,
    **dict.fromkeys(THEIR_OWN, OWN_OR_NOT),
    "member": PEOPLE,
    "note": NOTES,
    "profile": ("own", *PROFILES),
    "term": ROOMS,
    "room": ROOMS,
    "treatment": ROOMS,
    "policy": ROOMS,
}


def without_owner(state: str) -> str:
    """Return the same state of what is somebody else's."""
    return "other's" if state == "own" else state.removeprefix("own, ")
