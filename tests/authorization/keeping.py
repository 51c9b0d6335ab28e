"""Tables of the matrix for what a member keeps at hand: a post that they can read, and a bookmark of theirs."""

from tests.authorization.tables import table

KEEP = {
    step: table(
        f"keeping a post at hand: {step}",
        "post",
        #                 visit. member supp. wait. turned susp. paused here there moder admin benched
        f"""
    other's              | login {step} {step} no   no    {step} no   {step} {step} {step} {step} {step}
    own                  | login {step} {step} gone gone  {step} gone {step} {step} {step} {step} {step}
    members only         | login {step} {step} gone gone  {step} no   {step} {step} {step} {step} {step}
    same condition       | login gone   {step} gone gone  {step} gone {step} {step} {step} {step} gone
    moderators only      | login gone   gone   gone gone  gone   gone {step} gone   {step} {step} gone
    locked               | login {step} {step} no   no    {step} no   {step} {step} {step} {step} {step}
    own, locked          | login {step} {step} gone gone  {step} gone {step} {step} {step} {step} {step}
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
# Letting go of it needs nothing but that it is one's own.
LET_GO = table(
    "a bookmark, removed",
    "bookmark",
    """
    own                  | login done
    other's              | login gone
    nowhere              | login gone
    """,
)
