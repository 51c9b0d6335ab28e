"""What a signed-in member reads when they came back from a provider, and nothing was done."""

from dataclasses import dataclass

import structlog
from flask import Response

from forum.accounts import providers
from forum.accounts.providers import PROVIDER_NAMES, Provider
from forum.accounts.views.browser import unstored
from forum.text.translate import gettext as _
from forum.web.rendering import render

log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class NotDonePage:
    """What did not happen, in a title and a sentence, and where it goes on."""

    title: str
    sentence: str
    back: str
    back_label: str


def not_done(sentence: str, status: int, back: str, back_label: str, title: str = "") -> Response:
    """Say that nothing was done, and why."""
    page = NotDonePage(title or _("Nothing was changed"), sentence, back, back_label)
    return unstored(render("accounts/not_done_page.html", page, status=status))


def came_to_nothing(provider: str, error: providers.ProviderError, back: str, back_label: str) -> Response:
    """Say what became of going to the provider."""
    name = PROVIDER_NAMES[Provider(provider)]
    if isinstance(error, providers.PersonDeclined):
        title = _("You said no at %(provider)s", provider=name)
        return not_done(_("That is fine. Nothing was changed."), 200, back, back_label, title)
    if isinstance(error, providers.ProviderUnavailable):
        log.warning("sign_in.unavailable", provider=provider, reason=error.reason.value)
        title = _("%(provider)s doesn't answer at the moment", provider=name)
        sentence = _("It isn't your fault, and nothing was changed. Please try again in a few minutes.")
        response = not_done(sentence, 503, back, back_label, title)
        response.headers["Retry-After"] = "60"
        return response
    log.info("sign_in.refused", provider=provider, reason=error.reason.value)
    sentence = _("What came back from %(provider)s doesn't fit what we asked for.", provider=name)
    return not_done(sentence + " " + _("Nothing was changed. Please start again."), 400, back, back_label)
