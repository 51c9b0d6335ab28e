"""A member's rights over all of what is theirs: the registry of it, a copy, leaving, erasing, and how long it is kept.

It knows every feature, and none knows it. What a column holds is declared beside its table, in each feature's
``personal_data``.
"""
