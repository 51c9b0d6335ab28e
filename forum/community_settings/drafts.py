"""What administrators hand in."""

from dataclasses import dataclass

from forum.community_settings.models import SignUp


@dataclass(frozen=True, slots=True)
class SettingsDraft:
    """New settings, and the version that was on the screen when they were made."""

    seen_version: int
    sign_up: SignUp
    read_only: bool
    announcement: str
    contact: str
