"""Pictures: how one that somebody sent is made harmless, and where the files lie. Nothing here knows a table."""
