"""What everybody gets of a topic's details, and of not meeting somebody: the tables of those routes."""

from tests.authorization.tables import Table, table


def _details(name: str, own: str, own_for_moderators: str) -> Table:
    """Return the table of changing a topic: its author alone may."""
    return table(
        name,
        "topic",
        #                 visit. member supp. wait. turned susp. paused here there moder admin benched
        f"""
    other's              | login no
    own                  | login {own}
    members only         | login no     no     gone gone  no    no    no     no     no     no     no
    same condition       | login gone   no     gone gone  no    gone  no     no     no     no     gone
    moderators only      | login gone   gone   gone gone  gone  gone  no     gone   no     no     gone
    own, moderators only | login {own_for_moderators}
    locked               | login no
    hidden               | login gone
    own, hidden          | login gone
    removed              | login gone
    own, removed         | login gone
    deleted              | login gone
    own, deleted         | login gone
    merged               | login gone
    merged into hidden   | login gone
    author blocked them  | login no
    nowhere              | login gone
    """,
    )


# Others answered in all of them, so that there can't be more readers; and to choose more would be writing.
_WIDER = "wrong wrong no no no no wrong wrong wrong wrong no"
DETAILS = _details("a topic's details: page", "page", "page")
NARROW = _details("a topic for fewer readers", "done", _WIDER)
REWORD = _details("a topic's title: done", "done done no no no no done done done done no", _WIDER)

BLOCK = {
    step: table(
        f"not meeting whoever wrote a post: {step}",
        "post",
        #                 visit. member supp. wait. turned susp. paused here there moder admin benched
        f"""
    other's              | login {step}
    own                  | login no     no     gone gone  no    gone  no     no     no     no     no
    members only         | login {step} {step} gone gone {step} {step} {step} {step} {step} {step} {step}
    same condition       | login gone   {step} gone gone {step} gone   {step} {step} {step} {step} gone
    moderators only      | login gone   gone   gone gone  gone  gone  {step} gone   {step} {step} gone
    locked               | login {step}
    own, locked          | login no     no     gone gone  no    gone  no     no     no     no     no
    held                 | login gone
    own, held            | login gone
    hidden               | login gone
    own, hidden          | login gone
    removed              | login gone
    own, removed         | login gone
    deleted              | login gone
    own, deleted         | login gone
    moved                | login gone
    in hidden topic      | login gone
    own, in hidden topic | login gone
    author paused        | login gone
    author blocked them  | login gone   gone   gone gone  gone  gone  {step} {step} {step} {step} gone
    nowhere              | login gone
    """,
    )
    for step in ("page", "done")
}
