"""What readers may do about their own reading: follow, mute, and look at a topic with a stranger's eyes."""

from tests.authorization.tables import table

WATCH_TOPIC = table(
    "following a topic",
    "topic",
    #                     visit. member supp. wait. turned susp. paused here there moder admin benched
    """
    other's              | login done  done  no    no    done  no    done  done  done  done  done
    own                  | login done  done  no    no    done  no    done  done  done  done  done
    members only         | login done  done  gone  gone  done  no    done  done  done  done  done
    same condition       | login gone  done  gone  gone  done  gone  done  done  done  done  gone
    moderators only      | login gone  gone  gone  gone  gone  gone  done  gone  done  done  gone
    own, moderators only | login done  done  no    no    done  no    done  done  done  done  done
    locked               | login done  done  no    no    done  no    done  done  done  done  done
    hidden               | login gone
    own, hidden          | login gone
    removed              | login gone
    own, removed         | login gone
    deleted              | login gone
    own, deleted         | login gone
    merged               | login gone
    merged into hidden   | login gone
    author blocked them  | login done  done  no    no    done  no    done  done  done  done  done
    nowhere              | login gone
    """,
)
WATCH_CATEGORY = table(
    "following a category",
    "room",
    #                     visit. member supp. wait. turned susp. paused here there moder admin benched
    """
    open                 | login done  done  no    no    done  no    done  done  done  done  done
    nowhere              | login gone
    """,
)
# What a member sees and strangers don't has a page that says so.
AS_STRANGER = table(
    "a topic as strangers see it",
    "topic",
    #                     visit. member supp. wait. turned susp. paused here there moder admin benched
    """
    other's              | lead  page
    own                  | lead  page
    members only         | gone  page  page  gone  gone  page  page  page  page  page  page  page
    same condition       | gone  gone  page  gone  gone  page  gone  page  page  page  page  gone
    moderators only      | gone  gone  gone  gone  gone  gone  gone  page  gone  page  page  gone
    own, moderators only | gone  page
    locked               | lead  page
    hidden               | gone
    own, hidden          | gone
    removed              | gone
    own, removed         | gone
    deleted              | gone
    own, deleted         | gone
    merged               | lead
    merged into hidden   | gone
    author blocked them  | lead  page
    nowhere              | gone
    """,
)
# Feeds are the visitor's, whoever asks: what somebody who rests or waits wrote stands in none, not even for them.
FEED = table(
    "the feed of a topic",
    "topic",
    #                     visit. member supp. wait. turned susp. paused here there moder admin benched
    """
    other's              | page
    own                  | page  page  page  gone  gone  page  gone  page  page  page  page  page
    members only         | gone
    same condition       | gone
    moderators only      | gone
    own, moderators only | gone
    locked               | page
    hidden               | gone
    own, hidden          | gone
    removed              | gone
    own, removed         | gone
    deleted              | gone
    own, deleted         | gone
    merged               | gone
    merged into hidden   | gone
    author blocked them  | page
    nowhere              | gone
    """,
)
