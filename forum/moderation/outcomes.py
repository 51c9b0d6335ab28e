"""What can become of a report, and how moderators choose it. What its reporter is told stands in ``wording``."""

from forum.moderation.models import ReportOutcome
from forum.text.translate import gettext as _


def outcomes_for(*, is_worry: bool) -> tuple[ReportOutcome, ...]:
    """Return what a moderator can choose. That nothing was wrong is no answer to somebody's worry."""
    if is_worry:
        return (ReportOutcome.CARED, ReportOutcome.ACTED)
    return (ReportOutcome.ACTED, ReportOutcome.NOTHING_WRONG)


def label_of_outcome(outcome: ReportOutcome, *, is_worry: bool) -> str:
    """Return the outcome in a few words."""
    if is_worry:
        return {
            ReportOutcome.CARED: _("We looked after it"),
            ReportOutcome.ACTED: _("We looked after it, and changed something"),
            ReportOutcome.NOTHING_WRONG: _("We read it"),
        }[outcome]
    return {
        ReportOutcome.ACTED: _("We changed something"),
        ReportOutcome.CARED: _("We looked after somebody"),
        ReportOutcome.NOTHING_WRONG: _("It may stay"),
    }[outcome]


def meaning_of_outcome(outcome: ReportOutcome, *, is_worry: bool) -> str:
    """Return what the outcome covers, in one line."""
    if is_worry:
        return {
            ReportOutcome.CARED: _("Somebody wrote to them, or is there for them, or all was well."),
            ReportOutcome.ACTED: _("For example, details that could hurt others are out of sight."),
            ReportOutcome.NOTHING_WRONG: "",
        }[outcome]
    return {
        ReportOutcome.ACTED: _(
            "A post or topic was hidden, taken down, closed or moved, or its author heard from us."
        ),
        ReportOutcome.CARED: "",
        ReportOutcome.NOTHING_WRONG: _("It goes against no rule. Telling us was right all the same."),
    }[outcome]
