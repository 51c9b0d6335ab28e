"""What belongs to the request being answered: its settings, its database session and the one who acts.

The session is opened by the first statement that needs it, and it is a reading one for safe methods. Views
ask here; commands and queries are handed what they need and never do.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeVar, cast

from flask import Flask, current_app, g
from flask_login import current_user
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.orm import Session

from config import Settings
from forum.community_settings.queries import BEFORE_ANY, SettingsInForce, settings_in_force
from forum.database.session import Database, commit
from forum.permissions.actor import VISITOR, Actor

T = TypeVar("T")
_EXTENSION = "alongside"


@dataclass(frozen=True, slots=True)
class Installed:
    """What ``create_app`` made for this application."""

    settings: Settings
    database: Database


def install(app: Flask, settings: Settings, database: Database) -> None:
    """Tie settings and database to the application."""
    app.extensions[_EXTENSION] = Installed(settings, database)
    # Whatever an error page or a refusal before the view read with goes back to its pool at once.
    app.teardown_request(_let_go)


def _let_go(_error: BaseException | None) -> None:
    opened: Session | None = g.pop("session", None)
    if opened is not None:
        opened.close()


def _installed() -> Installed:
    return cast(Installed, current_app.extensions[_EXTENSION])


def settings() -> Settings:
    """Return the deploy settings."""
    return _installed().settings


def database() -> Database:
    """Return the application's database (for a transaction apart from the request's own)."""
    return _installed().database


def actor() -> Actor:
    """Return who acts: a member with what the rules need to know of them, or the visitor."""
    return VISITOR if g.get("unrecognised") else cast(Actor, current_user.actor)


def settle_actor() -> bool:
    """Say whether it can be read who acts. If not, this request goes on as a visitor's.

    For the pages alone that must come when the database doesn't, and that show everybody the same.
    """
    try:
        actor()
    except SQLAlchemyError:
        # What was begun with the failed statement can't be read with any more.
        _let_go(None)
        g.unrecognised = True
    return not g.get("unrecognised")


def go_on_as_visitor() -> None:
    """Let the rest of this request be a visitor's: whoever acted has an account no more."""
    g.unrecognised = True


def community_settings() -> SettingsInForce:
    """Return what administrators set for the whole community.

    When the database can't say, what holds before anybody set anything: pages that tell so must still come.
    """
    if "community_settings" not in g:
        try:
            g.community_settings = read(settings_in_force)
        except SQLAlchemyError:
            _let_go(None)
            return BEFORE_ANY
    return cast(SettingsInForce, g.community_settings)


def contact() -> str:
    """Return how to reach the people who run this community: what administrators set, else the operator's own."""
    return community_settings().contact or settings().operator_contact


def session() -> Session:
    """Return the request's session: reading for safe methods, writing for the others."""
    if "session" not in g:
        g.session = database().writing() if g.get("may_write") else database().reading()
    return cast(Session, g.session)


def read(query: Callable[[Session], T]) -> T:
    """Run a query with the reading pool, so that an unsafe request does not yet take its turn to write."""
    if not g.get("may_write"):
        return query(session())
    with database().reading() as reading:
        return query(reading)


def after_refusal(change: Callable[[Session], object]) -> None:
    """Make a change that outlives this request's refusal, in a transaction of its own, once it rolled back."""
    g.setdefault("after_refusal", []).append(change)


def finish(*, keep: bool, refused: bool) -> None:
    """End the request's transaction: commit to keep it, else undo it; then, if refused, do what must outlive that.

    A commit that fails is a refusal, too.
    """
    opened: Session | None = g.pop("session", None)
    changes = g.pop("after_refusal", [])
    try:
        if keep and opened is not None:
            commit(opened)
    except Exception:
        refused = True
        raise
    finally:
        if opened is not None:
            opened.close()
        if refused:
            for change in changes:
                with database().transaction() as fresh:
                    change(fresh)
