"""What readers, authors and whoever passes by get of each kind of route. What is moderators' stands in ``desk``."""

from tests.authorization.tables import Table, table

# --- about nothing in particular ------------------------------------------------------------------------------

#             visit. member supp. wait. turned susp. paused here  there moder admin benched
WRITING = {
    step: table(
        f"starting a topic: {step}",
        "nothing",
        f"| login {step} {step}   no    no    no    no    {step} {step} {step} {step} no",
    )
    for step in ("page", "done")
}
RENAME = table(
    "another name",
    "nothing",
    #  visit. member supp. wait. turned susp. paused here there moder admin benched
    "| login  done   done  done  no     no    done   done  done  done  done  no",
)
# Only of whoever took back what writing needs is anything asked, and then the words must be those that were shown.
AGREE_AGAIN = table(
    "agreeing again",
    "nothing",
    #  visit. member supp. wait. turned susp. paused here there moder admin benched
    "| login  done   done  done  done   done  late   done done  done  done  done",
)
RESTRICT = table(
    "restricting what is theirs",
    "nothing",
    "| login  done   done  late  late   done  done   done  done  done  done  done",
)
# --- a topic, as its readers see it ---------------------------------------------------------------------------

TOPIC_SHORT = table(
    "a topic at its short address",
    "topic",
    #                     visit. member supp. wait. turned susp. paused here there moder admin benched
    """
    other's              | lead
    own                  | lead  lead  lead  page  page  lead  page  lead  lead  lead  lead  lead
    members only         | gone  page  page  gone  gone  page  page  page  page  page  page  page
    same condition       | gone  gone  page  gone  gone  page  gone  page  page  page  page  gone
    moderators only      | gone  gone  gone  gone  gone  gone  gone  page  gone  page  page  gone
    own, moderators only | gone  page
    locked               | lead
    hidden               | gone
    own, hidden          | gone
    removed              | gone
    own, removed         | gone
    deleted              | gone
    own, deleted         | gone
    merged               | lead
    merged into hidden   | gone
    author blocked them  | lead  page  page  page  page  page  page  lead  lead  lead  lead  page
    nowhere              | gone
    """,
)
TOPIC_IN_FULL = table(
    "a topic at its address with words",
    "topic",
    #                     visit. member supp. wait. turned susp. paused here there moder admin benched
    """
    other's              | page
    own                  | page  page  page  lead  lead  page  lead  page  page  page  page  page
    members only         | gone  lead  lead  gone  gone  lead  lead  lead  lead  lead  lead  lead
    same condition       | gone  gone  lead  gone  gone  lead  gone  lead  lead  lead  lead  gone
    moderators only      | gone  gone  gone  gone  gone  gone  gone  lead  gone  lead  lead  gone
    own, moderators only | gone  lead
    locked               | page
    hidden               | gone
    own, hidden          | gone
    removed              | gone
    own, removed         | gone
    deleted              | gone
    own, deleted         | gone
    merged               | lead
    merged into hidden   | gone
    author blocked them  | page  lead  lead  lead  lead  lead  lead  page  page  page  page  lead
    nowhere              | gone
    """,
)
REPLY = {
    step: table(
        f"replying: {step}",
        "topic",
        #                 visit. member supp. wait. turned susp. paused here there moder admin benched
        f"""
    other's              | login {step} {step} no   no    no    no    {step} {step} {step} {step} no
    own                  | login {step} {step} no   no    no    no    {step} {step} {step} {step} no
    members only         | login {step} {step} gone gone  no    no    {step} {step} {step} {step} no
    same condition       | login gone   {step} gone gone  no    gone  {step} {step} {step} {step} gone
    moderators only      | login gone   gone   gone gone  gone  gone  {step} gone   {step} {step} gone
    own, moderators only | login {step} {step} no   no    no    no    {step} {step} {step} {step} no
    locked               | login no
    hidden               | login gone
    own, hidden          | login gone
    removed              | login gone
    own, removed         | login gone
    deleted              | login gone
    own, deleted         | login gone
    merged               | login {merged}
    merged into hidden   | login gone
    author blocked them  | login {step} {step} no   no    no    no    {step} {step} {step} {step} no
    nowhere              | login gone
    """,
    )
    # Whoever was writing when the topic was joined with another one keeps their words.
    for step, merged in (
        ("page", "lead"),
        ("done", "late late no no no no late late late late no"),
    )
}

# --- a post, as its readers and its author see it -------------------------------------------------------------


def _reading_post(name: str, word: str, elsewhere: str = "gone") -> Table:
    """Return the table of what anybody may do with a post whose text they can read."""
    gone = elsewhere
    return table(
        name,
        "post",
        #                 visit. member supp. wait. turned susp. paused here there moder admin benched
        f"""
    other's              | {word}
    own                  | {word} {word} {word} {gone} {gone} {word} {gone} {word} {word} {word} {word} {word}
    members only         | {gone} {word} {word} {gone} {gone} {word} {word} {word} {word} {word} {word} {word}
    same condition       | {gone} {gone} {word} {gone} {gone} {word} {gone} {word} {word} {word} {word} {gone}
    moderators only      | {gone} {gone} {gone} {gone} {gone} {gone} {gone} {word} {gone} {word} {word} {gone}
    locked               | {word}
    own, locked          | {word} {word} {word} {gone} {gone} {word} {gone} {word} {word} {word} {word} {word}
    held                 | {gone}
    own, held            | {gone}
    hidden               | {gone}
    own, hidden          | {gone}
    removed              | {gone}
    own, removed         | {gone}
    deleted              | {gone}
    own, deleted         | {gone}
    moved                | {gone}
    in hidden topic      | {gone}
    own, in hidden topic | {gone}
    author paused        | {gone}
    author blocked them  | {word} {gone} {gone} {gone} {gone} {gone} {gone} {word} {word} {word} {word} {gone}
    nowhere              | {gone}
    """,
    )


POST = _reading_post("the way to a post", "lead")
HISTORY = _reading_post("what was changed in a post", "page")
TELLING = {step: _reading_post(f"telling about a post: {step}", step) for step in ("page", "done")}
# It thanks, whatever became of the post; whether it can be seen shows only to whoever can see it.
THANKS = _reading_post("thanks for telling", "page", "page")
EDIT = {
    step: table(
        f"changing a post: {step}",
        "post",
        #                 visit. member supp. wait. turned susp. paused here there moder admin benched
        f"""
    other's              | login no
    own                  | login {step} {step} gone gone  no    gone  {step} {step} {step} {step} no
    members only         | login no     no     gone gone  no    no    no     no     no     no     no
    same condition       | login gone   no     gone gone  no    gone  no     no     no     no     gone
    moderators only      | login gone   gone   gone gone  gone  gone  no     gone   no     no     gone
    locked               | login no
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
    author blocked them  | login gone   gone   gone gone  gone  gone  no     no     no     no     gone
    nowhere              | login gone
    """,
    )
    for step in ("page", "done")
}
TAKE_BACK = {
    step: table(
        f"taking a post back: {step}",
        "post",
        #                 visit. member supp. wait. turned susp. paused here there moder admin benched
        f"""
    other's              | login no
    own                  | login {step}
    members only         | login no     no     gone gone  no    no    no     no     no     no     no
    same condition       | login gone   no     gone gone  no    gone  no     no     no     no     gone
    moderators only      | login gone   gone   gone gone  gone  gone  no     gone   no     no     gone
    locked               | login no
    own, locked          | login {step}
    held                 | login gone
    own, held            | login {step}
    hidden               | login gone
    own, hidden          | login {step}
    removed              | login gone
    own, removed         | login {step}
    deleted              | login gone
    own, deleted         | login gone
    moved                | login gone
    in hidden topic      | login gone
    own, in hidden topic | login {step}
    author paused        | login gone
    author blocked them  | login gone   gone   gone gone  gone  gone  no     no     no     no     gone
    nowhere              | login gone
    """,
    )
    for step in ("page", "done")
}

# --- rooms and texts --------------------------------------------------------------------------------------------

NAMED = {
    kind: table(
        f"a {kind} by its name",
        kind,
        """
    open                 | page
    nowhere              | gone
    """,
    )
    for kind in ("room", "treatment", "policy")
}

# --- what moderators told a member ------------------------------------------------------------------------------

NOTICE = {
    step: table(
        f"a notice: {step}",
        "notice",
        f"""
    own                  | login {step}
    other's              | login gone
    nowhere              | login gone
    """,
    )
    for step in ("page", "done")
}

# --- how a member logs in ---------------------------------------------------------------------------------------

IDENTITY = {
    step: table(
        f"an identity, taken away: {step}",
        "identity",
        f"""
    own                  | login {step}
    other's              | login gone
    nowhere              | login gone
    """,
    )
    for step in ("page", "done")
}

PASSKEY = {
    step: table(
        f"a passkey: {step}",
        "passkey",
        f"""
    own                  | login {step}
    other's              | login gone
    nowhere              | login gone
    """,
    )
    for step in ("page", "done")
}

# --- a copy of a member's data ----------------------------------------------------------------------------------

EXPORT = table(
    "a copy of somebody's data, fetched",
    "export",
    """
    own                  | login page
    other's              | login gone
    nowhere              | login gone
    """,
)

# --- where a member is signed in --------------------------------------------------------------------------------

SIGN_IN_SESSION = table(
    "a sign-in session, ended",
    "session",
    """
    own                  | login done
    other's              | login gone
    nowhere              | login gone
    """,
)
