"""Structured logs without personal data: which route, which answer, how long. Never who, what or from where.

A route's pattern is logged, not its address: addresses of topics hold words about health.
"""

import logging
import sys
import time

import structlog
from flask import Flask, Response, g, request

from forum.web.headers import request_id

log = structlog.get_logger()


def configure() -> None:
    """Write one JSON object a line to standard error; other libraries' loggers speak from WARNING on."""
    structlog.configure(
        processors=[
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            structlog.processors.JSONRenderer(),
        ],
        logger_factory=structlog.PrintLoggerFactory(sys.stderr),
        cache_logger_on_first_use=False,
    )
    logging.basicConfig(level=logging.WARNING, stream=sys.stderr)


def fault(error: BaseException) -> None:
    """Log that something broke, and where: never the exception's message, which may hold a text."""
    log.error("fault", request_id=request_id(), error=type(error).__name__, where=_where(error))


def _where(error: BaseException) -> list[str]:
    frames = []
    traceback = error.__traceback__
    while traceback is not None:
        code = traceback.tb_frame.f_code
        frames.append(f"{code.co_filename.rsplit('/', 1)[-1]}:{traceback.tb_lineno}:{code.co_name}")
        traceback = traceback.tb_next
    return frames[-12:]


def install(app: Flask) -> None:
    """Log one line per answered request."""
    app.before_request(_begin)
    app.after_request(_end)


def _begin() -> None:
    g.began = time.perf_counter()


def _end(response: Response) -> Response:
    log.info(
        "request",
        request_id=request_id(),
        method=request.method,
        route=request.url_rule.rule if request.url_rule else None,
        status=response.status_code,
        milliseconds=round((time.perf_counter() - g.get("began", time.perf_counter())) * 1000, 1),
    )
    return response
