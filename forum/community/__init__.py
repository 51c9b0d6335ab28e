"""Categories, topics and posts: what members read and write."""
