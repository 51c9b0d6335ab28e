"""The addresses of pictures: each is asked for anew, and given to whoever may see the words that it belongs to."""

from dataclasses import dataclass

from flask import Response, current_app, make_response, redirect, request
from flask.blueprints import BlueprintSetupState
from werkzeug.wrappers import Response as Answer
from wtforms import Form

from forum.community.commands import images as commands
from forum.community.models.images import LONGEST_ALT
from forum.community.picture_files import store_of, take_in
from forum.community.picture_forms import PictureForm, parse_picture
from forum.community.pictures import MOST_PICTURES
from forum.community.queries import images as queries
from forum.community.queries.images import DraftPictures
from forum.community.views.blueprint import SEE_OTHER, community
from forum.community.views.composing import trouble
from forum.errors import Invalid, NotFound
from forum.images.decoding import LARGEST_FILE, Unusable
from forum.images.store import InTurns
from forum.permissions.actions import Action
from forum.permissions.check import can
from forum.turns import Turns
from forum.web import caching, current
from forum.web.access import members_only, public
from forum.web.forms import check_form, show_refusal
from forum.web.rendering import render
from forum.web.same_form import Refused, shows_again

_TURNS = "picture_turns"


@dataclass(frozen=True, slots=True)
class PicturesPage:
    """The pictures of a draft, and the form for another one."""

    draft: DraftPictures
    form: PictureForm
    # Why none can be added at present, or nothing.
    refusal: str
    most: int = MOST_PICTURES
    megabytes: int = LARGEST_FILE // 1024**2
    longest_alt: int = LONGEST_ALT
    # Why one was not added, where that is not about what was sent.
    trouble: str = ""

    @property
    def is_signed_in(self) -> bool:
        """Say whether whoever sees it is a member; else they log in elsewhere first."""
        return current.actor().is_member


@community.record
def _limit_fetches(state: BlueprintSetupState) -> None:
    """At most a quarter of the threads may wait for the place where pictures lie: a bucket may hang."""
    threads = state.app.extensions["alongside"].settings.threads
    state.app.extensions[_TURNS] = Turns(max(1, threads // 4))


def _store() -> InTurns:
    return InTurns(store_of(current.settings()), current_app.extensions[_TURNS])


@community.get("/images/<name>")
@public
def picture(name: str) -> Response:
    """Give a picture to whoever may see it; a browser that has it is told so, after the same look."""
    found = queries.picture_to_show(current.session(), current.actor(), name)
    response = make_response()
    response.set_etag(found)
    if found not in request.if_none_match:
        # A bucket may take its time: nothing is kept open meanwhile.
        current.finish(keep=False, refused=False)
        content = _store().read(found)
        if content is None:
            raise NotFound
        response.set_data(content)
    response.content_type = "image/webp"
    response.headers["Content-Disposition"] = "inline"
    caching.ask_each_time(response)
    response.make_conditional(request)
    return response


@community.get("/drafts/<int:draft_id>/pictures")
@members_only
def pictures_page(draft_id: int) -> Response:
    """Show the pictures of a draft, and ask for another one."""
    return _pictures_page(draft_id, PictureForm())


def _pictures_again(refused: Refused, draft_id: int) -> Response:
    form, sentence = PictureForm(request.form), trouble(refused)
    if current.actor().is_member:
        return _pictures_page(draft_id, form, refused.status, sentence)
    # What they have there is not for whoever sits here now; the words that came from here are.
    nobodys = DraftPictures(draft_id, "/drafts", (), (), MOST_PICTURES)
    return render(
        "community/pictures_page.html", PicturesPage(nobodys, form, "", trouble=sentence), refused.status
    )


@community.post("/drafts/<int:draft_id>/pictures")
@members_only
@shows_again(_pictures_again)
def add_picture(draft_id: int) -> Answer:
    """Take a picture in: it is drawn anew and stored before the transaction begins."""
    form = PictureForm(request.form)
    try:
        sent = parse_picture(form, request.form, request.files)
        current.read(lambda session: commands.refuse_picture(session, current.actor(), draft_id))
        taken = take_in(current.database(), _store(), sent.content, sent.alt)
        commands.add_picture(current.session(), current.actor(), draft_id, taken)
    except Unusable as unusable:
        show_refusal(form, Invalid({"picture": unusable.reason}))
    except Invalid as invalid:
        show_refusal(form, invalid)
    else:
        return redirect(f"/drafts/{draft_id}/pictures", SEE_OTHER)
    return _pictures_page(draft_id, form, 422)


@community.post("/images/<name>/remove")
@members_only
def remove_picture(name: str) -> Answer:
    """Remove a picture of one's own."""
    check_form(Form(request.form), request.form)
    return redirect(commands.remove_picture(current.session(), current.actor(), name), SEE_OTHER)


def _pictures_page(draft_id: int, form: PictureForm, status: int = 200, trouble: str = "") -> Response:
    draft = current.read(lambda session: queries.draft_pictures(session, current.actor(), draft_id))
    refusal = can(current.actor(), Action.IMAGE_ADD).reason
    return render("community/pictures_page.html", PicturesPage(draft, form, refusal, trouble=trouble), status)
