"""How a refusal looks: one handler, HTML for people and problem+json (RFC 9457) for programs, same sentence."""

from dataclasses import dataclass
from urllib.parse import quote

from flask import Flask, Response, current_app, jsonify, redirect, request
from flask_wtf.csrf import CSRFError
from sqlalchemy.exc import OperationalError
from sqlalchemy.exc import TimeoutError as NoConnectionInTime
from werkzeug.exceptions import HTTPException

from forum import errors
from forum.database.dialects import is_busy
from forum.text.translate import gettext as _
from forum.web import current, logs
from forum.web.headers import SAFE_METHODS, request_id
from forum.web.rendering import render
from forum.web.same_form import came_from_our_page, same_form


@dataclass(frozen=True, slots=True)
class ErrorPage:
    """What an error page shows. ``text`` is what the person had typed, so that nothing is lost."""

    status: int
    title: str
    sentence: str
    request_id: str
    text: str = ""


_STATUS: dict[type[errors.Refusal], int] = {
    errors.Malformed: 400,
    errors.SignInFirst: 401,
    errors.Forbidden: 403,
    errors.ProveFirst: 403,
    errors.NotFound: 404,
    errors.Conflict: 409,
    errors.Invalid: 422,
    errors.TooMany: 429,
    errors.Unavailable: 503,
}


def install(app: Flask) -> None:
    """Word every refusal and every fault."""
    app.register_error_handler(errors.Refusal, _refused)
    app.register_error_handler(CSRFError, _token_missing)
    app.register_error_handler(HTTPException, _http_error)
    app.register_error_handler(NoConnectionInTime, _busy)
    app.register_error_handler(Exception, _fault)


def _words(status: int) -> tuple[str, str]:
    """Return the title and the sentence for a status."""
    words = {
        400: (
            _("That didn't make sense to us"),
            _("The request was incomplete or damaged. Go back and try again."),
        ),
        401: (_("Log in first"), _("Log in, then try again.")),
        403: (_("You can't do this"), _("You may read this, but not change it.")),
        404: (_("There is nothing here"), _("The page may have moved, or it isn't open to you.")),
        405: (_("That can't be done here"), _("This address doesn't take that kind of request.")),
        409: (_("Someone was faster"), _("This changed while you were looking at it. Load it again.")),
        413: (_("That is too large"), _("Make it shorter and send it again.")),
        422: (_("Something needs another look"), _("Please look at what you entered.")),
        429: (_("Too often, too fast"), _("Wait a moment, then try again.")),
        500: (_("Something went wrong on our side"), _("It isn't your fault. Please try again in a while.")),
        503: (_("Not available for the moment"), _("Please try again in a few minutes.")),
    }
    return words.get(status, words[500] if status >= 500 else words[400])


def answer(
    status: int,
    sentence: str = "",
    retry_after: int | None = None,
    error: Exception | None = None,
    *,
    token_was_good: bool = True,
) -> Response:
    """Return the error page, or its JSON for a program, or the form that was refused, with what was typed in it."""
    title, usual = _words(status)
    sentence = sentence or usual
    if wants_json():
        response = jsonify(
            type="about:blank", title=title, status=status, detail=sentence, request_id=request_id()
        )
        response.status_code = status
        response.content_type = "application/problem+json"
    else:
        current.settle_actor()
        again = same_form(status, sentence, error, token_was_good=token_was_good) if error else None
        page = ErrorPage(status, title, sentence, request_id(), _typed_text())
        response = again or render("errors/error.html", page=page, status=status)
    response.headers["Cache-Control"] = "no-store"
    if retry_after is not None:
        response.headers["Retry-After"] = str(retry_after)
    return response


def wants_json() -> bool:
    """Say whether a program asks, and not a person."""
    best = request.accept_mimetypes.best_match(["text/html", "application/problem+json", "application/json"])
    return best in ("application/problem+json", "application/json")


# The fields of any form in which people write, in the order in which they read them.
_TYPED = ("title", "content_note", "text", "announcement", "about")


def _typed_text() -> str:
    """Return what the person wrote, if they sent it from our own page, so that they can copy it."""
    if not came_from_our_page():
        return ""
    try:
        typed = (request.form.get(name, "").strip() for name in _TYPED)
        return "\n\n".join(words for words in typed if words)
    except HTTPException:
        return ""


def _refused(refusal: errors.Refusal) -> Response:
    if isinstance(refusal, errors.SignInFirst) and request.method in SAFE_METHODS and not wants_json():
        # Werkzeug's full_path fails on a query that is no UTF-8.
        query = request.query_string.decode(errors="replace")
        view = current_app.view_functions.get(request.endpoint or "")
        is_kept = query and not getattr(view, "private_question", False)
        target = f"{request.path}?{query}" if is_kept else request.path
        return redirect(f"/log-in?next={quote(target)}", 303)  # type: ignore[return-value]  # Same class, werkzeug's name.
    status = next((_STATUS[kind] for kind in type(refusal).__mro__ if kind in _STATUS), 400)
    retry_after = getattr(refusal, "retry_after", None)
    # Nobody asks for the token of somebody who is not signed in.
    token_was_good = not isinstance(refusal, errors.SignInFirst)
    return answer(status, refusal.reason, retry_after, refusal, token_was_good=token_was_good)


def _token_missing(error: CSRFError) -> Response:
    return answer(
        400,
        _("Your page was open for so long that its form expired. Load it again and send it once more."),
        error=error,
        token_was_good=False,
    )


def _http_error(error: HTTPException) -> Response:
    status = error.code or 500
    if status < 400:
        return error.get_response()  # type: ignore[return-value]  # A redirect that Werkzeug's routing raised.
    response = answer(status)
    if status == 405 and getattr(error, "valid_methods", None):
        response.headers["Allow"] = ", ".join(sorted(error.valid_methods))  # type: ignore[attr-defined]  # As asked above.
    return response


def _busy(error: Exception) -> Response:
    sentence = _("Many people are here at once. Please try again in a moment.")
    return answer(503, sentence, 5, error)


def _fault(error: Exception) -> Response:
    if isinstance(error, OperationalError) and is_busy(error):
        return _busy(error)
    logs.fault(error)
    return answer(500)
