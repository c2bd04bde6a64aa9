"""Data sets of every length on their way to the disk: what lies there is what came, byte by byte."""

import mmap
import os
from collections.abc import Callable

import pytest
from blake3 import blake3

from dicom.spool import BLOCK, PART, Desk, Spool, TooLarge
from hub.store import Store
from hub.store.incoming import PAST_CACHE
from tests.plugins.store import settings, store

__all__ = ["settings", "store"]

HEAD = b"head" * 200
PAGE = mmap.PAGESIZE
MOST = 4 * BLOCK
#: Lengths about every border: of a page, of what goes past the page cache, of a part, of a block.
BORDERS = (0, PAGE, PAST_CACHE, PART, BLOCK, BLOCK + PART, 2 * BLOCK, 3 * BLOCK)
LENGTHS = sorted(
    {max(1, border + by - at) for border in BORDERS for by in (-1, 0, 1) for at in (0, len(HEAD))}
)


@pytest.fixture
def spooled(store: Store) -> Callable[[Desk, bytes], bytes]:
    """Spool a data set and return the file that it became."""

    def spool(desk: Desk, data: bytes) -> bytes:
        spool = Spool(desk, store.vault, len(HEAD), MOST)
        for at in range(0, len(data), 100_000):
            spool.take(data[at : at + 100_000])
        spool.finish()
        with spool.content() as content:
            assert bytes(content) == data
        assert (spool.size, spool.digest) == (len(data), blake3(data).hexdigest())
        assert bytes(spool.beginning[:1000]) == data[:1000]
        spool.seal(HEAD)
        key = spool.key
        spool.keep()
        return store.vault.read(key)

    return spool


def test_a_file_is_its_head_and_what_came_whatever_its_length(
    spooled: Callable[[Desk, bytes], bytes],
) -> None:
    """Also after a longer one and after a shorter one: the blocks of an association are used again."""
    desk = Desk()
    for length in (*LENGTHS, *reversed(LENGTHS)):
        data = os.urandom(length)
        assert spooled(desk, data) == HEAD + data, length
    desk.close()


@pytest.mark.parametrize("length", [1000, PAST_CACHE, BLOCK, 2 * BLOCK])
def test_another_head_goes_before_a_sealed_file(store: Store, length: int) -> None:
    desk, data = Desk(), os.urandom(length)
    spool = Spool(desk, store.vault, len(HEAD), MOST)
    spool.take(data)
    spool.finish()
    spool.seal(HEAD)
    spool.rewrite(HEAD[::-1])
    key = spool.key
    spool.keep()
    assert store.vault.read(key) == HEAD[::-1] + data
    desk.close()


@pytest.mark.parametrize("count", [PAST_CACHE - 1, PAST_CACHE, PAST_CACHE + 1])
def test_a_disk_that_takes_nothing_past_the_cache_is_written_through_it(store: Store, count: int) -> None:
    """One that begins in the middle of a page: no disk takes it so."""
    data = memoryview(mmap.mmap(-1, 2 * PAST_CACHE))[1:]
    data[:count] = os.urandom(count)
    file = store.vault.begin()
    file.write_whole(data, count)
    file.seal()
    file.close()
    assert store.vault.read(file.key) == bytes(data[:count])


def test_one_that_is_too_long_leaves_nothing(store: Store) -> None:
    desk = Desk()
    spool = Spool(desk, store.vault, len(HEAD), BLOCK)
    with pytest.raises(TooLarge):
        spool.take(bytes(BLOCK + 1))
    spool.drop()
    desk.close()
    assert store.vault.sweep_incoming() == 0 == len(list(store.vault.keys()))
