"""The table: each action and the rule that must hold. The generated ``docs/permissions.md`` shows it."""

from forum.permissions.actions import Action
from forum.permissions.actor import MemberState
from forum.permissions.rules import YES, Rule, rule
from forum.text.translate import gettext as _

anyone = Rule("anyone", lambda _actor, _subject: YES)

signed_in = rule(
    "a member",
    lambda actor, _subject: actor.is_member,
    lambda: _("Log in first. Reading needs no account; writing does."),
)
not_suspended = rule(
    "not suspended",
    lambda actor, _subject: actor.state is not MemberState.SUSPENDED,
    lambda: _("Your account is suspended, so you can read but not write."),
)
not_paused = rule(
    "not paused or leaving",
    lambda actor, _subject: actor.state not in (MemberState.PAUSED, MemberState.LEAVING),
    lambda: _("Your account is paused, so you can read but not write."),
)
has_consented = rule(
    "has agreed to what writing needs",
    lambda actor, _subject: not actor.missing_consents,
    lambda: _(
        "You have not agreed that we keep what you write about your health, so you can read but not write."
    ),
)
own = rule(
    "their own",
    lambda actor, subject: actor.member_id is not None and subject.author_id == actor.member_id,
    lambda: _("Only the person who wrote this can change it."),
)
topic_open = rule(
    "the topic is open",
    lambda _actor, subject: not subject.locked,
    lambda: _("This topic is locked, so nothing more can be added."),
)
moderates_some = rule(
    "a moderator of any category",
    lambda actor, _subject: actor.is_staff,
    lambda: _("Only moderators can do this."),
)
may_write = signed_in & not_suspended & not_paused & has_consented

TABLE: dict[Action, Rule] = {
    Action.TOPIC_START: may_write,
    Action.POST_PUBLISH: may_write & topic_open,
    Action.POST_EDIT: may_write & own & topic_open,
    # Taking one's own words back needs no consent and no standing: only that they are one's own.
    Action.POST_DELETE: signed_in & own,
    Action.REPORT_RAISE: anyone,
    Action.REPORT_LIST: signed_in & not_suspended & not_paused & moderates_some,
}
