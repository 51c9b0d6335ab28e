"""Lists by keyset: every row is met once, in order, both ways; and no cursor can do harm."""

import base64
import json
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import HealthCheck, example, given
from hypothesis import settings as limits
from hypothesis import strategies as st
from sqlalchemy import delete, insert, select
from sqlalchemy.orm import InstrumentedAttribute, Session

from forum.database.keyset import Slice, Window, slice_of
from forum.database.rows import AnyRow
from forum.database.session import Database
from forum.errors import Malformed
from forum.jobs.models import Job
from tests.database.test_dialects import job
from tests.recorder import recorded

BASE = datetime(2026, 3, 14, tzinfo=UTC)
one_database = limits(max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture])

Order = Sequence[InstrumentedAttribute[Any]]
BY_TIME: Order = (Job.due_at, Job.id)
BY_NUMBER: Order = (Job.attempts, Job.id)
ORDERS = {"by time": BY_TIME, "by number": BY_NUMBER, "by id": (Job.id,)}


def put_in(session: Session, values: Sequence[int]) -> None:
    """Insert a row for each value; equal values are ties in both orders."""
    for value in values:
        session.execute(insert(Job).values(job(attempts=value, due_at=BASE + timedelta(microseconds=value))))


def page(session: Session, order: Order, window: Window, size: int) -> Slice[AnyRow]:
    return slice_of(session, select(Job.name, *order), order, window, size)


def ids(found: Slice[AnyRow]) -> list[int]:
    return [row.id for row in found.items]


def expected(session: Session, order: Order) -> list[int]:
    return list(session.execute(select(Job.id).order_by(*(column.desc() for column in order))).scalars())


@one_database
@given(
    values=st.lists(st.integers(0, 4), max_size=14),
    size=st.integers(1, 6),
    order=st.sampled_from(sorted(ORDERS)),
)
@example(values=[], size=3, order="by time")
@example(values=[1, 1, 1, 1], size=2, order="by time")
@example(values=[2, 2, 2, 1, 1], size=5, order="by number")
def test_walking_down_and_up_again_meets_every_row_once_and_in_order(
    database: Database, values: list[int], size: int, order: str
) -> None:
    columns = ORDERS[order]
    with database.writing() as session:
        put_in(session, values)
        whole = expected(session, columns)

        found = page(session, columns, Window(), size)
        assert found.newer == ""
        down = [ids(found)]
        while found.older:
            found = page(session, columns, Window(older=found.older), size)
            assert found.newer
            down.append(ids(found))
        assert [row for part in down for row in part] == whole
        assert all(len(part) == size for part in down[:-1])

        up = [down[-1]]
        while found.newer:
            found = page(session, columns, Window(newer=found.newer), size)
            assert found.older
            up.insert(0, ids(found))
        assert [row for part in up for row in part] == whole
        # Pages as full as the way down left them, so the two ways show the same pages.
        assert up == down


def test_a_page_costs_one_statement_wherever_it_is(database: Database) -> None:
    with database.transaction() as session:
        put_in(session, range(7))
    window = Window()
    with database.reading() as session:
        for _ in range(3):
            with recorded(database) as statements:
                found = page(session, BY_TIME, window, 2)
            assert len(statements) == 1
            assert "count" not in statements[0].lower()
            window = Window(older=found.older)


def test_rows_that_come_and_go_do_not_move_the_reader(database: Database) -> None:
    with database.writing() as session:
        put_in(session, range(6))
        whole = expected(session, BY_TIME)
        first = page(session, BY_TIME, Window(), 2)
        put_in(session, [9])
        session.execute(delete(Job).where(Job.id == whole[1]))
        second = page(session, BY_TIME, Window(older=first.older), 2)
        assert ids(second) == whole[2:4]
        back = page(session, BY_TIME, Window(newer=second.newer), 9)
        assert ids(back) == [expected(session, BY_TIME)[0], whole[0]]


def test_the_statements_own_conditions_hold_whatever_the_cursor_says(database: Database) -> None:
    with database.writing() as session:
        put_in(session, [1, 2, 3])
        from_the_top = cursor_of([2**52, 2**40])
        statement = select(Job.name, *BY_TIME).where(Job.attempts < 2)
        found = slice_of(session, statement, BY_TIME, Window(older=from_the_top), 10)
        assert len(found.items) == 1


def test_a_cursor_beyond_the_last_row_gives_an_empty_page(database: Database) -> None:
    with database.writing() as session:
        put_in(session, [1])
        assert page(session, BY_TIME, Window(older=cursor_of([0, 0])), 5) == Slice((), "", "")


# --- cursors that nobody here wrote ----------------------------------------------------------------------


def cursor_of(value: object) -> str:
    return base64.urlsafe_b64encode(json.dumps(value).encode()).decode().rstrip("=")


NONSENSE = [
    "x",
    "=",
    "====",
    "A===",
    "\x00",
    " ",
    "é",
    "カーソル",
    "\ud800",
    "x" * 10_240,
    "é" * 10_240,
    "[1,2]",
    "%5B1%2C2%5D",
    "1; DROP TABLE job",
    "-1",
    *(
        cursor_of(value)
        for value in (
            None,
            1,
            "1,2",
            {},
            {"0": 1, "1": 2},
            [],
            [1],
            [1, 2, 3],
            [1, None],
            [None, 1],
            ["1", 2],
            [1, "2"],
            [1.5, 2],
            [1, 2.0],
            [True, 1],
            [1, False],
            [[1], 2],
            [1, {}],
            [float("nan"), 1],
            [float("inf"), 1],
            [1, 10**40],
            [10**40, 1],
            [-(10**100), 1],
            [2**63, 1],
            [1, 2**63],
            [1, -(2**63)],
        )
    ),
    cursor_of([[[[[[[[[[[[[[[[1]]]]]]]]]]]]]]], 2]),
    base64.urlsafe_b64encode(b"[" * 140).decode(),
    base64.urlsafe_b64encode(b"[" * 5000).decode(),
    base64.urlsafe_b64encode(b'{"a":' * 25).decode(),
    base64.urlsafe_b64encode(b"[1e999,1]").decode(),
    base64.urlsafe_b64encode(b"[1" + b"0" * 130 + b",1]").decode(),
    base64.urlsafe_b64encode(b"\xff\xfe[1,2]").decode(),
    base64.urlsafe_b64encode("[1,2]".encode("utf-16")).decode() + "!",
    base64.urlsafe_b64encode(b"[1,2]\x00").decode(),
    base64.urlsafe_b64encode(b"[1,2][3,4]").decode(),
]


@pytest.mark.parametrize("upward", [False, True], ids=["older", "newer"])
def test_nonsense_is_malformed_and_nothing_else(database: Database, upward: bool) -> None:
    kept = []
    with database.reading() as session:
        for text in NONSENSE:
            window = Window(newer=text) if upward else Window(older=text)
            try:
                page(session, BY_TIME, window, 3)
            except Malformed:
                continue
            kept.append(text)
    # Bytes that JSON reads as numbers in another encoding are a cursor like any other.
    assert [text[:40] for text in kept] == [text[:40] for text in NONSENSE if text.endswith("A!")]


numbers = st.integers(-(2**70), 2**70) | st.sampled_from(
    [2**31 - 1, 2**31, -(2**31), 2**62, 2**62 + 1, -(2**62), 2**63, 253402300799999999, 253402300800000000]
)
json_values = st.recursive(
    st.none() | st.booleans() | numbers | st.floats() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=3), inner, max_size=3),
    max_leaves=8,
)
cursors = (
    st.text(max_size=60)
    | st.binary(max_size=60).map(lambda raw: base64.urlsafe_b64encode(raw).decode())
    | json_values.map(cursor_of)
    | st.lists(numbers, min_size=1, max_size=3).map(cursor_of)
)


@limits(one_database, max_examples=250)
@given(cursor=cursors, order=st.sampled_from(sorted(ORDERS)), upward=st.booleans())
@example(cursor=cursor_of([2**40, 1]), order="by number", upward=False)
@example(cursor=cursor_of([-(2**40), 1]), order="by number", upward=True)
@example(cursor=cursor_of([-(2**62), 1]), order="by time", upward=False)
def test_any_cursor_gives_a_page_or_is_malformed(
    database: Database, cursor: str, order: str, upward: bool
) -> None:
    window = Window(newer=cursor) if upward else Window(older=cursor)
    with database.reading() as session:
        try:
            found = page(session, ORDERS[order], window, 3)
        except Malformed:
            return
        assert found == Slice((), "", ""), "The table is empty."
