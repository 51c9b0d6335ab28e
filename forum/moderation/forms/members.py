"""What moderators send when they decide about members or leave a note, parsed into drafts."""

from werkzeug.datastructures import MultiDict
from wtforms import Field, Form, RadioField, TextAreaField
from wtforms.validators import ValidationError

from forum.moderation.commands.members import SUSPENSION_DAYS
from forum.moderation.drafts import MemberDraft, SuspendDraft
from forum.moderation.forms.deciding import (
    LONGEST_MESSAGE,
    DecisionForm,
    ReasonedForm,
    reason_in,
    seen_in,
)
from forum.moderation.reasons import REASONS
from forum.permissions.actions import Action
from forum.text.plain import tidy_text
from forum.text.translate import gettext as _
from forum.text.translate import lazy_gettext
from forum.web.forms import check_form

# What stands for no end in the form.
UNTIL_LIFTED = "until-lifted"
LENGTHS = {UNTIL_LIFTED if days is None else str(days): days for days in SUSPENSION_DAYS}


class SuspendForm(ReasonedForm):
    """Suspending a member."""

    length = RadioField(lazy_gettext("For how long?"), validate_choice=False)

    def validate_length(self, field: Field) -> None:
        """Ask for one of those on offer."""
        if field.data not in LENGTHS:
            raise ValidationError(_("Choose for how long."))


class NoteForm(Form):
    """A note on a member for the other moderators. The name ``text`` is what error pages give back to copy."""

    text = TextAreaField(
        lazy_gettext("A note for the other moderators"), filters=[lambda value: tidy_text(value or "")]
    )

    def validate_text(self, field: Field) -> None:
        """Ask for something to read, and not for a file on somebody."""
        if not field.data:
            raise ValidationError(_("Write a few words first."))
        if len(field.data) > LONGEST_MESSAGE:
            raise ValidationError(_("Keep it under %(limit)s characters.", limit=LONGEST_MESSAGE))


def form_for(action: Action, given: MultiDict[str, str] | None = None, *, seen: int = 0) -> DecisionForm:
    """Return the form of an action, as it was sent or as it is shown first. Letting somebody in needs no reason."""
    if action is Action.MEMBER_SUSPEND:
        return SuspendForm(action, given, seen=seen)
    if action in REASONS:
        return ReasonedForm(action, given, seen=seen)
    return DecisionForm(given, seen=str(seen))


def parse_suspension(form: SuspendForm, given: MultiDict[str, str]) -> SuspendDraft:
    """Return what was sent. Raises Malformed or Invalid."""
    check_form(form, given)
    return SuspendDraft(
        seen=seen_in(form),
        reason=reason_in(form),
        message=form.text.data or "",
        days=LENGTHS[form.length.data],
    )


def parse_member_decision(form: DecisionForm, given: MultiDict[str, str]) -> MemberDraft:
    """Return what was sent. Raises Malformed or Invalid."""
    check_form(form, given)
    reason = reason_in(form) if isinstance(form, ReasonedForm) else None
    return MemberDraft(seen=seen_in(form), reason=reason, message=form.text.data or "")


def parse_note(form: NoteForm, given: MultiDict[str, str]) -> str:
    """Return what was written. Raises Malformed or Invalid."""
    return str(check_form(form, given).text.data or "")
