"""What administrators type into a policy and into the form that publishes it, parsed into what the commands take."""

import re
from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from werkzeug.datastructures import MultiDict
from wtforms import Field, Form, HiddenField, RadioField, StringField, TextAreaField
from wtforms.validators import ValidationError

from forum import clock
from forum.consent.drafts import PolicyEdit, PolicyPublication, PolicySeen
from forum.consent.models import PolicyKind
from forum.errors import Invalid, Malformed
from forum.text.plain import tidy_line, tidy_text
from forum.text.translate import gettext as _
from forum.text.translate import lazy_gettext
from forum.web.forms import check_form

LONGEST_TITLE = 200
# Thirty pages or so; the longest one that ships has three.
LONGEST_TEXT = 60_000
# Publishing is final, so a slip of the hand must not announce something for the next century.
LONGEST_AHEAD = timedelta(days=366)
YES, NO = "yes", "no"

_SEEN = re.compile(r"([0-9]{1,18})-([0-9]{1,18})-([0-9]{1,18})")
_DAY = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")


class PolicyTextForm(Form):
    """The words of a policy."""

    # What was on the screen, so that nobody overwrites what they have not seen.
    seen = HiddenField()
    title = StringField(lazy_gettext("Title"), filters=[lambda value: tidy_line(value or "")])
    markdown = TextAreaField(
        lazy_gettext("Text"), filters=[lambda value: written(value) if value is not None else ""]
    )

    def validate_title(self, field: Field) -> None:
        """Ask for a title of one line."""
        if not field.data:
            raise ValidationError(_("Give it a title."))
        if len(field.data) > LONGEST_TITLE:
            raise ValidationError(_("Make it %(limit)s characters at most.", limit=LONGEST_TITLE))

    def validate_markdown(self, field: Field) -> None:
        """Ask for a text that somebody can read."""
        if not field.data.strip():
            raise ValidationError(_("Write what it says."))
        if len(field.data) > LONGEST_TEXT:
            raise ValidationError(
                _("This is longer than %(limit)s characters. Nobody could read it.", limit=LONGEST_TEXT)
            )


class PublishForm(Form):
    """From when a draft holds, and what it asks of members. Nothing is chosen beforehand."""

    seen = HiddenField()
    effective_on = StringField(
        lazy_gettext("From which day it holds"), filters=[lambda value: (value or "").strip()]
    )
    material = RadioField(lazy_gettext("What it asks of members"), validate_choice=False)

    @property
    def has_no_day(self) -> bool:
        """Say whether something else than a day was typed, which a browser's picker of days can't show."""
        return bool(self.effective_on.data) and _day(self.effective_on.data) is None

    def validate_effective_on(self, field: Field) -> None:
        """Ask for a day as a browser sends one."""
        if _day(field.data) is None:
            raise ValidationError(_("Choose a day, as year-month-day, for example 2027-01-31."))

    def validate_material(self, field: Field) -> None:
        """Ask for one of the two."""
        if field.data not in (YES, NO):
            raise ValidationError(_("Choose what it asks of members."))


class DiscardForm(Form):
    """Which draft is thrown away."""

    seen = HiddenField()


def written(text: str) -> str:
    """Return a text as it is kept: tidied, and with one line end at its end, as the texts that ship have it."""
    tidied = tidy_text(text)
    return f"{tidied}\n" if tidied else ""


def said(seen: PolicySeen) -> str:
    """Return what was seen, as a form carries it along."""
    return f"{seen.version}-{seen.draft}-{seen.revision}"


def parse_policy_text(
    form: PolicyTextForm, given: MultiDict[str, str], kind: PolicyKind, locale: str
) -> PolicyEdit:
    """Return what to keep. Raises Malformed or Invalid."""
    seen = _seen(given)
    check_form(form, given)
    return PolicyEdit(kind, locale, seen, form.title.data or "", form.markdown.data or "")


def parse_publication(
    form: PublishForm, given: MultiDict[str, str], kind: PolicyKind, locale: str, zone: str
) -> PolicyPublication:
    """Return what to publish, by the days of this time zone: today is at once. Raises Malformed or Invalid."""
    seen = _seen(given)
    check_form(form, given)
    day = _day(form.effective_on.data)
    if day is None:
        raise Malformed
    now = clock.now().astimezone(ZoneInfo(zone))
    if day < now.date():
        raise Invalid({"effective_on": _("This day is over. Choose today or a later day.")})
    if day > now.date() + LONGEST_AHEAD:
        raise Invalid({"effective_on": _("Choose a day within a year.")})
    begins = None if day == now.date() else datetime.combine(day, time(), ZoneInfo(zone))
    return PolicyPublication(
        kind=kind, locale=locale, seen=seen, material=form.material.data == YES, effective_at=begins
    )


def parse_discard(form: DiscardForm, given: MultiDict[str, str]) -> PolicySeen:
    """Return which draft was seen. Raises Malformed."""
    check_form(form, given)
    return _seen(given)


def _seen(given: MultiDict[str, str]) -> PolicySeen:
    found = _SEEN.fullmatch(given.get("seen", ""))
    if found is None:
        raise Malformed
    return PolicySeen(*map(int, found.groups()))


def _day(text: str | None) -> date | None:
    if text is None or not _DAY.fullmatch(text):
        return None
    try:
        return date.fromisoformat(text)
    except ValueError:
        return None
