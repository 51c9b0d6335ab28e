"""What people send when they tell the moderators about a post, parsed into drafts."""

from werkzeug.datastructures import MultiDict
from wtforms import Field, Form, RadioField, TextAreaField
from wtforms.validators import ValidationError

from forum.moderation.drafts import ReportDraft
from forum.moderation.models import ReportReason
from forum.text.plain import tidy_text
from forum.text.translate import gettext as _
from forum.text.translate import lazy_gettext
from forum.web.forms import check_form

LONGEST_NOTE = 1000

# A worry has a path of its own, so that nobody has to pick it from a list of offences.
RULE_REASONS = tuple(reason for reason in ReportReason if reason is not ReportReason.WORRIED_ABOUT_SOMEONE)


class WorryForm(Form):
    """A worry about the person who wrote a post. The name ``text`` is what error pages give back to copy."""

    text = TextAreaField(
        lazy_gettext("Anything that would help us understand"), filters=[lambda value: tidy_text(value or "")]
    )

    def validate_text(self, field: Field) -> None:
        """Keep it to what a moderator can take in at a glance."""
        if len(field.data) > LONGEST_NOTE:
            raise ValidationError(
                _(
                    "Keep it under %(limit)s characters. The few words that matter most are enough.",
                    limit=LONGEST_NOTE,
                )
            )


class ReportForm(WorryForm):
    """A post that may break a rule."""

    reason = RadioField(lazy_gettext("What is it about?"), validate_choice=False)

    def validate_reason(self, field: Field) -> None:
        """Ask for one of the rules."""
        if field.data not in RULE_REASONS:
            raise ValidationError(_("Choose what it is about. “Something else” is fine."))


def parse_worry(form: WorryForm, given: MultiDict[str, str]) -> ReportDraft:
    """Return the worry that was sent. Raises Malformed or Invalid."""
    check_form(form, given)
    return ReportDraft(reason=ReportReason.WORRIED_ABOUT_SOMEONE, note=form.text.data or "")


def parse_report(form: ReportForm, given: MultiDict[str, str]) -> ReportDraft:
    """Return the report that was sent. Raises Malformed or Invalid."""
    check_form(form, given)
    return ReportDraft(reason=ReportReason(form.reason.data), note=form.text.data or "")
