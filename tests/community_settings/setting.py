"""Setting something for the whole community, as whoever has the command line would, for the tests of every feature."""

from typing import Any

from forum.community_settings.commands import change_settings
from forum.community_settings.drafts import SettingsDraft
from forum.community_settings.models import SignUp
from forum.community_settings.queries import settings_in_force
from forum.database.session import Database
from forum.permissions.actor import OPERATOR, Actor


def set_up(database: Database, actor: Actor = OPERATOR, **changes: Any) -> int:
    """Change only what is named, and return the version that holds then."""
    with database.transaction() as session:
        now = settings_in_force(session)
        fields: dict[str, Any] = {
            "sign_up": now.sign_up,
            "read_only": now.read_only,
            "announcement": now.announcement,
            "contact": now.contact,
        }
        return change_settings(session, actor, SettingsDraft(seen_version=now.version, **(fields | changes)))


def close_sign_up(database: Database) -> int:
    """Let nobody join."""
    return set_up(database, sign_up=SignUp.CLOSED)


def let_in_by_hand(database: Database) -> int:
    """Let moderators welcome newcomers first."""
    return set_up(database, sign_up=SignUp.APPROVAL)


def stop_writing(database: Database) -> int:
    """Let the community only be read."""
    return set_up(database, read_only=True)
