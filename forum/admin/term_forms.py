"""What administrators put on the list of conditions and treatments."""

from werkzeug.datastructures import MultiDict
from wtforms import Field, Form, HiddenField, RadioField, StringField
from wtforms.validators import ValidationError

from forum.admin.forms import TICKED, Choice
from forum.community.models.people import LONGEST_TERM, TermKind
from forum.community.queries.terms import TermLine
from forum.community.what_is_sent import TermDraft
from forum.errors import Malformed
from forum.text.plain import tidy_line
from forum.text.translate import gettext as _
from forum.text.translate import lazy_gettext
from forum.web.forms import check_form


class NameForm(Form):
    """What a condition or a treatment is called."""

    name = StringField(lazy_gettext("Name"), filters=[lambda value: tidy_line(value or "")])

    def validate_name(self, field: Field) -> None:
        """Ask for a name that a list can show."""
        if not any(character.isalnum() for character in field.data):
            raise ValidationError(_("Give it a name."))
        if len(field.data) > LONGEST_TERM:
            raise ValidationError(_("Make it %(limit)s characters at most.", limit=LONGEST_TERM))


class TermForm(NameForm):
    """A condition or a treatment that is on the list."""

    offered = HiddenField(lazy_gettext("On offer"))

    @property
    def is_offered(self) -> bool:
        """Say whether the box is ticked."""
        return self.offered.data == TICKED


class NewTermForm(NameForm):
    """One that is to come onto the list; it is on offer from then on."""

    kind = RadioField(lazy_gettext("What it is"), validate_choice=False)

    def validate_kind(self, field: Field) -> None:
        """Ask for one of the two."""
        if field.data not in set(TermKind):
            raise ValidationError(_("Choose what it is."))


def kind_choices() -> tuple[Choice, ...]:
    """Return what can come onto the list."""
    return (Choice(TermKind.CONDITION, _("A condition")), Choice(TermKind.TREATMENT, _("A treatment")))


def show_term(term: TermLine) -> TermForm:
    """Return the form as things stand."""
    return TermForm(data={"name": term.name, "offered": TICKED if term.offered else ""})


def parse_term(form: TermForm, given: MultiDict[str, str]) -> tuple[str, bool]:
    """Return the name, and whether it is on offer. Raises Malformed or Invalid."""
    if given.get("offered", TICKED) != TICKED:
        raise Malformed
    check_form(form, given)
    return form.name.data or "", form.is_offered


def parse_new_term(form: NewTermForm, given: MultiDict[str, str]) -> TermDraft:
    """Return what is to come onto the list. Raises Malformed or Invalid."""
    check_form(form, given)
    return TermDraft(TermKind(form.kind.data), form.name.data or "")
