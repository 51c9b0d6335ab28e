"""The table: each action and the rule that must hold. The generated ``docs/permissions.md`` shows it."""

from typing import Any

from forum.permissions.actions import Action
from forum.permissions.actor import MODERATE_ALL, Actor, MemberState, Role
from forum.permissions.rules import YES, Rule, Verdict, WayOn, rule
from forum.text.translate import gettext as _
from forum.text.translate import say_moment


def _unless_suspended(actor: Actor, _subject: Any) -> Verdict:
    """Say until when, so that nobody has to look for it."""
    if not actor.is_suspended:
        return YES
    if actor.suspended_until is None:
        return Verdict(
            allowed=False,
            reason=_(
                "Your account is suspended, so you can read but not write. Your notices say why, and for how long."
            ),
        )
    return Verdict(
        allowed=False,
        reason=_(
            "Your account is suspended, so you can read but not write until %(moment)s. Your notices say why.",
            moment=say_moment(actor.suspended_until),
        ),
    )


anyone = Rule("anyone", lambda _actor, _subject: YES)

signed_in = rule(
    "a member",
    lambda actor, _subject: actor.is_member,
    lambda: _("Log in first. Reading needs no account; writing does."),
)
not_suspended = Rule("not suspended", _unless_suspended)
not_paused = rule(
    "not paused or leaving",
    lambda actor, _subject: actor.state not in (MemberState.PAUSED, MemberState.LEAVING),
    lambda: _("Your account is paused, so you can read but not write."),
    WayOn.PRIVACY,
)
not_turned_away = rule(
    "not turned away",
    lambda actor, _subject: actor.state is not MemberState.TURNED_AWAY,
    lambda: _("The moderators did not let you in, so you can read but not write. Your notices say why."),
)
let_in = rule(
    "let in",
    lambda actor, _subject: actor.state is not MemberState.WAITING,
    lambda: _(
        "A moderator welcomes each new member before they write. You need do nothing: until then you can read what "
        "is public, and your notices tell you when you can write."
    ),
)
has_consented = rule(
    "has agreed to what writing needs",
    lambda actor, _subject: not actor.missing_consents,
    lambda: _(
        "You have not agreed that we keep what you write about your health, so you can read but not write."
    ),
    WayOn.PRIVACY,
)
has_agreed_again = rule(
    "has agreed to what changed",
    lambda actor, _subject: not actor.has_to_agree_again,
    lambda: _(
        "Our policies changed in a way that matters, so we ask you again before you write. Until then you can read "
        "as before."
    ),
    WayOn.AGREE_AGAIN,
)
not_restricted = rule(
    "not restricted",
    lambda actor, _subject: actor.state is not MemberState.RESTRICTED,
    lambda: _(
        "You asked that what is yours be kept and not used, so you can read but not write. Your privacy settings "
        "end that at any time."
    ),
    WayOn.PRIVACY,
)
site_takes_posts = rule(
    "the community takes posts or they keep it going",
    lambda actor, _subject: actor.is_staff or not actor.site_is_read_only,
    lambda: _(
        "The whole community can be read but not written in for now. Nothing that was written before is lost."
    ),
)
own = rule(
    "their own",
    lambda actor, subject: actor.member_id is not None and subject.author_id == actor.member_id,
    lambda: _("Only the person who wrote this can change it."),
)
others_words = rule(
    "somebody else's words",
    lambda actor, subject: subject.author_id != actor.member_id,
    lambda: _("This is your own post. The others can answer it."),
)
not_themselves = rule(
    "somebody else",
    lambda actor, subject: subject.id != actor.member_id,
    lambda: _("Nobody can block themselves."),
)
topic_open = rule(
    "the topic is open",
    lambda _actor, subject: not subject.locked,
    lambda: _("This topic is closed to replies, so nothing more can be added."),
)
moderates_some = rule(
    "a moderator of any category",
    lambda actor, _subject: actor.is_staff,
    lambda: _("Only moderators can do this."),
)
moderates_here = rule(
    "a moderator of its category",
    lambda actor, subject: actor.moderates(subject.category_id),
    lambda: _("Only the moderators of this category can do this."),
)
moderates_both = rule(
    "a moderator of both categories",
    # Without the other topic nobody can say yet: the page that asks for it has only the first.
    lambda actor, subject: subject.other_category_id is None or actor.moderates(subject.other_category_id),
    lambda: _("Only a moderator of both categories can do this."),
)
moderates_all = rule(
    "a moderator of all categories",
    lambda actor, _subject: actor.is_member and actor.role in MODERATE_ALL,
    lambda: _("Only moderators of the whole community can do this."),
)
may_judge_them = rule(
    "the member is neither themselves nor of the same or a higher standing",
    lambda actor, subject: (
        subject.id != actor.member_id
        and (actor.role is Role.ADMINISTRATOR or subject.role not in MODERATE_ALL)
    ),
    lambda: _("Nobody can do this to themselves, and only an administrator can do it to a moderator."),
)
not_own_words = rule(
    "they are not their own words",
    lambda actor, subject: subject.author_id is None or subject.author_id != actor.member_id,
    lambda: _("This is your own. Somebody else must look at this again."),
)
administers = rule(
    "an administrator",
    lambda actor, _subject: actor.is_member and actor.role is Role.ADMINISTRATOR,
    lambda: _("Only administrators can do this."),
)
not_asked_by_them = rule(
    "somebody else asked for it",
    lambda actor, subject: subject.asked_by != actor.uuid,
    lambda: _("You asked for this yourself. A second administrator has to look at it."),
)
operates = rule(
    "whoever has the command line",
    lambda actor, _subject: actor.is_operator,
    lambda: _("Only administrators can do this."),
)
in_good_standing = signed_in & not_suspended & not_paused & not_restricted & not_turned_away & let_in
# What is theirs alone to see, but says something about their health.
may_keep = signed_in & not_paused & not_turned_away & let_in & has_consented
may_write = in_good_standing & has_consented & has_agreed_again & site_takes_posts
# Looking on is reading, and needs no agreement to what changed. Deciding does, as writing does.
may_look_on = in_good_standing & moderates_some
may_moderate = may_look_on & has_agreed_again
may_run = operates | (in_good_standing & administers & has_agreed_again)
# Two people have to stand by it, so the command line, which is nobody in particular, can't.
may_hold = in_good_standing & administers & has_agreed_again

_arrange = may_moderate & moderates_here
_judge = may_moderate & moderates_all

TABLE: dict[Action, Rule] = {
    Action.TOPIC_START: may_write,
    Action.POST_PUBLISH: may_write & topic_open,
    Action.POST_EDIT: may_write & own & topic_open,
    # Taking one's own words back needs no consent and no standing: only that they are one's own.
    Action.POST_DELETE: signed_in & own,
    Action.POST_PURGE: signed_in & own,
    Action.POST_REACT: may_write & others_words,
    # As with words, taking back asks for nothing but that it is one's own.
    Action.REACTION_TAKE_BACK: signed_in,
    Action.TOPIC_EDIT: may_write & own & topic_open,
    # Nor does narrowing who may read about oneself.
    Action.TOPIC_NARROW: signed_in & own,
    Action.IMAGE_ADD: may_write,
    Action.DRAFT_KEEP: may_keep,
    Action.POST_BOOKMARK: may_keep,
    Action.TOPIC_WATCH: may_keep,
    Action.CATEGORY_WATCH: may_keep,
    Action.WATCH_END: signed_in,
    Action.MEMBER_BLOCK: signed_in & not_themselves,
    Action.MEMBERS_LIST: signed_in & not_turned_away & let_in,
    Action.PROFILE_CHANGE: may_write,
    # Saying less about oneself, or to fewer, asks for nothing.
    Action.PROFILE_NARROW: signed_in,
    Action.TOPIC_LOCK: _arrange,
    # Nobody undoes what was decided about themselves.
    Action.TOPIC_UNLOCK: _arrange & not_own_words,
    Action.TOPIC_PIN: _arrange,
    Action.TOPIC_UNPIN: _arrange,
    Action.TOPIC_MOVE: _arrange,
    Action.TOPIC_HIDE: _arrange,
    Action.TOPIC_REMOVE: _arrange,
    Action.TOPIC_RESTORE: _arrange & not_own_words,
    Action.TOPIC_MERGE: _arrange & moderates_both,
    Action.TOPIC_SPLIT: _arrange,
    Action.POST_HIDE: _arrange,
    Action.POST_REMOVE: _arrange,
    Action.POST_RESTORE: _arrange & not_own_words,
    Action.MODERATE: may_look_on,
    Action.REPORT_RAISE: anyone,
    Action.REPORT_LIST: may_look_on,
    Action.REPORT_CLAIM: _arrange,
    Action.REPORT_LET_GO: _arrange,
    Action.REPORT_CLOSE: _arrange,
    Action.LOG_READ: may_look_on,
    Action.MEMBER_LOOK_UP: may_look_on & moderates_all,
    # Who may not read a note does not learn that it is there, whatever they have agreed to.
    Action.MEMBER_NOTE: may_look_on & moderates_all & may_judge_them & has_agreed_again,
    Action.MEMBER_SUSPEND: _judge & may_judge_them,
    # The operator, too: administrators who suspended each other could not end it.
    Action.MEMBER_UNSUSPEND: operates | (_judge & may_judge_them),
    Action.MEMBER_PROFILE_CLEAR: _judge & may_judge_them,
    Action.MEMBER_LET_IN: _judge,
    Action.MEMBER_TURN_AWAY: _judge & may_judge_them,
    # Whoever rests, or has to agree again, can still be called rightly. Under another name somebody suspended would be
    # taken for somebody new.
    Action.ACCOUNT_RENAME: signed_in & not_suspended & not_turned_away,
    Action.ACCOUNT_RESTRICT: signed_in,
    Action.SETTINGS_CHANGE: may_run,
    Action.ROLE_CHANGE: may_run,
    # It opens somebody's account: whoever does it must have seen who asks.
    Action.RECOVERY_CODE_GIVE: operates,
    Action.CATEGORY_CHANGE: may_run,
    Action.HEALTH_TERM_CHANGE: may_run,
    # A policy that nobody can agree to as it is must not keep the one away who can put it right.
    Action.POLICY_PUBLISH: operates | (in_good_standing & administers),
    Action.TREATMENT_PUBLISH: may_run,
    Action.HELPLINES_CHANGE: may_run,
    Action.COMMUNITY_TOPIC_START: may_run,
    # No page does either yet.
    Action.HOLD_ASK: may_hold,
    Action.HOLD_CONFIRM: may_hold & not_asked_by_them,
}
