"""A data set on its way to the disk: received into a block of memory, written and digested block by block."""

import mmap
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager

from blake3 import blake3

from dicom.elements import Buffer
from dicom.pdu_stream import PduStream
from hub.errors import NotKept
from hub.store.incoming import IncomingFile
from hub.store.vault import Vault

#: So many blocks of a message are in memory, and are written by a second thread while more arrives.
BLOCK = 1024 * 1024
BLOCKS = 3
#: Most messages are one block, which is written whole when it is sealed: so much of it is digested at once.
PART = 256 * 1024
#: Space before the first block for what goes before a data set, so that both are one piece of memory.
ROOM = 64 * 1024
#: So much of a long message stays in memory: its header, where the disk takes nothing of it.
BEGINNING = 64 * 1024


class TooLarge(Exception):
    """The message is longer than the hub takes."""


class Desk:
    """What an association needs to spool its messages, one after the other: blocks, and a second thread."""

    def __init__(self) -> None:
        self._blocks: list[memoryview] = []
        self._writer: ThreadPoolExecutor | None = None

    def block(self, number: int) -> memoryview:
        """Return one of BLOCKS blocks of BLOCK bytes and ROOM, made when it is first needed."""
        number %= BLOCKS
        while len(self._blocks) <= number:
            self._blocks.append(memoryview(mmap.mmap(-1, ROOM + BLOCK)))  # begins with a page
        return self._blocks[number]

    @property
    def writer(self) -> ThreadPoolExecutor:
        """Return the second thread, started with the first data set that needs it."""
        if self._writer is None:
            self._writer = ThreadPoolExecutor(1, "spooling")
        return self._writer

    def close(self) -> None:
        """Let the second thread go."""
        if self._writer is not None:
            self._writer.shutdown()


class Spool:
    """One data set: what was received of it, its size and its BLAKE3.

    Where the disk refuses, the rest is counted and forgotten, so that the peer gets its answer at the end.
    """

    def __init__(self, desk: Desk, vault: Vault, head: int, most: int) -> None:
        """Begin a file that leaves `head` bytes for what goes before; more than `most` is TooLarge."""
        self._desk, self._head, self._most = desk, head, most
        self._digest = blake3()
        self._pending: list[Future[None]] = []
        self._full = self._filled = self._begun = 0
        self._whole, self._beginning = desk.block(0), b""
        self._block = self._whole[head : head + BLOCK]
        self.fault: NotKept | None = None
        self.file: IncomingFile | None = None
        try:
            self.file = vault.begin()
        except NotKept as error:
            self.fault = error

    @property
    def size(self) -> int:
        """Return how many bytes were received."""
        return self._full * BLOCK + self._filled

    @property
    def digest(self) -> str:
        """Return the BLAKE3 in hex; of the whole after `finish`."""
        return self._digest.hexdigest()

    def receive(self, stream: PduStream, count: int) -> None:
        """Take `count` bytes from the peer. Raises Gone, and TooLarge where that is more than allowed."""
        if self.size + count > self._most:
            raise TooLarge
        while count:
            part = min(count, BLOCK - self._filled)
            stream.read_into(self._block[self._filled : self._filled + part])
            self._filled += part
            count -= part
            self._write_parts()

    def take(self, data: Buffer) -> None:
        """Take what is in memory already. Raises TooLarge."""
        view = memoryview(data)
        if self.size + len(view) > self._most:
            raise TooLarge
        while view:
            part = min(len(view), BLOCK - self._filled)
            self._block[self._filled : self._filled + part] = view[:part]
            self._filled += part
            view = view[part:]
            self._write_parts()

    def finish(self) -> None:
        """Write what is left, but for a message of one block."""
        self._wait()
        rest = self._block[self._begun : self._filled]
        if self._full == 0:
            self._digest.update(rest)
        else:
            self._put(rest, self._full * BLOCK)

    @property
    def beginning(self) -> Buffer:
        """Return the first bytes of the data set, whatever became of its file."""
        return self._beginning if self._full else self._block[: self._filled]

    @contextmanager
    def content(self) -> Iterator[Buffer]:
        """Give the bytes of the finished data set, of one without fault: from memory, or as the file is."""
        if self._full == 0 or self.file is None:
            yield self._block[: self._filled]
            return
        with mmap.mmap(self.file.fileno(), 0, access=mmap.ACCESS_READ) as whole:
            view = memoryview(whole)
            content = view[self._head :]
            try:
                yield content
            finally:
                content.release()
                view.release()

    def seal(self, head: bytes) -> None:
        """Put `head` before what was received and make the file durable. Raises NotKept."""
        if self.file is None or self.fault is not None:
            raise self.fault or NotKept("nothing was received")
        if self._full == 0:
            self._whole[: self._head] = head
            self.file.write_whole(self._whole, self._head + self._filled)
        else:
            self.file.write(head, 0)
        self.file.seal()

    @property
    def key(self) -> str:
        """Return the name of the file in the vault. Raises NotKept where there is none."""
        if self.file is None or self.fault is not None:
            raise self.fault or NotKept("nothing was received")
        return self.file.key

    def rewrite(self, head: bytes) -> None:
        """Put another head of the same length before a sealed file, durably. Raises NotKept."""
        if self.file is not None:
            self.file.rewrite(head, 0)

    def keep(self) -> None:
        """Let go of the sealed file, which stays."""
        if self.file is not None:
            self.file.close()
            self.file = None

    def drop(self) -> None:
        """Let go of what was received; the file goes, if nobody kept it."""
        self._wait()
        if self.file is not None:
            self.file.discard()
            self.file = None

    def _wait(self) -> None:
        for pending in self._pending:
            pending.result()
        self._pending.clear()

    def _write_parts(self) -> None:
        """Digest each part of the first block; write whole blocks of what is longer, beside what comes."""
        if self._full == 0 and self._filled - self._begun >= PART:
            self._digest.update(self._block[self._begun : self._filled])
            self._begun = self._filled
        if self._filled == BLOCK:
            self._next_block()

    def _next_block(self) -> None:
        block, at, put = self._block, self._full * BLOCK, self._put
        if self._full == 0:
            self._beginning = bytes(block[:BEGINNING])
            self._digest.update(block[self._begun :])
            put = self._write
        self._pending.append(self._desk.writer.submit(put, block, at))
        if len(self._pending) >= BLOCKS:
            self._pending.pop(0).result()
        self._full += 1
        self._filled = self._begun = 0
        self._block = self._desk.block(self._full)[:BLOCK]

    def _put(self, view: memoryview, at: int) -> None:
        self._digest.update(view)
        self._write(view, at)

    def _write(self, view: memoryview, at: int) -> None:
        if self.file is None or self.fault is not None:
            return
        try:
            self.file.write(view, self._head + at)
            if len(view) >= PART:  # what is left at the end goes with the fsync
                self.file.write_back(self._head + at, len(view))
        except NotKept as error:
            self.fault = error
            self.file.discard()
