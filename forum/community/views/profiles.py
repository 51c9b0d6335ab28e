"""The addresses of what members say about themselves: a member's page, and changing one's own."""

from dataclasses import dataclass

from flask import Response, redirect, request
from werkzeug.wrappers import Response as Answer

from forum.community.commands.profiles import change_profile
from forum.community.profile_forms import ANYWAY, AboutForm, parse_about
from forum.community.queries import profiles as queries
from forum.community.queries.profiles import OwnProfile, ProfilePage, profile_address
from forum.community.views.blueprint import SEE_OTHER, community
from forum.errors import Invalid
from forum.text.pseudonymity import GiveAway
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


@dataclass(frozen=True, slots=True)
class SomebodysPage:
    """A member's page, and how to tell the moderators of it, or ""."""

    member: ProfilePage
    contact: str


@community.get("/members/<name>")
@public
def profile_page(name: str) -> Answer:
    """Show a member, as they allow."""
    page = queries.profile_page(current.session(), current.actor(), name)
    if page.name != name:
        # A name can change, and then be somebody else's: nobody may remember where it led.
        return redirect(page.address, FOUND)
    return render("community/profile_page.html", SomebodysPage(page, current.contact()))


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
        found = () if form.do.data == ANYWAY else said.gives_away(own.said)
        if found:
            return _page(own, form, 422, found)
        change_profile(current.session(), current.actor(), said)
    except Invalid as refusal:
        show_refusal(form, refusal)
        return _page(own, form, 422)
    return redirect(f"{ABOUT}?saved", SEE_OTHER)


def _page(own: OwnProfile, form: AboutForm, status: int = 200, found: tuple[GiveAway, ...] = ()) -> Response:
    address = profile_address(current.actor().name)
    page = AboutPage(own, form, address, "saved" in request.args, found)
    return render("community/profile_about_page.html", page, status=status)
