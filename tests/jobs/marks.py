"""An effect that can be counted: what most jobs of these tests do."""

from sqlalchemy.orm import Session

from forum.database import page_stamps
from forum.jobs.queue import Payload


def leave_a_mark(session: Session, payload: Payload) -> None:
    """Add one to the topic's page stamp, which stays only if the transaction is committed."""
    page_stamps.bump(session, [f"topic:{payload['topic_id']}"])
