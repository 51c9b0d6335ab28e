"""What is handed on to machines outside: feeds and the sitemap. Only what everybody may find is in them.

Whoever asks, the answer is the visitor's, in the community's own language. What pages say of themselves in their heads
is made where the pages are.
"""
