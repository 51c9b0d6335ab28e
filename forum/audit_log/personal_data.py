"""What the audit log holds about people: uuids and numbers, which lead nowhere once a member's row is gone."""

from sqlalchemy import and_

from forum.audit_log.models import AuditEntry
from forum.database.personal_data import NOT_PERSONAL, Held, kept
from forum.permissions.actions import Action

_STAYS = kept("The log is append-only. Its numbers lead to nobody once the member is erased.")
_STAFF = kept("Who on the team acted: a number that leads to nobody once they are erased.", exported=False)

HELD: tuple[Held, ...] = (
    Held(
        AuditEntry,
        "What was decided about somebody or their posts, without a word that anybody wrote. That moderators left a "
        "note for one another is not in the copy.",
        {
            "id": NOT_PERSONAL,
            "made_at": _STAYS,
            "action": _STAYS,
            "area": NOT_PERSONAL,
            "actor_uuid": _STAFF,
            "actor_role": _STAYS,
            "reason": _STAYS,
            "category_id": _STAYS,
            "topic_id": _STAYS,
            "post_id": _STAYS,
            "report_id": kept("A report is its reporter's.", exported=False),
            "member_uuid": kept("Leads to nobody once the member is erased.", exported=False),
            "facts": _STAYS,
        },
        about=lambda subject: and_(
            AuditEntry.member_uuid == subject.uuid, AuditEntry.action != Action.MEMBER_NOTE.value
        ),
    ),
)
