"""What administrators type into the settings, parsed into the draft that the command takes.

What other forms of administration share with them stands here, too.
"""

from dataclasses import dataclass

from werkzeug.datastructures import MultiDict
from wtforms import Field, Form, HiddenField, RadioField, StringField, TextAreaField
from wtforms.validators import ValidationError

from forum.community_settings.drafts import SettingsDraft
from forum.community_settings.models import LONGEST_ANNOUNCEMENT, LONGEST_CONTACT, SignUp
from forum.community_settings.queries import SettingsInForce
from forum.errors import Malformed
from forum.text.plain import tidy_line
from forum.text.translate import gettext as _
from forum.text.translate import lazy_gettext
from forum.web.forms import check_form

# A box has this value; a browser sends no other.
TICKED = "yes"
# What the two buttons say that they do.
PREVIEW = "preview"
ACT = "act"
# What a key column holds has no more digits.
_LONGEST_VERSION = 18


@dataclass(frozen=True, slots=True)
class Choice:
    """A row to choose."""

    value: str
    label: str
    explanation: str = ""


class SettingsForm(Form):
    """What holds for the whole community."""

    # The version that was on the screen, so that nobody overwrites what they have not seen.
    seen_version = HiddenField()
    step = HiddenField()
    sign_up = RadioField(lazy_gettext("Who can join"), validate_choice=False)
    read_only = HiddenField(lazy_gettext("Read-only"))
    announcement = TextAreaField(lazy_gettext("Announcement"), filters=[lambda value: tidy_line(value or "")])
    contact = StringField(lazy_gettext("How to reach you"), filters=[lambda value: tidy_line(value or "")])

    def validate_sign_up(self, field: Field) -> None:
        """Ask for one of the three."""
        if field.data not in set(SignUp):
            raise ValidationError(_("Choose who can join."))

    def validate_announcement(self, field: Field) -> None:
        """Ask for a few sentences at most: they stand on every page."""
        if len(field.data) > LONGEST_ANNOUNCEMENT:
            raise ValidationError(
                _(
                    "This is longer than %(limit)s characters, and it stands on every page. Make it shorter, or "
                    "start a topic and announce that.",
                    limit=LONGEST_ANNOUNCEMENT,
                )
            )

    def validate_contact(self, field: Field) -> None:
        """Ask for an address, and not for a letter."""
        if len(field.data) > LONGEST_CONTACT:
            raise ValidationError(_("Make it %(limit)s characters at most.", limit=LONGEST_CONTACT))

    @property
    def is_read_only(self) -> bool:
        """Say whether the box is ticked."""
        return self.read_only.data == TICKED


def show_settings(settings: SettingsInForce, seen_version: int) -> SettingsForm:
    """Return the form filled in with these settings, for somebody who sees that version."""
    return SettingsForm(
        data={
            "seen_version": str(seen_version),
            "sign_up": settings.sign_up.value,
            "read_only": TICKED if settings.read_only else "",
            "announcement": settings.announcement,
            "contact": settings.contact,
        }
    )


def parse_settings(form: SettingsForm, given: MultiDict[str, str]) -> SettingsDraft:
    """Return what is wanted. Raises Malformed or Invalid."""
    seen = given.get("seen_version", "")
    if (
        given.get("step") not in (PREVIEW, ACT)
        or given.get("read_only", TICKED) != TICKED
        or not (seen.isascii() and seen.isdigit())
        or len(seen) > _LONGEST_VERSION
    ):
        raise Malformed
    check_form(form, given)
    return SettingsDraft(
        seen_version=int(seen),
        sign_up=SignUp(form.sign_up.data),
        read_only=form.is_read_only,
        announcement=form.announcement.data or "",
        contact=form.contact.data or "",
    )
