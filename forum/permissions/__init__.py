"""Who may do what, in one table. What may be *seen* is not here: that is each feature's ``visibility``."""
