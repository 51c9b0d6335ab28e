"""What a composer asks while somebody types a name: who is there to be mentioned."""

from flask import Response, jsonify, request

from forum.community.queries.people import people_in
from forum.community.views.blueprint import community
from forum.web import current
from forum.web.access import members_only


@community.get("/topics/<int:topic_id>/people")
@members_only
def people(topic_id: int) -> Response:
    """Answer with the names of people in a topic that begin like what was typed."""
    names = people_in(current.session(), current.actor(), topic_id, request.args.get("q", ""))
    return jsonify(names=names)
