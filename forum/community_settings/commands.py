"""Changing the community's settings: a new version, and a line in the audit log."""

from sqlalchemy.orm import Session

from forum import clock
from forum.audit_log.commands import record
from forum.community_settings.drafts import SettingsDraft
from forum.community_settings.models import CommunitySettings
from forum.community_settings.queries import settings_held
from forum.errors import Conflict
from forum.events import CommunitySettingsChanged, emit
from forum.permissions.actions import Action
from forum.permissions.actor import Actor
from forum.permissions.check import require
from forum.text.translate import gettext as _


def change_settings(session: Session, actor: Actor, draft: SettingsDraft) -> int:
    """Put new settings in force at once and return their version; the same settings again change nothing.

    Emits: CommunitySettingsChanged (unless nothing changed)
    Raises: SignInFirst, Forbidden, Conflict (somebody else changed them since they were shown)
    """
    require(actor, Action.SETTINGS_CHANGE)
    now = settings_held(session)
    if now.version != draft.seen_version:
        raise Conflict(
            _(
                "Somebody else changed the settings in the meantime. Look at them again before you change them."
            )
        )
    wanted = (draft.sign_up, draft.read_only, draft.announcement, draft.contact)
    if wanted == (now.sign_up, now.read_only, now.announcement, now.contact):
        return now.version
    changed = CommunitySettings(
        sign_up=draft.sign_up,
        read_only=draft.read_only,
        announcement=draft.announcement,
        contact=draft.contact,
        changed_at=clock.now(),
        changed_by=actor.uuid,
    )
    session.add(changed)
    session.flush()
    record(
        session,
        actor,
        Action.SETTINGS_CHANGE,
        facts={"version": changed.id, "sign_up": draft.sign_up, "read_only": draft.read_only},
    )
    emit(session, CommunitySettingsChanged(settings_id=changed.id))
    return changed.id
