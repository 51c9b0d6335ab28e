"""What every form has by which a moderator decides something: what was seen, which step it is, the reason and their
own words.
"""

from enum import StrEnum

from werkzeug.datastructures import MultiDict
from wtforms import Field, Form, HiddenField, RadioField, TextAreaField
from wtforms.validators import ValidationError

from forum.errors import Malformed
from forum.moderation.models import ReasonCode
from forum.moderation.reasons import REASONS
from forum.permissions.actions import Action
from forum.text.plain import tidy_text
from forum.text.translate import gettext as _
from forum.text.translate import lazy_gettext

LONGEST_MESSAGE = 1000
# More than any number of an entry; what is longer was typed by nobody's page.
_LONGEST_NUMBER = 18


class Step(StrEnum):
    """What pressing the button does: show what would be said, or do it."""

    PREVIEW = "preview"
    ACT = "act"


class SeenForm(Form):
    """A button that needs nothing but what was on its page."""

    seen = HiddenField()


class DecisionForm(SeenForm):
    """A decision with a preview. The name ``text`` is what error pages give back to copy."""

    step = HiddenField()
    text = TextAreaField(
        lazy_gettext("A few words of your own"), filters=[lambda value: tidy_text(value or "")]
    )

    def validate_text(self, field: Field) -> None:
        """Keep it to what somebody can take in who did not want to hear it."""
        if len(field.data) > LONGEST_MESSAGE:
            raise ValidationError(
                _("Keep it under %(limit)s characters. A few kind words are enough.", limit=LONGEST_MESSAGE)
            )


class ReasonedForm(DecisionForm):
    """A decision that needs one of the reasons that fit it."""

    reason = RadioField(lazy_gettext("Why?"), validate_choice=False)

    def __init__(self, action: Action, given: MultiDict[str, str] | None = None, *, seen: int = 0) -> None:
        super().__init__(given, seen=str(seen))
        self.action = action

    def validate_reason(self, field: Field) -> None:
        """Ask for one that fits."""
        if field.data not in REASONS[self.action]:
            raise ValidationError(_("Choose why. “Something else” is fine; then say in your own words what."))

    def validate_text(self, field: Field) -> None:
        """Ask for words where the reason has none: nobody shall be left without knowing why."""
        DecisionForm.validate_text(self, field)
        if self.reason.data == ReasonCode.OTHER and not field.data:
            raise ValidationError(_("Say in your own words why: nothing else tells them."))


def seen_in(form: SeenForm) -> int:
    """Return the number of the newest decision that was on the page. Raises Malformed."""
    typed = form.seen.data or ""
    if not typed.isascii() or not typed.isdecimal() or len(typed) > _LONGEST_NUMBER:
        raise Malformed
    return int(typed)


def step_of(form: DecisionForm) -> Step:
    """Return which button was pressed. Raises Malformed."""
    if form.step.data not in set(Step):
        raise Malformed
    return Step(form.step.data)


def reason_in(form: ReasonedForm) -> ReasonCode:
    """Return the reason, once the form was checked."""
    return ReasonCode(form.reason.data)
