"""The addresses at which members read, print and take along the receipts of their own decisions."""

from flask import Response, make_response

from forum.consent.receipts import receipt, receipt_page
from forum.errors import NotFound, SignInFirst
from forum.privacy.views.blueprint import privacy
from forum.web import current
from forum.web.access import members_only
from forum.web.rendering import render


@privacy.get("/settings/privacy/receipts/<int:sequence>")
@members_only
def show_receipt(sequence: int) -> Response:
    """Show one receipt, for reading and for paper."""
    return render("privacy/receipt_page.html", receipt_page(current.session(), current.actor(), sequence))


@privacy.get("/settings/privacy/receipts/<int:sequence>.json")
@members_only
def receipt_file(sequence: int) -> Response:
    """Give the same as a file, to the byte as it can be checked."""
    uuid = current.actor().uuid
    if uuid is None:
        raise SignInFirst
    found = receipt(current.session(), uuid, sequence)
    if found is None:
        raise NotFound
    response = make_response(found)
    response.mimetype = "application/json"
    response.headers["Content-Disposition"] = f"attachment; filename=receipt-{sequence}.json"
    response.headers["Cache-Control"] = "private, no-store"
    return response
