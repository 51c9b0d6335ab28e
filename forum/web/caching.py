"""Who may store an answer: one rule for all of them, after whatever a view said about its own."""

from flask import Response, g, session


def ask_each_time(response: Response) -> None:
    """Let the reader's own browser keep this, and nobody on the way, if it asks each time whether it still may.

    For what is large and never changes, and is seen only by whoever may see it at that moment: pictures.
    """
    response.headers["Cache-Control"] = "private, no-cache"
    g.is_asked_for_each_time = True


def settle(response: Response) -> None:
    """See to it that nobody stores what is one person's: a member's answers, cookies, and tokens of forms."""
    if response.cache_control.no_store:
        return
    if (
        g.get("is_asked_for_each_time")
        and response.status_code < 400
        and "Set-Cookie" not in response.headers
    ):
        return
    # Flask-Login's mark of somebody who is signed in, and Flask-WTF's of a token that was put into a page.
    if "_user_id" in session:
        response.headers["Cache-Control"] = "private, no-store"
    elif "Set-Cookie" in response.headers or "csrf_token" in g or g.get("unrecognised"):
        response.headers["Cache-Control"] = "no-store"
