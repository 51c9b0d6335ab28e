"""Working with words: Markdown, sanitising, slugs, excerpts and translation. Nothing here knows of requests."""
