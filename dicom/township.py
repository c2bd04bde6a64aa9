"""A small township for demos and tests: keeps what is sent to it and answers whether it has it."""

import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from io import BytesIO
from pathlib import Path
from typing import cast

import structlog
from pydicom.dataset import Dataset
from pydicom.multival import MultiValue
from pynetdicom import build_context, evt
from pynetdicom.dimse_primitives import C_STORE
from pynetdicom.events import Event

from dicom.acceptor import Service, listen
from dicom.contexts import STUDY_ROOT_FIND, TRANSFER_SYNTAXES, accepted_contexts
from dicom.entity import local_entity
from dicom.errors import Unreadable
from dicom.header import read_header
from dicom.holdings import LEVELS, Holdings
from dicom.part10 import part10_head
from dicom.reception import Passing
from dicom.status import CANNOT_UNDERSTAND, FIND_CANNOT_UNDERSTAND, OUT_OF_RESOURCES, PENDING, SUCCESS
from hub.log import start_log

log = structlog.get_logger("dicom.township")


def run(folder: Path, ae_title: str, host: str, port: int) -> None:
    """Serve until SIGTERM or SIGINT; the main thread only. Raises OSError where the address is taken."""
    start_log("township")
    told = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda _number, _frame: told.set())
    with serving(folder, ae_title, host, port):
        log.info("serving", ae_title=ae_title, host=host, port=port)
        told.wait()


@contextmanager
def serving(folder: Path, ae_title: str, host: str, port: int) -> Iterator[None]:
    """Keep what is sent to `ae_title` in `folder` while the context is open."""
    township = Township(Holdings(folder))
    entity = local_entity(ae_title)
    entity.require_called_aet = True
    contexts = [*accepted_contexts(), build_context(STUDY_ROOT_FIND, TRANSFER_SYNTAXES[:2])]
    handlers: list[evt.EventHandlerType] = [
        (evt.EVT_C_STORE, township.on_store), (evt.EVT_C_FIND, township.on_find)
    ]  # fmt: skip
    server = listen(entity, (host, port), contexts, handlers, Service(Passing()))
    threading.Thread(target=server.serve_forever, args=(0.1,), daemon=True).start()
    try:
        yield
    finally:
        server.shutdown()
        for association in server.active_associations:
            association.abort(block=False)


class Township:
    """Answers C-STORE and C-FIND from a folder."""

    def __init__(self, holdings: Holdings) -> None:
        self._holdings = holdings

    def on_store(self, event: Event) -> int:
        """Keep one object; success is answered when it is durable."""
        request = cast(C_STORE, event.request)
        dataset = cast(BytesIO, request.DataSet or BytesIO()).getbuffer()
        syntax = str(event.context.transfer_syntax)
        try:
            header = read_header(dataset, syntax)
            head = part10_head(
                header.sop_class_uid, header.sop_instance_uid, syntax,
                {"calling_ae": event.assoc.requestor.ae_title, "called_ae": event.assoc.acceptor.ae_title},
            )  # fmt: skip
            self._holdings.keep(header, head, dataset)
        except Unreadable:
            return CANNOT_UNDERSTAND
        except OSError:
            return OUT_OF_RESOURCES
        return SUCCESS

    def on_find(self, event: Event) -> Iterator[tuple[int, Dataset | None]]:
        """Answer a query of the study root by UIDs; other keys are returned empty."""
        query = event.identifier
        level = str(query.get("QueryRetrieveLevel", ""))
        if level not in LEVELS:
            yield FIND_CANNOT_UNDERSTAND, None
            return
        keys = {name: _uids(query, name) for name in LEVELS["IMAGE"]}
        for uids in self._holdings.matching(level, keys):
            if event.is_cancelled:
                return
            yield PENDING[0], _answer(query, level, uids)


def _uids(query: Dataset, name: str) -> frozenset[str]:
    value = query.get(name) or ""
    values = value if isinstance(value, MultiValue | list) else [value]
    return frozenset(str(uid) for uid in values if uid)


def _answer(query: Dataset, level: str, uids: dict[str, str]) -> Dataset:
    answer = Dataset()
    for element in query:
        if not element.keyword.startswith("QueryRetrieve"):
            answer.add_new(element.tag, element.VR, None if element.VR != "SQ" else [])
    answer.QueryRetrieveLevel = level
    for name, uid in uids.items():
        setattr(answer, name, uid)
    return answer
