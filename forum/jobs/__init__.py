"""The outbox: work that follows a commit, kept as rows of the same database until it is done.

A job is written in the transaction of whatever caused it, so neither exists without the other. A worker
claims it under a lease and commits its effects together with its removal; a worker that dies loses nothing,
because its lease runs out and another one takes the job up again. What jobs do lives in the features, which
job follows from which event in ``forum/consequences.py``, and what recurs in ``forum/schedule.py``.
"""
