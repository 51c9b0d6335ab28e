"""Telling a member what moderators did. How it is said stands in ``wording``; where they read it, in the views."""

from datetime import datetime, timedelta

from sqlalchemy.orm import Session

from forum import clock
from forum.moderation.models import Notice, ReasonCode, ReportOutcome
from forum.permissions.actions import Action
from forum.permissions.actor import Actor, Role

# As the policies promise: words are kept for as long as an appeal may come, with reports and with notices alike.
WORDS_KEPT = timedelta(days=183)


def tell(
    session: Session,
    actor: Actor,
    member_id: int | None,
    action: Action,
    reason: ReasonCode | None = None,
    *,
    outcome: ReportOutcome | None = None,
    topic_id: int | None = None,
    post_id: int | None = None,
    report_id: int | None = None,
    their_words: str = "",
    message: str = "",
    until: datetime | None = None,
) -> bool:
    """Leave the member a notice about what the actor did, and say whether there was somebody to tell.

    Nobody is told what they did themselves, and behind a former member or the community there is nobody
    (``member_id`` is None). The row is written with the transaction's next flush: several are one statement.
    """
    if member_id is None or member_id == actor.member_id:
        return False
    session.add(
        Notice(
            member_id=member_id,
            action=action.value,
            reason=reason,
            outcome=outcome,
            topic_id=topic_id,
            post_id=post_id,
            report_id=report_id,
            their_words=their_words,
            message=message,
            until=until,
            by_role=Role.ADMINISTRATOR if actor.is_operator else actor.role,
            made_at=clock.now(),
        )
    )
    return True
