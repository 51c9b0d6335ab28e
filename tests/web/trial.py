"""A few views that do what no view of the forum should do, registered beside the forum's own ones.

They write, refuse and break on demand: what the layers around a view make of that is what the tests look at.
"""

from collections.abc import Callable
from typing import Any

from flask import Blueprint, Flask, Response, abort, redirect, request
from flask_wtf.csrf import generate_csrf
from sqlalchemy import insert, select, text
from sqlalchemy.orm import Session

from forum import errors
from forum.database.page_stamps import PageStamp
from forum.database.session import Database
from forum.jobs.models import Job
from forum.permissions.actions import Action
from forum.web import current
from forum.web.access import members_only, public, staff_only
from forum.web.boundary import writes_on_get
from tests.database.test_dialects import job

UNSAFE = ["POST", "PUT", "PATCH", "DELETE"]
SECRET = "fibromyalgia"

REFUSALS: dict[str, errors.Refusal] = {
    "malformed": errors.Malformed("This is malformed."),
    "sign-in": errors.SignInFirst("Log in first, please."),
    "forbidden": errors.Forbidden("You may not do that."),
    "not-found": errors.NotFound(),
    "conflict": errors.Conflict("Somebody was faster."),
    "invalid": errors.Invalid({"name": "That name is too long.", "text": "Write something."}),
    "too-many": errors.TooMany("Not so fast.", retry_after=30),
    "unavailable": errors.Unavailable("The provider is away.", retry_after=120),
}
STATUSES = {
    "malformed": 400,
    "sign-in": 401,
    "forbidden": 403,
    "not-found": 404,
    "conflict": 409,
    "invalid": 422,
    "too-many": 429,
    "unavailable": 503,
}


class _LaterRefusal(errors.Conflict):
    """A refusal that some feature made of an existing one."""


class _OwnRefusal(errors.Refusal):
    """A refusal that nobody gave a status."""


def _write(session: Session, scope: str) -> None:
    session.execute(insert(PageStamp).values(scope=scope, version=1))


def written(database: Database) -> list[str]:
    """Return what the views have written and committed."""
    with database.reading() as session:
        scopes = session.execute(select(PageStamp.scope).where(PageStamp.scope.like("trial:%"))).scalars()
        return sorted(scope.removeprefix("trial:") for scope in scopes)


def trial_views() -> Blueprint:
    """Return the views."""
    trial = Blueprint("trial", __name__, url_prefix="/trial")

    @trial.get("/token")
    @public
    def token() -> str:
        return str(generate_csrf())

    @trial.route("/status/<int:status>", methods=["GET", *UNSAFE])
    @public
    def with_status(status: int) -> Response:
        _write(current.session(), "trial:status")
        return Response("", status)

    @trial.post("/redirect")
    @public
    def elsewhere() -> Any:
        _write(current.session(), "trial:redirect")
        return redirect("/trial/token", 303)

    _refusing(trial)
    _shown(trial)
    _after_refusal(trial)
    _commit(trial)
    _behind_doors(trial)
    return trial


def _refusing(trial: Blueprint) -> None:
    @trial.route("/refuse/<name>", methods=["GET", "POST"])
    @public
    def refuse(name: str) -> Response:
        if request.method == "POST":
            _write(current.session(), "trial:refuse")
        raise REFUSALS[name]

    @trial.get("/later-refusal")
    @public
    def later_refusal() -> Response:
        raise _LaterRefusal("Somebody was faster.")

    @trial.get("/own-refusal")
    @public
    def own_refusal() -> Response:
        raise _OwnRefusal("It does not go.")

    @trial.route("/abort/<int:status>", methods=["GET", "POST"])
    @public
    def aborted(status: int) -> Response:
        if request.method == "POST":
            _write(current.session(), "trial:abort")
        abort(status)

    @trial.route("/fault", methods=["GET", "POST"])
    @public
    def fault() -> Response:
        if request.method == "POST":
            _write(current.session(), "trial:fault")
        raise LookupError(f"Nothing is known of {SECRET}.")

    @trial.get("/own-headers")
    @public
    def own_headers() -> Response:
        headers = {"Content-Security-Policy": "default-src *", "X-Request-Id": "chosen"}
        return Response("", headers=headers)


def _shown(trial: Blueprint) -> None:
    @trial.get("/topics/<int:topic_id>/<slug>")
    @public
    def topic_page(topic_id: int, slug: str) -> str:
        return f"{topic_id} {slug}"

    @trial.get("/declared")
    @public
    @writes_on_get("It is a trial.")
    def declared() -> Response:
        _write(current.session(), "trial:declared")
        return Response("", int(request.args.get("status", 200)))

    @trial.post("/form")
    @public
    def form() -> str:
        return request.form.get("text", "")


def _after_refusal(trial: Blueprint) -> None:
    endings: dict[str, Callable[[], Response]] = {
        "ok": lambda: Response(""),
        "returned": lambda: Response("", 422),
        "raised": lambda: _raise(errors.NotFound()),
        "fault": lambda: _raise(LookupError()),
        "commit": _break_the_commit,
    }

    @trial.route("/outlives/<ending>", methods=["GET", "POST"])
    @public
    def outlives(ending: str) -> Response:
        if request.method == "POST":
            _write(current.session(), "trial:request")
        current.after_refusal(lambda session: _write(session, "trial:outlived"))
        return endings[ending]()


def _raise(error: Exception) -> Response:
    raise error


def _break_the_commit() -> Response:
    """Leave a row in the session that breaks a rule only when the commit sends it."""
    current.session().add(Job(**job(attempts=-1)))
    return Response("Done.")


def _commit(trial: Blueprint) -> None:
    @trial.post("/breaks-at-flush")
    @public
    def breaks_at_flush() -> Response:
        _write(current.session(), "trial:breaks")
        return _break_the_commit()

    @trial.post("/breaks-at-commit")
    @public
    def breaks_at_commit() -> Response:
        session = current.session()
        _write(session, "trial:breaks")
        if session.get_bind().dialect.name == "sqlite":
            # A key that points nowhere is then found by COMMIT itself.
            session.execute(text("PRAGMA defer_foreign_keys = ON"))
            session.execute(
                text("INSERT INTO email_address (member_id, address) VALUES (4711, 'a@b.invalid')")
            )
        else:
            own = session.execute(text("SELECT pg_backend_pid()")).scalar_one()
            with current.database().reading() as other:
                other.execute(text("SELECT pg_terminate_backend(:own, 5000)"), {"own": own})
        return Response("Done.")


def _behind_doors(trial: Blueprint) -> None:
    @trial.route("/undeclared", methods=["GET", "POST"])
    def undeclared() -> str:
        return "The door is ajar."

    @trial.route("/members", methods=["GET", "POST"])
    @members_only
    def members() -> str:
        if request.method == "POST":
            _write(current.session(), "trial:members")
        return current.actor().name

    @trial.route("/staff", methods=["GET", "POST"])
    @staff_only(Action.REPORT_LIST)
    def staff() -> str:
        return "reports"


def register(app: Flask) -> None:
    """Add the views to an application that has not answered a request yet."""
    app.register_blueprint(trial_views())
