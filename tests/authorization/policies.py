"""The terms of the filled forum: two versions, and a draft beside them."""

from sqlalchemy.orm import Session

from forum.admin.policy_forms import said
from forum.consent.drafts import PolicyDraft, PolicyEdit
from forum.consent.models import PolicyKind
from forum.consent.policies import publish_policy, save_draft, seen_now
from forum.permissions.actor import OPERATOR
from forum.text.translate import DEFAULT_LOCALE


def draft_terms(session: Session) -> str:
    """Publish a small change of the terms, lay a draft beside them, and return what a form says it has seen."""
    kind, locale = PolicyKind.TERMS, DEFAULT_LOCALE
    publish_policy(session, OPERATOR, PolicyDraft(kind, locale, "Terms", "Be kind.\n"))
    edit = PolicyEdit(kind, locale, seen_now(session, kind, locale), "Terms", "Be kinder.\n")
    return said(save_draft(session, OPERATOR, edit))
