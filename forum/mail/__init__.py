"""Letters to members: what one is, and how it travels. What is written in them stands in the features."""
