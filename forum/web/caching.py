"""Who may store an answer: one rule for all of them, after whatever a view said about its own."""

from flask import Response, g, session


def settle(response: Response) -> None:
    """See to it that nobody stores what is one person's: a member's answers, cookies, and tokens of forms."""
    if response.cache_control.no_store:
        return
    # Flask-Login's mark of somebody who is signed in, and Flask-WTF's of a token that was put into a page.
    if "_user_id" in session:
        response.headers["Cache-Control"] = "private, no-store"
    elif "Set-Cookie" in response.headers or "csrf_token" in g or g.get("unrecognised"):
        response.headers["Cache-Control"] = "no-store"
