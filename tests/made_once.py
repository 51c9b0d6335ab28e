"""What is the same for every application that the tests make, and is made once a process instead of once a test.

A forum in production makes one application and keeps it; each test has one of its own, on a database of its own. What
is kept here is what follows from the code alone, and nothing that knows a database, a request or a setting.
"""

import gc
from typing import Any

import pytest
from flask import Flask
from jinja2.bccache import Bucket, BytecodeCache
from sqlalchemy import Engine
from sqlalchemy.orm import Mapper
from sqlalchemy.util import LRUCache
from werkzeug.routing import Rule


class CompiledOnce(BytecodeCache):
    """Keeps what Jinja made of each template: every test has an application of its own, all with the same ones.

    A template's source is part of its key, so one that differs is compiled anew.
    """

    def __init__(self) -> None:
        self._compiled: dict[tuple[str, str], bytes] = {}

    def load_bytecode(self, bucket: Bucket) -> None:
        """Fill in the code, where the same source came by before."""
        if found := self._compiled.get((bucket.key, bucket.checksum)):
            bucket.bytecode_from_string(found)

    def dump_bytecode(self, bucket: Bucket) -> None:
        """Keep the code of a template that was compiled just now."""
        self._compiled[bucket.key, bucket.checksum] = bucket.bytecode_to_string()


class Statements(LRUCache[Any, Any]):
    """Keeps what SQLAlchemy made of each statement, for all engines on the same kind of database.

    A key says all of a statement but its values, as it does within one engine; it begins with the engine's own dialect,
    of which all of a kind are set up alike here. That one application reuses what another one's request compiled
    is what one process does in production all day long.
    """

    def get(self, key: Any, default: Any = None) -> Any:
        """Return what was made of the statement, on whichever database of this kind."""
        return super().get(_for_all(key), default)

    def __setitem__(self, key: Any, value: Any) -> None:
        super().__setitem__(_for_all(key), value)


def _for_all(key: Any) -> Any:
    dialect, *statement = key
    return (type(dialect), dialect.paramstyle, *statement)


def _share_templates() -> None:
    # Flask hands these to the environment that each application makes for itself.
    Flask.jinja_options = {"bytecode_cache": CompiledOnce()}


def _share_builders() -> None:
    """Let routes share the functions that build their addresses: each application would compile all of them anew.

    Werkzeug makes one for what a rule says, and binds it to the rule afterwards; that takes half of what it takes to
    make an application, and a test makes one.
    """
    made: dict[object, Any] = {}
    make = Rule._compile_builder

    def made_once(rule: Rule, append_unknown: bool = True) -> Any:
        key = (rule.rule, append_unknown, rule.host, rule.subdomain, repr(rule.defaults))
        if key not in made:
            made[key] = make(rule, append_unknown)
        return made[key]

    Rule._compile_builder = made_once  # type: ignore[assignment,method-assign]  # As said above.


def _share_statements() -> None:
    """Let engines share their statements: a test's few requests would compile nearly every one of theirs anew."""
    shared = Statements(2000)
    make = Engine.__init__

    def with_shared(engine: Engine, *given: Any, **named: Any) -> None:
        make(engine, *given, **named)
        engine.update_execution_options(compiled_cache=shared)

    Engine.__init__ = with_shared  # type: ignore[assignment,method-assign]  # As said above.
    # The rows that the ORM writes are kept by their mapper instead, under the same keys. Nothing public sets that, and
    # under another name it would do nothing.
    assert "_compiled_cache" in vars(Mapper), "SQLAlchemy's mappers keep their statements elsewhere now."
    Mapper._compiled_cache = shared  # type: ignore[assignment]  # As said above.


_share_templates()
_share_builders()
_share_statements()


# What is imported and collected stays for good, so it needn't be looked through for garbage on the way either.
gc.disable()


@pytest.hookimpl(tryfirst=True)
def pytest_runtestloop() -> None:
    """Take what lives as long as the run, ten thousand tests among it, out of what Python looks through for garbage.

    It would be gone through again each time that an application has come and gone, which took a fifth of the run. What
    the tests themselves leave is still looked through, after some of them at a time.
    """
    gc.collect()
    gc.freeze()
    gc.set_threshold(5000, 10, 20)
    gc.enable()
