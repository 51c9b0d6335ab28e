"""The stand-in provider: behaves as Google and as Facebook do, for whoever tries the forum out or tests it.

A separate program with its own pages; the forum talks to it over HTTP with the very code it uses for the
real ones. Its issuers are constants under a name that can never exist, so that the people it vouches for
stay the same people whatever port it runs on, and can never be mistaken for anyone else's.
"""

GOOGLE_ISSUER = "https://google.stand-in.invalid"
FACEBOOK_ISSUER = "https://facebook.stand-in.invalid"
