"""Tables of the matrix for reactions: given where one may write, taken back where one reads, and who gave them."""

from tests.authorization.tables import table

REACT = table(
    "reacting to a post",
    "post",
    #                 visit. member supp. wait. turned susp. paused here there moder admin benched
    """
    other's              | login done   done   no   no    no    no    done done   done   done   no
    own                  | login no     no     gone gone  no    gone  no   no     no     no     no
    members only         | login done   done   gone gone  no    no    done done   done   done   no
    same condition       | login gone   done   gone gone  no    gone  done done   done   done   gone
    moderators only      | login gone   gone   gone gone  gone  gone  done gone   done   done   gone
    locked               | login done   done   no   no    no    no    done done   done   done   no
    own, locked          | login no     no     gone gone  no    gone  no   no     no     no     no
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
    author blocked them  | login gone   gone   gone gone  gone  gone  done done   done   done   gone
    nowhere              | login gone
    """,
)
TAKE_BACK = table(
    "taking a reaction back",
    "post",
    # It is one's own. Whoever doesn't see the post is led to the home page, as if there were no such post.
    """
    other's              | login done
    own                  | login done
    members only         | login done
    same condition       | login done
    moderators only      | login done
    locked               | login done
    own, locked          | login done
    held                 | login done
    own, held            | login done
    hidden               | login done
    own, hidden          | login done
    removed              | login done
    own, removed         | login done
    deleted              | login done
    own, deleted         | login done
    moved                | login done
    in hidden topic      | login done
    own, in hidden topic | login done
    author paused        | login done
    author blocked them  | login done
    nowhere              | login done
    """,
)
WHO_REACTED = table(
    "who reacted to a post",
    "post",
    #                 visit. member supp. wait. turned susp. paused here there moder admin benched
    """
    other's              | login page   page   gone gone  page  page  page page   page   page   page
    own                  | login page   page   gone gone  page  gone  page page   page   page   page
    members only         | login page   page   gone gone  page  page  page page   page   page   page
    same condition       | login gone   page   gone gone  page  gone  page page   page   page   gone
    moderators only      | login gone   gone   gone gone  gone  gone  page gone   page   page   gone
    locked               | login page   page   gone gone  page  page  page page   page   page   page
    own, locked          | login page   page   gone gone  page  gone  page page   page   page   page
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
    author blocked them  | login gone   gone   gone gone  gone  gone  page page   page   page   gone
    nowhere              | login gone
    """,
)
