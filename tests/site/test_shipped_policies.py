"""What ships beside what administrators wrote themselves: a draft, and never over theirs."""

from dataclasses import replace

from flask import Flask
from sqlalchemy import select

from forum.consent.drafts import PolicyDraft, PolicyEdit
from forum.consent.models import PolicyDraftText, PolicyKind, PolicyVersion
from forum.consent.policies import publish_policy, save_draft, seen_now
from forum.database.session import Database
from forum.site.publishing import Published, publish_shipped
from tests import cast
from tests.site.texts import publish_texts

OWN = "## In short\n\nBe kinder to all.\n"


def drafts(database: Database) -> list[tuple[str, object]]:
    """Return every draft, and who changed it last."""
    with database.reading() as session:
        rows = session.execute(select(PolicyDraftText.markdown, PolicyDraftText.changed_by))
        return [(markdown, who) for markdown, who in rows]


def newest_terms(database: Database) -> str | None:
    with database.reading() as session:
        return session.scalar(
            select(PolicyVersion.markdown)
            .where(PolicyVersion.kind == PolicyKind.TERMS)
            .order_by(PolicyVersion.version.desc())
            .limit(1)
        )


def publish_own(app: Flask, database: Database) -> cast.Someone:
    """Have an administrator publish terms of their own beside what ships."""
    publish_texts(app)
    aspen = cast.administrator(app)
    with database.transaction() as session:
        publish_policy(session, aspen.actor, PolicyDraft(PolicyKind.TERMS, "en", "Our terms", OWN))
    return aspen


def publish_moved(app: Flask, **options: bool) -> Published:
    """Publish the shipped texts of an operator who has moved, so that they are others."""
    installed = app.extensions["alongside"]
    with installed.database.transaction() as session:
        moved = replace(installed.settings, operator_address="2 Other Street")
        return publish_shipped(session, moved, **options)


def test_a_newer_shipped_text_is_laid_beside_what_administrators_wrote(
    app: Flask, database: Database
) -> None:
    publish_own(app, database)
    # What ships is what they began with.
    assert publish_texts(app).nothing_new
    assert drafts(database) == []
    done = publish_moved(app, renew_policies=True, material=True)
    assert done.policy_drafts == (PolicyKind.TERMS,)
    assert PolicyKind.PRIVACY in done.policies
    assert PolicyKind.TERMS not in {*done.policies, *done.policies_that_differ}
    assert newest_terms(database) == OWN
    ((draft, who),) = drafts(database)
    assert "2 Other Street" in draft
    assert who is None


def test_what_somebody_works_on_is_not_written_over(app: Flask, database: Database) -> None:
    aspen = publish_own(app, database)
    with database.transaction() as session:
        seen = seen_now(session, PolicyKind.TERMS, "en")
        save_draft(
            session, aspen.actor, PolicyEdit(PolicyKind.TERMS, "en", seen, "Our terms", "Worked on.\n")
        )
    assert publish_moved(app).policy_drafts == ()
    assert drafts(database) == [("Worked on.\n", aspen.uuid)]
