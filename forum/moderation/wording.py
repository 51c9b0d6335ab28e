"""How moderators' decisions are said to the people they concern: the same words in a preview and in a notice.

A notice keeps codes, and ``told`` makes sentences of them in the reader's language. Their own words and what a
moderator added are no part of it: the pages show those beside it.
"""

from dataclasses import dataclass
from datetime import datetime

from forum.moderation.models import ReasonCode, ReportOutcome
from forum.moderation.reasons import because
from forum.permissions.actions import Action
from forum.permissions.actor import Role
from forum.text.translate import gettext as _
from forum.text.translate import say_moment


@dataclass(frozen=True, slots=True)
class Told:
    """What somebody is told: a heading and a few sentences."""

    title: str
    sentences: tuple[str, ...]


def told(
    action: Action,
    reason: ReasonCode | None = None,
    outcome: ReportOutcome | None = None,
    until: datetime | None = None,
) -> Told:
    """Return what a member is told: what was done, why, and what they can do. Raises KeyError for other actions."""
    if action is Action.REPORT_CLOSE:
        return _answered(outcome)
    if action is Action.MEMBER_SUSPEND:
        title, what, ways_on = _suspended(until)
    else:
        title, what, ways_on = _words(action)
    why = because(reason) if reason else ""
    return Told(title, tuple(sentence for sentence in (what, why, *ways_on) if sentence))


def name_of_action(action: Action) -> str:
    """Return what a button says that does it. Raises KeyError for anything but a decision on a topic or a post."""
    return {
        Action.TOPIC_LOCK: _("Close to replies"),
        Action.TOPIC_UNLOCK: _("Open to replies"),
        Action.TOPIC_PIN: _("Pin"),
        Action.TOPIC_UNPIN: _("Take the pin off"),
        Action.TOPIC_MOVE: _("Move to another category"),
        Action.TOPIC_HIDE: _("Hide the topic"),
        Action.TOPIC_REMOVE: _("Take the topic down"),
        Action.TOPIC_RESTORE: _("Bring the topic back"),
        Action.TOPIC_MERGE: _("Join with another topic"),
        Action.TOPIC_SPLIT: _("Split posts off"),
        Action.POST_HIDE: _("Hide the post"),
        Action.POST_REMOVE: _("Take the post down"),
        Action.POST_RESTORE: _("Bring the post back"),
    }[action]


def what_follows(action: Action) -> str:
    """Return what a moderator should know before they do it: what happens, and whether it can be undone."""
    return {
        Action.TOPIC_LOCK: _("Nobody can reply or edit until you open it again. It can be read as before."),
        Action.TOPIC_UNLOCK: _("Members can reply again. You can close it again at any time."),
        Action.TOPIC_PIN: _("It stands on top of its category until you take the pin off."),
        Action.TOPIC_UNPIN: _(
            "It stands among the others of its category. You can pin it again at any time."
        ),
        Action.TOPIC_MOVE: _(
            "Its address stays the same, and a pin comes off. The moderators of the other category answer for it then,"
            " and can read it whoever else may. If that category allows fewer readers, it has fewer from then on. You"
            " can move it back as long as you answer for that category."
        ),
        Action.TOPIC_HIDE: _(
            "Only moderators can read it, until you bring it back. Nothing in it is lost. Its author can still take"
            " their words back."
        ),
        Action.TOPIC_REMOVE: _(
            "Only moderators can read it. You can bring it back, as long as its author doesn't take it back."
        ),
        Action.TOPIC_RESTORE: _("Whoever could read it before can read it again, and the replies with it."),
        Action.TOPIC_MERGE: _(
            "All its posts go to the end of the other topic, and its old address leads there. If the two are open to"
            " different people, all of it is then for the fewer. That can't be undone; posts can be split off again,"
            " under a new title. If the other one's category allows fewer readers, it has no more than that, too."
        ),
        Action.TOPIC_SPLIT: _(
            "The posts get a topic of their own in the same category, and a line stays where each stood. Joining the"
            " new topic with this one brings them back, but to the end."
        ),
        Action.POST_HIDE: _(
            "A neutral line stands in its place until you bring it back. If it is the first post, the topic's title is"
            " hidden with it."
        ),
        Action.POST_REMOVE: _(
            "A neutral line stands in its place. You can bring it back, as long as its author doesn't take it back. If"
            " it is the first post, the topic's title is hidden with it."
        ),
        Action.POST_RESTORE: _("Whoever can read the topic can read it again."),
    }[action]


def signed_by(role: Role) -> str:
    """Return who says it: notices are signed by role, so that nobody is written to in person."""
    if role is Role.ADMINISTRATOR:
        return _("An administrator of this community")
    return _("A moderator of this community")


def _words(action: Action) -> tuple[str, str, tuple[str, ...]]:
    """Return a heading, what was done, and what comes of it."""
    mistake = _(
        "If you think this is a mistake, write to the people who run this community: “About” says how."
    )
    kept = _("Your words stand on this page, so that you have them.")
    words: dict[Action, tuple[str, str, tuple[str, ...]]] = {
        Action.TOPIC_LOCK: (
            _("Your topic is closed to replies"),
            _("A moderator closed a topic of yours to replies. It can be read as before."),
            (mistake,),
        ),
        Action.TOPIC_UNLOCK: (
            _("Your topic is open to replies again"),
            _("A moderator opened a topic of yours to replies again."),
            (),
        ),
        Action.TOPIC_PIN: (
            _("Your topic is pinned"),
            _("A topic of yours now stands on top of its category, so that more people find it."),
            (),
        ),
        Action.TOPIC_UNPIN: (
            _("Your topic is no longer pinned"),
            _("A topic of yours stands among the others of its category again. Nothing in it has changed."),
            (),
        ),
        Action.TOPIC_MOVE: (
            _("Your topic was moved"),
            _("A moderator moved a topic of yours to another category. Its words stay as they were."),
            (
                _("The moderators of that category can read it now, whoever else may."),
                _("If that category allows fewer readers than your topic had, it has fewer now."),
                mistake,
            ),
        ),
        Action.TOPIC_HIDE: (
            _("Your topic is out of sight for now"),
            _("A moderator hid a topic of yours. Only the moderators can read it; nothing in it is lost."),
            (_("We will look at it and then tell you what comes of it."), kept, mistake),
        ),
        Action.TOPIC_REMOVE: (
            _("Your topic was taken down"),
            _(
                "A moderator took down a topic of yours, with the replies in it. Only the moderators can read it."
            ),
            (kept, mistake),
        ),
        Action.TOPIC_RESTORE: (
            _("Your topic is back"),
            _("A topic of yours that a moderator had taken out of sight can be read again."),
            (),
        ),
        Action.TOPIC_MERGE: (
            _("Your topic was joined with another one"),
            _(
                "A moderator joined a topic of yours with another one. The posts of both stand in one topic now, with"
                " their names and dates."
            ),
            (
                _(
                    "Both addresses lead there. Whoever could not read both topics can't read it any more. If its"
                    " category allows fewer readers than that, it has fewer now."
                ),
                mistake,
            ),
        ),
        Action.TOPIC_SPLIT: (
            _("Posts of yours have a topic of their own now"),
            _("A moderator moved posts out of a topic into a new one, and some of them are yours."),
            (_("Links to them go on working."), mistake),
        ),
        Action.POST_HIDE: (
            _("Your post is out of sight for now"),
            _("A moderator hid a post of yours. Only the moderators can read it."),
            (_("We will look at it and then tell you what comes of it."), kept, mistake),
        ),
        Action.POST_REMOVE: (
            _("Your post was taken down"),
            _("A moderator took down a post of yours. Only the moderators can read it."),
            (kept, mistake),
        ),
        Action.POST_RESTORE: (
            _("Your post is back"),
            _("A post of yours that a moderator had taken out of sight can be read again."),
            (),
        ),
        Action.MEMBER_UNSUSPEND: (
            _("You can write again"),
            _("A moderator lifted the suspension of your account. It is good to have you back."),
            (),
        ),
        Action.MEMBER_PROFILE_CLEAR: (
            _("What you say about yourself was taken down"),
            _(
                "A moderator took down what you say about yourself in your own words. Nobody sees it any more."
            ),
            (kept, _("You can write something else there at any time, in your settings."), mistake),
        ),
        Action.MEMBER_LET_IN: (
            _("Welcome, you can write now"),
            _("A moderator let you in. You can answer others and start topics of your own."),
            (),
        ),
        Action.MEMBER_TURN_AWAY: (
            _("We can't let you in"),
            _("A moderator decided not to let you in. You can still read what is public."),
            (_("What you gave us when you joined is erased soon."), mistake),
        ),
    }
    return words[action]


def _suspended(until: datetime | None) -> tuple[str, str, tuple[str, ...]]:
    what = (
        _("A moderator suspended your account until %(moment)s.", moment=say_moment(until))
        if until
        else _("A moderator suspended your account until further notice.")
    )
    return (
        _("Your account is suspended"),
        what,
        (
            _("You can read everything you could read before, and take back what you wrote, but not write."),
            _(
                "If you think this is a mistake, write to the people who run this community: “About” says how."
            ),
        ),
    )


def _answered(outcome: ReportOutcome | None) -> Told:
    """Return what somebody who told the moderators about a post hears back; never what was done to whom."""
    words = {
        ReportOutcome.ACTED: _("A moderator looked at what you told us about, and did something about it."),
        ReportOutcome.CARED: _("A moderator read what worried you, and is looking after it."),
        ReportOutcome.NOTHING_WRONG: _(
            "A moderator looked at what you told us about, and found that it may stay. Telling us was right all the"
            " same."
        ),
    }
    # A report that was closed has an outcome: the table's own constraint.
    sentence = words[outcome] if outcome else ""
    return Told(
        _("Thank you for telling us"),
        tuple(part for part in (sentence, _("We never say who told us.")) if part),
    )
