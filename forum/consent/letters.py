"""The letters that go to members, and to those alone who agree to e-mail at the moment when one is written.

What a letter says is known where it is about; here it is said who may get one.
"""

from sqlalchemy.orm import Session

from forum.accounts import letters
from forum.accounts.models import Member
from forum.consent.choices_queries import consent_stands
from forum.events import AccountNoticeMade
from forum.mail.message import Letter
from forum.permissions.actor import Purpose


def letter_about_account(session: Session, event: AccountNoticeMade) -> Letter | None:
    """Return the letter that tells a member what changed in their account; None unless they agree to e-mail.

    Queries: 1
    """
    return letters.letter_about_account(session, event, agreed=consent_stands(Member.uuid, Purpose.EMAIL))
