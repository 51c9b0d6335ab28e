"""The forms in which people agree, parsed into drafts. Of the year of birth only "old enough" leaves this module."""

import re

from werkzeug.datastructures import MultiDict
from wtforms import Field, Form, HiddenField, StringField
from wtforms.validators import ValidationError

from forum import clock
from forum.accounts import names
from forum.consent.drafts import AgreementDraft, ChoiceDraft, JoinDraft, TooYoung
from forum.consent.models import PolicyKind
from forum.consent.queries import PolicyReference
from forum.errors import Invalid, Malformed
from forum.permissions.actor import REQUIRED_PURPOSES, Purpose
from forum.text.translate import gettext as _
from forum.text.translate import lazy_gettext
from forum.web.forms import check_form

# A box has this value; a browser sends no other.
TICKED = "yes"
# Nobody older has ever been.
LONGEST_LIFE = 125

_VERSIONS = re.compile(r"[a-z-]{1,20}:[1-9][0-9]{0,5}( [a-z-]{1,20}:[1-9][0-9]{0,5}){0,9}")
_SHA256 = re.compile(r"[0-9a-f]{64}")


class _ChoicesForm(Form):
    """A form with a box for each purpose that it asks about."""

    def given(self) -> frozenset[Purpose]:
        """Return the purposes whose boxes are ticked."""
        return frozenset(
            purpose
            for purpose in Purpose
            if field_name(purpose) in self._fields and self.box(purpose).data == TICKED
        )

    def box(self, purpose: Purpose) -> Field:
        """Return the field of a purpose's box."""
        return self._fields[field_name(purpose)]


class JoinForm(_ChoicesForm):
    """What the consent step asks, and what it carries along. Nothing is filled in beforehand, nothing is ticked."""

    name = StringField(
        lazy_gettext("The name others will see"), filters=[lambda value: names.tidy_name(value or "")]
    )
    is_name_confirmed = HiddenField()
    birth_year = StringField(
        lazy_gettext("The year you were born"), filters=[lambda value: (value or "").strip()]
    )
    is_birthday_over = HiddenField()
    # One box each: a purpose that isn't in the closed set has no field, and its name is refused.
    agree_membership = HiddenField()
    agree_health_data = HiddenField()
    agree_email = HiddenField()
    agree_matching = HiddenField()
    agree_aggregate_statistics = HiddenField()
    agree_research_contact = HiddenField()
    # Which versions of the policies the page linked, and the hash of every word beside the choices.
    policies = HiddenField()
    wording = HiddenField()

    def validate_name(self, field: Field) -> None:
        """Ask for a name that others can read and nobody mistakes."""
        problem = names.problem_with(field.data)
        if problem is not None:
            raise ValidationError(problem)

    def validate_birth_year(self, field: Field) -> None:
        """Ask for a year in which somebody alive was born."""
        this_year = clock.now().year
        if (
            not re.fullmatch(r"[0-9]{4}", field.data)
            or not this_year - LONGEST_LIFE <= int(field.data) <= this_year
        ):
            raise ValidationError(_("Write the year in four digits, like 1970."))

    def validate_agree_membership(self, field: Field) -> None:
        """There is no account without it."""
        if field.data != TICKED:
            raise ValidationError(
                _("An account needs this, because the terms and guidelines hold for everyone here.")
            )

    def validate_agree_health_data(self, field: Field) -> None:
        """There is no account without it."""
        if field.data != TICKED:
            raise ValidationError(
                _(
                    "An account needs this, because nearly everything people write here says something about health."
                )
            )

    @property
    def lacks_what_is_needed(self) -> bool:
        """Say whether the form was refused for want of a consent without which there is no account."""
        return any(self.box(purpose).errors for purpose in REQUIRED_PURPOSES)


def field_name(purpose: Purpose) -> str:
    """Return the name of a purpose's box."""
    return "agree_" + purpose.value.replace("-", "_")


def names_of_versions(policies: tuple[PolicyReference, ...]) -> str:
    """Return what the form carries along of the policies that were shown."""
    return " ".join(f"{policy.kind.value}:{policy.version}" for policy in policies)


def parse_join(
    form: JoinForm, given: MultiDict[str, str], *, minimum_age: int, gpc: bool, locale: str
) -> JoinDraft:
    """Return what was decided by somebody who was asked in this language.

    Raises Malformed, Invalid, or TooYoung for somebody who may not join yet.
    """
    for name in ("is_name_confirmed", "is_birthday_over", *map(field_name, Purpose)):
        if given.get(name, TICKED) != TICKED:
            raise Malformed
    policies = _versions(form.policies.data or "")
    wording_sha256 = _hash_in(form.wording)
    wrong: dict[str, str] = {}
    try:
        check_form(form, given)
    except Invalid as refusal:
        wrong = refusal.fields
    # Whoever is too young is told that, and not what else the form wants.
    if "birth_year" not in wrong:
        wrong |= _check_age(form, minimum_age)
    if wrong:
        raise Invalid(wrong)
    return JoinDraft(
        name=form.name.data or "",
        is_name_confirmed=form.is_name_confirmed.data == TICKED,
        given=form.given(),
        policies=policies,
        wording_sha256=wording_sha256,
        gpc=gpc,
        locale=locale,
    )


def _check_age(form: JoinForm, minimum_age: int) -> dict[str, str]:
    """Return what is to be asked again about the age. Raises TooYoung."""
    years = clock.now().year - int(form.birth_year.data or "0")
    if years < minimum_age:
        raise TooYoung
    if years == minimum_age and form.is_birthday_over.data != TICKED:
        sentence = _(
            "You have to be %(age)s to join. If you had that birthday already, tick the box. If it is still to "
            "come, you are welcome from that day on, and until then to read.",
            age=minimum_age,
        )
        return {"is_birthday_over": sentence}
    return {}


def _versions(text: str) -> frozenset[tuple[PolicyKind, int]]:
    if not _VERSIONS.fullmatch(text):
        raise Malformed
    pairs = [part.split(":") for part in text.split(" ")]
    if any(kind not in set(PolicyKind) for kind, _number in pairs):
        raise Malformed
    return frozenset((PolicyKind(kind), int(number)) for kind, number in pairs)


class GiveForm(Form):
    """A yes to one purpose: the hash of the words that stood beside the button."""

    wording = HiddenField()


class AgreeAgainForm(_ChoicesForm):
    """What an account stands on, asked once more, and where they were."""

    agree_membership = HiddenField()
    agree_health_data = HiddenField()
    policies = HiddenField()
    wording = HiddenField()
    next = HiddenField()

    def validate_agree_membership(self, field: Field) -> None:
        """Nobody writes without it."""
        if field.data != TICKED:
            raise ValidationError(
                _("Writing needs this, because the terms and guidelines hold for everyone here.")
            )

    def validate_agree_health_data(self, field: Field) -> None:
        """Nobody writes without it."""
        if field.data != TICKED:
            raise ValidationError(
                _(
                    "Writing needs this, because nearly everything people write here says something about health."
                )
            )


def parse_give(given: MultiDict[str, str], *, gpc: bool, locale: str) -> ChoiceDraft:
    """Return a yes to one purpose, of somebody who was asked in this language. Raises Malformed."""
    form = check_form(GiveForm(given), given)
    return ChoiceDraft(_hash_in(form.wording), gpc=gpc, locale=locale)


def parse_agree_again(
    form: AgreeAgainForm, given: MultiDict[str, str], *, gpc: bool, locale: str
) -> AgreementDraft:
    """Return what was agreed to again by somebody who was asked in this language. Raises Malformed or Invalid."""
    for name in map(field_name, REQUIRED_PURPOSES):
        if given.get(name, TICKED) != TICKED:
            raise Malformed
    policies, wording_sha256 = _versions(form.policies.data or ""), _hash_in(form.wording)
    check_form(form, given)
    return AgreementDraft(form.given(), policies, wording_sha256, gpc=gpc, locale=locale)


def _hash_in(field: Field) -> str:
    """Return a hash that a page carried along. Raises Malformed."""
    typed = field.data or ""
    if not _SHA256.fullmatch(typed):
        raise Malformed
    return str(typed)
