"""How entries of the audit log are said: what somebody did, as the end of a sentence that begins with their name."""

from collections.abc import Mapping
from typing import Any

from forum.moderation.models import ReasonCode
from forum.moderation.reasons import label_of_code
from forum.permissions.actions import Action
from forum.text.translate import gettext as _
from forum.text.translate import ngettext


def deed(action: str, facts: Mapping[str, Any]) -> str:
    """Return what was done, without who did it. Entries stay for good, so one of an unknown kind has words, too."""
    if action == Action.REPORT_CLAIM:
        return _claimed(facts)
    if action == Action.REPORT_CLOSE:
        return _closed(facts)
    if action == Action.MEMBER_SUSPEND:
        return _suspended(facts)
    if action == Action.HEALTH_TERM_CHANGE and "from_name" in facts:
        return _(
            "renamed “%(before)s” to “%(name)s” in the list of conditions and treatments",
            before=facts["from_name"],
            name=facts.get("name", ""),
        )
    if action == Action.MEMBER_NOTE:
        return (
            _("took a note about a member away") if facts.get("deleted") else _("wrote a note about a member")
        )
    words = {
        Action.TOPIC_LOCK: _("closed a topic to replies"),
        Action.TOPIC_UNLOCK: _("opened a topic to replies again"),
        Action.TOPIC_PIN: _("pinned a topic"),
        Action.TOPIC_UNPIN: _("took the pin off a topic"),
        Action.TOPIC_MOVE: _("moved a topic to another category"),
        Action.TOPIC_HIDE: _("hid a topic"),
        Action.TOPIC_REMOVE: _("took a topic down"),
        Action.TOPIC_RESTORE: _("brought a topic back"),
        Action.TOPIC_MERGE: _("joined two topics"),
        Action.TOPIC_SPLIT: _("gave posts a topic of their own"),
        Action.POST_HIDE: _("hid a post"),
        Action.POST_REMOVE: _("took a post down"),
        Action.POST_RESTORE: _("brought a post back"),
        Action.REPORT_LET_GO: _("gave back what they had taken on"),
        Action.MEMBER_UNSUSPEND: _("lifted the suspension of a member"),
        Action.MEMBER_PROFILE_CLEAR: _("took down what a member says about themselves"),
        Action.MEMBER_LET_IN: _("let a newcomer in"),
        Action.MEMBER_TURN_AWAY: _("turned a newcomer away"),
        Action.SETTINGS_CHANGE: _("changed the community's settings"),
        Action.RECOVERY_CODE_GIVE: _("gave a member a recovery code"),
        Action.ROLE_CHANGE: _("changed what a member is trusted with"),
        Action.CATEGORY_CHANGE: _("changed a category"),
        Action.HEALTH_TERM_CHANGE: _("changed the list of conditions and treatments"),
        Action.POLICY_PUBLISH: _("published a policy"),
        Action.TREATMENT_PUBLISH: _("published a treatment page"),
        Action.HELPLINES_CHANGE: _("changed the helplines"),
        Action.COMMUNITY_TOPIC_START: _("started a topic in the community's name"),
        Action.HOLD_ASK: _("asked to keep a post's words because the law obliges us to"),
        Action.HOLD_CONFIRM: _("confirmed that a post's words are kept because the law obliges us to"),
    }
    return words[Action(action)] if action in words else _("did something that this release has no words for")


def reason_in_words(reason: str) -> str:
    """Return an entry's reason in a few words; "" where there is none, or one of another release."""
    return label_of_code(ReasonCode(reason)) if reason in set(ReasonCode) else ""


def _claimed(facts: Mapping[str, Any]) -> str:
    count = int(facts.get("reports") or 1)
    if facts.get("taken_over"):
        return ngettext("took %(n)s report over", "took %(n)s reports over", count)
    return ngettext("took %(n)s report on", "took %(n)s reports on", count)


def _closed(facts: Mapping[str, Any]) -> str:
    return ngettext("closed %(n)s report", "closed %(n)s reports", int(facts.get("reports") or 1))


def _suspended(facts: Mapping[str, Any]) -> str:
    days = facts.get("days")
    if days is None:
        return _("suspended a member until further notice")
    return ngettext("suspended a member for %(n)s day", "suspended a member for %(n)s days", int(days))
