"""The log: one JSON line per event on standard error, without patient data."""

import logging
import sys
import traceback
import warnings
from collections.abc import MutableMapping
from types import TracebackType
from typing import Any

import structlog

#: Loggers whose messages are made of names and numbers of ours; of any other only the place is logged,
#: because libraries put element values, arguments and rows into their messages.
TRUSTED_LOGGERS = ("hub", "dicom", "ai_models", "workers", "web", "readhub", "gunicorn", "alembic")
#: Loggers that say the same few things at every look at the database.
TALKATIVE_LOGGERS = ("alembic",)
#: Deep enough to find the fault, short enough for one line.
FRAMES_KEPT = 12

Event = MutableMapping[str, Any]


def start_log(part: str, level: int = logging.INFO) -> None:
    """Send the log of this process, and of the libraries in it, to standard error as JSON lines of `part`."""
    shared: list[Any] = [
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        _without_messages,
    ]
    structlog.configure(
        processors=[
            structlog.stdlib.filter_by_level,
            *shared,
            structlog.stdlib.ProcessorFormatter.wrap_for_formatter,
        ],
        logger_factory=structlog.stdlib.LoggerFactory(),
        wrapper_class=structlog.stdlib.BoundLogger,
        cache_logger_on_first_use=True,
    )
    structlog.contextvars.bind_contextvars(part=part)
    _take_over_logging(shared, level, part)


def _take_over_logging(shared: list[Any], level: int, part: str) -> None:
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=[_only_the_place, *shared],
            processors=[
                structlog.stdlib.ProcessorFormatter.remove_processors_meta,
                _named(part),
                structlog.processors.JSONRenderer(ensure_ascii=False, default=_kind_of),
            ],
        )
    )
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(level)
    for name in TALKATIVE_LOGGERS:
        logging.getLogger(name).setLevel(logging.WARNING)
    # A full disk must not turn a log line into a failed C-STORE.
    logging.raiseExceptions = False
    # pydicom's warnings quote the value that was wrong.
    warnings.showwarning = _ignore_warning
    sys.excepthook = _log_last_words


def _named(part: str) -> Any:
    def name_part(_logger: Any, _name: str, event: Event) -> Event:
        event.setdefault("part", part)
        return event

    return name_part


def _only_the_place(_logger: Any, _name: str, event: Event) -> Event:
    record: logging.LogRecord | None = event.get("_record")
    if record is None:
        return event
    event["logger"] = record.name
    if record.name.partition(".")[0] not in TRUSTED_LOGGERS:
        event["event"] = f"{record.name} said something at {record.module}:{record.lineno}"
    return event


def _without_messages(_logger: Any, _name: str, event: Event) -> Event:
    given = event.pop("exc_info", None)
    error = _error_of(given)
    if error is not None:
        event["error"] = type(error).__name__
        event["at"] = frames_of(error)
    return event


def _error_of(given: Any) -> BaseException | None:
    if isinstance(given, BaseException):
        return given
    if isinstance(given, tuple):
        return given[1]
    return sys.exc_info()[1] if given else None


def frames_of(error: BaseException) -> list[str]:
    """List where `error` was raised, outermost first, as file:line function; never what it said."""
    frames = traceback.extract_tb(error.__traceback__)[-FRAMES_KEPT:]
    return [f"{frame.filename}:{frame.lineno} {frame.name}" for frame in frames]


def _kind_of(value: object) -> str:
    return f"<{type(value).__name__}>"


def _ignore_warning(*_args: Any, **_kwargs: Any) -> None:
    return None


def _log_last_words(kind: type[BaseException], error: BaseException, trace: TracebackType | None) -> None:
    if issubclass(kind, KeyboardInterrupt):
        return
    structlog.get_logger("hub").critical("ended by an error", exc_info=(kind, error, trace))
