"""What members send about themselves, parsed."""

from enum import StrEnum
from typing import TypeVar

from werkzeug.datastructures import MultiDict
from wtforms import BooleanField, Field, Form, HiddenField, SelectField, SelectMultipleField, TextAreaField
from wtforms.validators import ValidationError

from forum.community.countries import country_codes
from forum.community.models.people import LONGEST_ABOUT, AgeBand, FieldAudience
from forum.community.profiles import Said
from forum.errors import Malformed
from forum.text.plain import tidy_text
from forum.text.translate import gettext as _
from forum.text.translate import lazy_gettext
from forum.web.forms import check_form

# The value of the button that saves words although they may tell who somebody is.
ANYWAY = "anyway"

T = TypeVar("T", bound=StrEnum)


def _audience(label: str) -> SelectField:
    return SelectField(label, validate_choice=False)


class AboutForm(Form):
    """Everything that a member says about themselves, each with who may see it."""

    about = TextAreaField(lazy_gettext("In your own words"), filters=[lambda value: tidy_text(value or "")])
    about_for = _audience(lazy_gettext("Who may see your words"))
    conditions = SelectMultipleField(lazy_gettext("What you live with"), validate_choice=False)
    conditions_for = _audience(lazy_gettext("Who may see what you live with"))
    treatments = SelectMultipleField(
        lazy_gettext("Treatments you know from experience"), validate_choice=False
    )
    treatments_for = _audience(lazy_gettext("Who may see your treatments"))
    country = SelectField(lazy_gettext("Country"), validate_choice=False)
    country_for = _audience(lazy_gettext("Who may see your country"))
    age_band = SelectField(lazy_gettext("About how old you are"), validate_choice=False)
    age_band_for = _audience(lazy_gettext("Who may see how old you are"))
    listed = BooleanField(lazy_gettext("List me among the members"))
    do = HiddenField()

    def validate_about(self, field: Field) -> None:
        """Ask for a few words, and not for a life."""
        if len(field.data) > LONGEST_ABOUT:
            raise ValidationError(
                _("This is longer than the %(limit)s characters that fit here.", limit=LONGEST_ABOUT)
            )

    def show(self, said: Said) -> None:
        """Fill in what is said so far."""
        self.about.data = said.about
        self.about_for.data = said.about_for.value
        self.conditions.data = sorted(said.conditions)
        self.conditions_for.data = said.conditions_for.value
        self.treatments.data = sorted(said.treatments)
        self.treatments_for.data = said.treatments_for.value
        self.country.data, self.country_for.data = said.country, said.country_for.value
        self.age_band.data = said.age_band.value if said.age_band else ""
        self.age_band_for.data = said.age_band_for.value
        self.listed.data = said.listed


def parse_about(form: AboutForm, given: MultiDict[str, str]) -> Said:
    """Return what is to be said. Raises Malformed for what can't be chosen on the page, and Invalid."""
    check_form(form, given)
    country = form.country.data or ""
    if (country and country not in country_codes()) or form.do.data not in (None, "", ANYWAY):
        raise Malformed
    return Said(
        about=form.about.data or "",
        about_for=_word(FieldAudience, form.about_for),
        conditions=frozenset(form.conditions.data or ()),
        conditions_for=_word(FieldAudience, form.conditions_for),
        treatments=frozenset(form.treatments.data or ()),
        treatments_for=_word(FieldAudience, form.treatments_for),
        country=country,
        country_for=_word(FieldAudience, form.country_for),
        age_band=_word(AgeBand, form.age_band) if form.age_band.data else None,
        age_band_for=_word(FieldAudience, form.age_band_for),
        listed=bool(form.listed.data),
    )


def _word(words: type[T], field: Field) -> T:
    if field.data not in set(words):
        raise Malformed
    return words(field.data)
