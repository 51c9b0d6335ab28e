"""What readers get who ask who is in a topic."""

from tests.authorization.tables import table

PEOPLE = table(
    "who is in a topic",
    "topic",
    #                     visit. member supp. wait. turned susp. paused here there moder admin benched
    """
    other's              | login page
    own                  | login page
    members only         | login page  page  gone  gone  page  page  page  page  page  page  page
    same condition       | login gone  page  gone  gone  page  gone  page  page  page  page  gone
    moderators only      | login gone  gone  gone  gone  gone  gone  page  gone  page  page  gone
    own, moderators only | login page
    locked               | login page
    hidden               | login gone
    own, hidden          | login gone
    removed              | login gone
    own, removed         | login gone
    deleted              | login gone
    own, deleted         | login gone
    merged               | login gone
    merged into hidden   | login gone
    author blocked them  | login page
    nowhere              | login gone
    """,
)
