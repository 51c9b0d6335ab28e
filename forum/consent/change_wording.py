"""The sentences that a member reads once they changed what they agree to: what happened, and how it is now.

It is said by how things stand, so that it is true whenever the page is opened.
"""

from forum.permissions.actor import Actor, MemberState, Purpose
from forum.text.translate import gettext as _


def what_happened(actor: Actor, purpose: Purpose, *, stands: bool, has_address: bool) -> str:
    """Return the sentences for a purpose that was just given or taken back."""
    if purpose is Purpose.HEALTH_DATA:
        return _health_data(actor, stands=stands)
    if purpose is Purpose.EMAIL:
        return _email(stands=stands, has_address=has_address)
    if stands:
        return _("You agree to this from now on. You can take it back whenever you like.")
    return _("You took this back, and it holds from now on. Nothing else about your account changes.")


def _health_data(actor: Actor, *, stands: bool) -> str:
    if not stands:
        return _(
            "You took this back, and it holds from now on. Nobody else sees anything you wrote, and you can’t write. "
            "We deleted the conditions and treatments from your profile. You can still read, take a copy, agree again "
            "or leave. Agree again, and everything else is back as it was."
        )
    if actor.state is MemberState.ACTIVE and not actor.is_suspended:
        return _("You agree to this again. What you wrote is shown as before, and you can write.")
    return _("You agree to this again. What else stands in the way of writing has not changed.")


def _email(*, stands: bool, has_address: bool) -> str:
    if not stands:
        return _(
            "You took this back. We deleted your e-mail address, and write you no more. You find the same notices here."
        )
    if has_address:
        return _("You agree to this from now on. We write to the address that is shown below.")
    return _(
        "You agree to this from now on. We have no address of yours yet: we take it over when you next log in with "
        "Google."
    )
