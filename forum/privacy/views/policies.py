"""The policies: what is in force, every version that ever was, its exact text, and what it changed."""

import re
from dataclasses import dataclass

from flask import Response, request

from forum.consent import policy_queries
from forum.consent.models import PolicyKind
from forum.consent.policy_queries import PolicyPage
from forum.consent.queries import locale_to_ask_in
from forum.errors import NotFound
from forum.privacy.retention import RetentionRow, retention_rows
from forum.privacy.views.blueprint import privacy
from forum.text.translate import DEFAULT_LOCALE, content_locale
from forum.web import current
from forum.web.access import public
from forum.web.rendering import render

# What a language's tag looks like.
_TAG = re.compile(r"[A-Za-z]{2,8}(-[A-Za-z0-9]{1,8}){0,3}")


@dataclass(frozen=True, slots=True)
class PublicPolicyPage:
    """A policy, and below the privacy policy in force what is kept for how long, as the forum's own jobs do it."""

    policy: PolicyPage
    retention: tuple[RetentionRow, ...]


@privacy.get("/policies/<kind>")
@privacy.get("/policies/<kind>/<int:version>")
@public
def policy_page(kind: str, version: int | None = None) -> Response:
    """Show a policy as it is in force, or one of its versions."""
    language = _language() if version is None else _language_of_version()
    policy = policy_queries.policy_page(current.session(), _kind(kind), language, version)
    is_theirs = policy.kind is PolicyKind.PRIVACY and policy.shown.is_in_force
    rows = retention_rows(current.settings().backup_days) if is_theirs else ()
    return render("privacy/policy_page.html", PublicPolicyPage(policy, rows))


@privacy.get("/policies/<kind>/<int:version>.md")
@public
def policy_text(kind: str, version: int) -> Response:
    """Give a version's exact text, for whoever wants to check its hash."""
    text = policy_queries.policy_text(current.session(), _kind(kind), _language_of_version(), version)
    return Response(text.encode(), content_type="text/plain; charset=utf-8")


@privacy.get("/policies/<kind>/<int:version>/changes")
@public
def policy_changes_page(kind: str, version: int) -> Response:
    """Show what a version changed of the one before."""
    page = policy_queries.policy_changes_page(current.session(), _kind(kind), _language_of_version(), version)
    return render("privacy/policy_changes_page.html", page)


def _kind(kind: str) -> PolicyKind:
    if kind not in set(PolicyKind):
        raise NotFound
    return PolicyKind(kind)


def _language() -> str:
    """Return the language that is asked for, else the one in which this reader is shown policies."""
    asked_for = request.args.get("language")
    if asked_for is None:
        return current.read(lambda session: locale_to_ask_in(session, content_locale()))
    return _tag(asked_for)


def _language_of_version() -> str:
    """Return the language of a version, whoever asks: a record that names it must lead to the same text for good."""
    return _tag(request.args.get("language", DEFAULT_LOCALE))


def _tag(asked_for: str) -> str:
    if not _TAG.fullmatch(asked_for):
        raise NotFound
    return asked_for
