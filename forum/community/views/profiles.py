"""The addresses of what members say about themselves: a member's page, and changing one's own."""

from dataclasses import dataclass

from flask import Response, redirect, request
from werkzeug.wrappers import Response as Answer

from forum.community.commands.profiles import change_profile
from forum.community.models.people import AgeBand, FieldAudience
from forum.community.profile_forms import ANYWAY, AboutForm, countries, parse_about
from forum.community.profiles import REACH, Said
from forum.community.queries import profiles as queries
from forum.community.queries.profiles import OwnProfile, Term, profile_address
from forum.community.views.blueprint import SEE_OTHER, community
from forum.errors import Invalid
from forum.text.pseudonymity import GiveAway, give_aways
from forum.web import current
from forum.web.access import members_only, public
from forum.web.forms import show_refusal
from forum.web.rendering import render

ABOUT = "/settings/profile/about"
FOUND = 302


@dataclass(frozen=True, slots=True)
class AboutPage:
    """The form for what a member says about themselves. Who can't say more at present is offered what is less."""

    own: OwnProfile
    form: AboutForm
    address: str
    saved: bool
    # What may tell who they are, where that is to be asked first.
    give_aways: tuple[GiveAway, ...] = ()

    def reach(self, field: str) -> tuple[FieldAudience, ...]:
        """Return to whom a part can be shown."""
        now: FieldAudience = getattr(self.own.said, field)
        return REACH if self.own.can_say_more else REACH[: REACH.index(now) + 1]

    def terms(self, field: str) -> tuple[Term, ...]:
        """Return which conditions or treatments there are to choose."""
        on_offer: tuple[Term, ...] = getattr(self.own, field)
        theirs: frozenset[str] = getattr(self.own.said, field)
        return tuple(term for term in on_offer if self.own.can_say_more or term.slug in theirs)

    @property
    def countries(self) -> tuple[tuple[str, str], ...]:
        """Return the countries to choose, by code and name."""
        return tuple(one for one in countries() if self.own.can_say_more or one[0] == self.own.said.country)

    @property
    def age_bands(self) -> tuple[AgeBand, ...]:
        """Return the ages to choose."""
        return tuple(one for one in AgeBand if self.own.can_say_more or one is self.own.said.age_band)


@community.get("/members/<name>")
@public
def profile_page(name: str) -> Answer:
    """Show a member, as they allow."""
    page = queries.profile_page(current.session(), current.actor(), name)
    if page.name != name:
        # A name can change, and then be somebody else's: nobody may remember where it led.
        return redirect(page.address, FOUND)
    return render("community/profile_page.html", page)


@community.get(ABOUT)
@members_only
def profile_about_page() -> Response:
    """Show what the member says about themselves, to change it."""
    own = queries.own_profile(current.session(), current.actor())
    form = AboutForm()
    form.show(own.said)
    return _page(own, form)


@community.post(ABOUT)
@members_only
def change_about() -> Answer:
    """Say something else about oneself, or to others."""
    form = AboutForm(request.form)
    own = current.read(lambda session: queries.own_profile(session, current.actor()))
    try:
        said = parse_about(form, request.form)
        found = _given_away(form, own.said, said)
        if found:
            return _page(own, form, 422, found)
        change_profile(current.session(), current.actor(), said)
    except Invalid as refusal:
        show_refusal(form, refusal)
        return _page(own, form, 422)
    return redirect(f"{ABOUT}?saved", SEE_OTHER)


def _given_away(form: AboutForm, before: Said, said: Said) -> tuple[GiveAway, ...]:
    """Return what may tell who somebody is in new words that others see, unless they saw that before."""
    shown = said.about_for is not FieldAudience.NOBODY
    if (
        form.do.data == ANYWAY
        or not shown
        or (said.about, said.about_for) == (before.about, before.about_for)
    ):
        return ()
    return give_aways(said.about)


def _page(own: OwnProfile, form: AboutForm, status: int = 200, found: tuple[GiveAway, ...] = ()) -> Response:
    address = profile_address(current.actor().name)
    page = AboutPage(own, form, address, "saved" in request.args, found)
    return render("community/profile_about_page.html", page, status=status)
