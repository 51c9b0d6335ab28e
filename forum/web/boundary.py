"""One transaction per write request. An unsafe method whose answer is below 400 commits; all else rolls back.

Safe methods read through the reading pool, whose connections refuse to write. The few views that answer GET
and must write say so with ``writes_on_get``, and a test lists them.
"""

from collections.abc import Callable
from io import BytesIO
from typing import Any, TypeVar

from flask import Flask, Request, Response, current_app, g, request

from forum.web import caching, current, logs
from forum.web.headers import SAFE_METHODS, request_id

View = TypeVar("View", bound=Callable[..., Any])


def writes_on_get(why: str) -> Callable[[View], View]:
    """Declare that this view writes although it answers GET, and why."""

    def declare(view: View) -> View:
        view.writes_on_get = why  # type: ignore[attr-defined]  # Functions take attributes; mypy can't say so.
        return view

    return declare


class _Request(Request):
    """A request whose files stay in memory: what somebody's camera noted must not lie about on a disk."""

    def _get_file_stream(
        self,
        total_content_length: int | None,
        content_type: str | None,
        filename: str | None = None,
        content_length: int | None = None,
    ) -> BytesIO:
        return BytesIO()


class ForumFlask(Flask):
    """Flask with a transaction around each view."""

    request_class = _Request

    def preprocess_request(self) -> Any:
        """Settle whether this request may write before anything looks into the database."""
        g.may_write = _may_write()
        return super().preprocess_request()

    def dispatch_request(self) -> Response:
        """Run the view, then commit or roll back."""
        response = self.make_response(super().dispatch_request())
        refused = response.status_code >= 400
        current.finish(keep=g.may_write and not refused, refused=refused)
        g.may_write = False
        return response

    def handle_user_exception(self, e: Exception) -> Any:
        """Undo what a refused or failed request did, and only then word it, from a clean state."""
        g.may_write = False
        current.finish(keep=False, refused=True)
        return super().handle_user_exception(e)

    def handle_exception(self, e: Exception) -> Response:
        """Answer a fault of an error page itself: with nothing that could fail once more."""
        try:
            return super().handle_exception(e)
        except Exception as error:
            if self.testing or self.debug:
                raise
            logs.fault(error)
            # Not translated and without a template: neither may be what failed.
            sentence = (
                "Something went wrong on our side. It isn't your fault. If you are in danger now, call your "
                f"emergency number (112, 911, 999 or 000). Helplines: /help-now. Request {request_id()}.\n"
            )
            headers = {"Cache-Control": "no-store", "Content-Language": "en"}
            return Response(sentence, 500, headers, mimetype="text/plain")

    def process_response(self, response: Response) -> Response:
        """Finish the answer, and only then, with all its cookies, say who may store it."""
        finished = super().process_response(response)
        caching.settle(finished)
        return finished

    def log_exception(self, exc_info: Any) -> None:
        """Log a fault our way: Flask's own line holds the address and the exception's message."""
        logs.fault(exc_info[1])


def _may_write() -> bool:
    if request.method not in SAFE_METHODS:
        return True
    view = current_app.view_functions.get(request.endpoint or "")
    return hasattr(view, "writes_on_get")
