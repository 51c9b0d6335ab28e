"""What administrators choose for a category: who may read its topics."""

from werkzeug.datastructures import MultiDict
from wtforms import Field, Form, RadioField
from wtforms.validators import ValidationError

from forum.admin.forms import Choice
from forum.community.audiences import DEFAULTS, LIMITS
from forum.community.models.threads import Audience
from forum.community.queries.rooms import Room
from forum.text.translate import gettext as _
from forum.text.translate import lazy_gettext
from forum.web.forms import check_form

# A radio button needs a value to send where nothing is chosen beforehand.
ASK = "ask"


class AudiencesForm(Form):
    """Who may read the topics of a category."""

    default_audience = RadioField(
        lazy_gettext("What is chosen beforehand for a new topic"), validate_choice=False
    )
    widest_audience = RadioField(lazy_gettext("Who can read a topic at most"), validate_choice=False)

    def validate_default_audience(self, field: Field) -> None:
        """Ask for one of those on offer."""
        if field.data not in {ASK, *DEFAULTS}:
            raise ValidationError(_("Choose what is chosen beforehand."))

    def validate_widest_audience(self, field: Field) -> None:
        """Ask for one of those on offer."""
        if field.data not in set(LIMITS):
            raise ValidationError(_("Choose how many can read a topic at most."))


def default_choices() -> tuple[Choice, ...]:
    """Return what can be chosen beforehand for a new topic."""
    ask = Choice(ASK, _("Nothing"), _("Whoever writes is asked each time."))
    return (ask, *(Choice(one.value, one.label, one.explanation) for one in DEFAULTS))


def limit_choices() -> tuple[Choice, ...]:
    """Return how many readers a topic can have at most."""
    return tuple(Choice(one.value, one.label) for one in LIMITS)


def show_audiences(room: Room) -> AudiencesForm:
    """Return the form as things stand."""
    return AudiencesForm(
        data={"default_audience": room.default_audience or ASK, "widest_audience": room.widest_audience}
    )


def parse_audiences(form: AudiencesForm, given: MultiDict[str, str]) -> tuple[Audience | None, Audience]:
    """Return what is chosen beforehand, and the limit. Raises Malformed or Invalid."""
    check_form(form, given)
    chosen = form.default_audience.data
    return None if chosen == ASK else Audience(chosen), Audience(form.widest_audience.data)
