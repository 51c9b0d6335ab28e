"""Tables of the matrix for what members are writing: a draft is saved where they could write, and is theirs alone."""

from tests.authorization.tables import table

# Whoever may keep something finds out what is there; whoever may not hears only that.
#               visit. member supp. wait. turned susp. paused here there moder admin benched
_EVERYWHERE = "login page   page  no    no     page  no     page page  page  page  page"
_NOWHERE = "login gone   gone  no    no     gone  no     gone gone  gone  gone  gone"
SAVE = table("a new topic on its way", "nothing", f"| {_EVERYWHERE}")
SAVE_REPLY = table(
    "a reply on its way",
    "topic",
    f"""
    other's              | {_EVERYWHERE}
    own                  | {_EVERYWHERE}
    members only         | {_EVERYWHERE}
    same condition       | login gone   page  no    no     page  no     page page  page  page  gone
    moderators only      | login gone   gone  no    no     gone  no     page gone  page  page  gone
    own, moderators only | {_EVERYWHERE}
    locked               | {_EVERYWHERE}
    hidden               | {_NOWHERE}
    own, hidden          | {_NOWHERE}
    removed              | {_NOWHERE}
    own, removed         | {_NOWHERE}
    deleted              | {_NOWHERE}
    own, deleted         | {_NOWHERE}
    merged               | {_NOWHERE}
    merged into hidden   | {_NOWHERE}
    author blocked them  | {_EVERYWHERE}
    nowhere              | {_NOWHERE}
    """,
)
SAVE_EDIT = table(
    "a new text for a post on its way",
    "post",
    f"""
    other's              | {_NOWHERE}
    own                  | {_EVERYWHERE}
    members only         | {_NOWHERE}
    same condition       | {_NOWHERE}
    moderators only      | {_NOWHERE}
    locked               | {_NOWHERE}
    own, locked          | {_EVERYWHERE}
    held                 | {_NOWHERE}
    own, held            | {_NOWHERE}
    hidden               | {_NOWHERE}
    own, hidden          | {_NOWHERE}
    removed              | {_NOWHERE}
    own, removed         | {_NOWHERE}
    deleted              | {_NOWHERE}
    own, deleted         | {_NOWHERE}
    moved                | {_NOWHERE}
    in hidden topic      | {_NOWHERE}
    own, in hidden topic | {_NOWHERE}
    author paused        | {_NOWHERE}
    author blocked them  | {_NOWHERE}
    nowhere              | {_NOWHERE}
    """,
)
# Throwing one's own words away needs nothing but that they are one's own.
DISCARD = table(
    "a draft, thrown away",
    "draft",
    """
    own                  | login done
    other's              | login gone
    nowhere              | login gone
    """,
)
# So is looking at its pictures, and taking them out.
PICTURES = table(
    "the pictures of a draft",
    "draft",
    """
    own                  | login page
    other's              | login gone
    nowhere              | login gone
    """,
)
ADD_PICTURE = table(
    "a picture for a draft",
    "draft",
    #                      visit. member supp.  wait. turned susp. paused here  there moder admin benched
    """
    own                  | login  wrong  wrong  no    no     no    no     wrong wrong wrong wrong no
    other's              | login  gone
    nowhere              | login  gone
    """,
)
REMOVE_PICTURE = table(
    "a picture of a draft, removed",
    "picture",
    """
    own                  | login done
    other's              | login gone
    nowhere              | login gone
    """,
)
