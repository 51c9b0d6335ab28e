"""The addresses at which a member asks for a copy of everything of theirs, sees how far it is, and fetches it.

Asking and fetching need a fresh proof: a copy is what somebody would want who only found an open browser.
"""

import os

from flask import Response, redirect, request, send_file
from werkzeug.wrappers import Response as Answer
from wtforms import Form

from forum.privacy import export_files, export_queries, exports
from forum.privacy.views.blueprint import privacy
from forum.web import current
from forum.web.access import members_only, needs_proof
from forum.web.forms import check_form
from forum.web.rendering import render

EXPORT = "/settings/privacy/export"


@privacy.get(EXPORT)
@members_only
def export_page() -> Response:
    """Show the member's copies, and offer to make one."""
    page = export_queries.export_page(current.session(), current.actor(), current.contact())
    return render("privacy/export_page.html", page)


@privacy.post(EXPORT)
@members_only
@needs_proof
def ask_for_export() -> Answer:
    """Have one made."""
    check_form(Form(request.form), request.form)
    exports.ask_for_export(current.session(), current.actor())
    return redirect(EXPORT, 303)


@privacy.get(f"{EXPORT}/<int:export_id>")
@members_only
@needs_proof
def fetch_export(export_id: int) -> Response:
    """Give its file, under a name that says neither where it is from nor of what it speaks."""
    file_name, asked_at = export_queries.file_of(current.session(), current.actor(), export_id)
    file = export_files.open_copy(current.settings().data_folder, file_name)
    if file is None:
        raise export_queries.gone()
    response = send_file(
        file,
        mimetype="application/zip",
        as_attachment=True,
        download_name=f"my-data-{asked_at:%Y-%m-%d}.zip",
    )
    # So that a browser can say how much there is still to come.
    response.content_length = os.fstat(file.fileno()).st_size
    response.headers["Cache-Control"] = "private, no-store"
    return response
