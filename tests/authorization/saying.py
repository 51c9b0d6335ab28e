"""Tables of the matrix for what members say about themselves: the list, a member's page, and not meeting one."""

from tests.authorization.tables import table

MEMBERS = table(
    "the list of members",
    "nothing",
    #  visit. member supp. wait. turned susp. paused here there moder admin benched
    "| login  page   page  no    no     page  page   page page  page  page  page",
)
# Everybody can say less about themselves.
SAY_LESS = table("less about oneself", "nothing", "| login done")
SAY_MORE = table(
    "more about oneself",
    "nothing",
    #  visit. member supp. wait. turned susp. paused here there moder admin benched
    "| login  done   done  no    no     no    no     done done  done  done  no",
)
PROFILE = table(
    "a member's page",
    "profile",
    #              visit. member supp. wait. turned susp. paused here there moder admin benched
    """
    own          | gone   page
    other's      | gone   page   page  gone  gone   page  page   page page  page  page  page
    for everyone | page
    for nobody   | gone   page   page  gone  gone   page  page   page page  page  page  page
    waiting      | gone
    suspended    | gone   page   page  gone  gone   page  page   page page  page  page  page
    paused       | gone
    blocked them | page   gone
    nowhere      | gone
    """,
)
BLOCK = {
    step: table(
        f"not meeting a member: {step}",
        "profile",
        #              visit. member supp. wait. turned susp. paused here there moder admin benched
        f"""
    own          | login  no
    other's      | login  {step} {step} gone gone {step} {step} {step} {step} {step} {step} {step}
    for everyone | login  {step}
    for nobody   | login  {step} {step} gone gone {step} {step} {step} {step} {step} {step} {step}
    waiting      | login  gone
    suspended    | login  {step} {step} gone gone {step} {step} {step} {step} {step} {step} {step}
    paused       | login  gone
    blocked them | login  gone
    nowhere      | login  gone
    """,
    )
    for step in ("page", "done")
}
