"""Reading the settings: those in force, which every page does, and earlier versions of them."""

from dataclasses import dataclass

from sqlalchemy import select
from sqlalchemy.orm import Session

from forum.community_settings.models import CommunitySettings, SignUp
from forum.database.dialects import tools
from forum.database.rows import AnySelect
from forum.errors import NotFound
from forum.text.translate import gettext as _

# Whoever changes the settings, or decides by them what to write for good, waits for the one before.
TURN = "community-settings"


@dataclass(frozen=True, slots=True)
class SettingsInForce:
    """What holds now. Version 0 is what holds before anybody set anything."""

    version: int = 0
    sign_up: SignUp = SignUp.OPEN
    read_only: bool = False
    announcement: str = ""
    contact: str = ""

    @property
    def takes_members(self) -> bool:
        """Say whether somebody new can join, as far as the administrators have a say in it."""
        return self.sign_up is not SignUp.CLOSED and not self.read_only

    @property
    def why_nobody_joins(self) -> str:
        """Return why nobody new can join, for whoever wanted to; nothing while one can."""
        if self.sign_up is SignUp.CLOSED:
            return _(
                "This community takes no new members at present. Reading stays open: you are welcome to everything "
                "that is public, for as long as you like."
            )
        if self.read_only:
            return _(
                "This community can only be read for now, so nobody can join at the moment. Please try again "
                "another day. Reading stays open."
            )
        return ""


BEFORE_ANY = SettingsInForce()


def settings_in_force(session: Session) -> SettingsInForce:
    """Return the settings that hold now.

    Queries: 1
    """
    row = session.execute(_versions().order_by(CommunitySettings.id.desc()).limit(1)).one_or_none()
    return SettingsInForce(*row) if row else BEFORE_ANY


def settings_held(session: Session) -> SettingsInForce:
    """Return the settings that hold now, and keep everybody from changing them until this transaction ends.

    Queries: 1, and the one that takes the turn
    """
    tools(session).take_turn(session, TURN)
    return settings_in_force(session)


def settings_of(session: Session, version: int) -> SettingsInForce:
    """Return the settings of an earlier version. Raises NotFound where there was none.

    Queries: 1
    """
    row = session.execute(_versions().where(CommunitySettings.id == version)).one_or_none()
    if row is None:
        raise NotFound
    return SettingsInForce(*row)


def _versions() -> AnySelect:
    return select(
        CommunitySettings.id,
        CommunitySettings.sign_up,
        CommunitySettings.read_only,
        CommunitySettings.announcement,
        CommunitySettings.contact,
    )
