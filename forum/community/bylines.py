"""How whoever wrote something is named beside it: name, face and what they are trusted with."""

from forum.permissions.actor import Role
from forum.text.translate import gettext as _


def name_to_show(name: str | None, from_community: bool, shown: bool) -> str | None:
    """Return the name to print; None means a former member, or one who is not shown."""
    if from_community:
        return _("Community team")
    return name if shown else None


def face_to_show(name: str | None, from_community: bool, shown: bool) -> str:
    """Return what the pattern face is drawn from: the name, so that a new name brings a new face."""
    if from_community:
        return "community"
    return name or "" if shown else ""


def role_label(role: Role | None) -> str:
    """Return what stands beside a name, so that nobody takes a volunteer for a clinician."""
    labels = {
        Role.PEER_SUPPORTER: _("Peer supporter, not a clinician"),
        Role.CATEGORY_MODERATOR: _("Moderator"),
        Role.MODERATOR: _("Moderator"),
        Role.ADMINISTRATOR: _("Administrator"),
    }
    return labels.get(role, "") if role else ""


def title_to_show(title: str, shown: bool) -> str:
    """Return a topic's title, or the neutral line where its author's words are not shown."""
    return title if title and shown else _("A topic whose first post is not shown")
