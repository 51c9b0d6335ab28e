"""What moderators send when they work on reports, parsed into drafts."""

from werkzeug.datastructures import MultiDict
from wtforms import Field, HiddenField, RadioField
from wtforms.validators import ValidationError

from forum.errors import Malformed
from forum.moderation.drafts import ClaimDraft, CloseDraft
from forum.moderation.forms.deciding import DecisionForm, SeenForm, seen_in
from forum.moderation.models import ReportOutcome
from forum.text.translate import gettext as _
from forum.text.translate import lazy_gettext
from forum.web.forms import check_form


class ClaimForm(SeenForm):
    """Taking reports on, or over from somebody else."""

    take_over = HiddenField()


class CloseForm(DecisionForm):
    """What became of reports. Which outcomes there are for which reports is the command's to say."""

    outcome = RadioField(lazy_gettext("What came of it?"), validate_choice=False)

    def validate_outcome(self, field: Field) -> None:
        """Ask for one of them."""
        if field.data not in set(ReportOutcome):
            raise ValidationError(_("Choose what came of it."))


def parse_claim(form: ClaimForm, given: MultiDict[str, str]) -> ClaimDraft:
    """Return what was sent. Raises Malformed."""
    check_form(form, given)
    if form.take_over.data not in ("yes", "", None):
        raise Malformed
    return ClaimDraft(seen=seen_in(form), take_over=form.take_over.data == "yes")


def parse_let_go(form: SeenForm, given: MultiDict[str, str]) -> int:
    """Return what was seen. Raises Malformed."""
    return seen_in(check_form(form, given))


def parse_close(form: CloseForm, given: MultiDict[str, str]) -> CloseDraft:
    """Return what was sent. Raises Malformed or Invalid."""
    check_form(form, given)
    return CloseDraft(
        seen=seen_in(form), outcome=ReportOutcome(form.outcome.data), message=form.text.data or ""
    )
