"""Valid associations broken at random: each ends, C-ECHO still answers, and memory does not grow.

READHUB_TEST_FUZZ_CASES says how many, READHUB_TEST_FUZZ_SEED which ones.
"""

import os
import random
import re
import socket
from collections.abc import Callable
from io import BytesIO
from pathlib import Path

import pytest
from pydicom.filewriter import dcmwrite

from dicom.echo import answers_echo
from tests.plugins.peers import ScpProcess, slice_of
from tests.plugins.raw_peer import (
    COMMAND,
    LAST,
    RELEASE,
    RawPeer,
    associate_rq,
    echo_rq,
    p_data,
    pdv,
    store_pdus,
)

CASES = int(os.environ.get("READHUB_TEST_FUZZ_CASES", "200"))
SEED = int(os.environ.get("READHUB_TEST_FUZZ_SEED", "20261101"))
#: Memory is looked at from here on: before, libraries are still loaded and pools still filled.
WARM = 60
MOST_GROWTH = 32 * 1024 * 1024
#: What the hub waits for a silent peer, and what a case may take with it.
PATIENCE, BOUND = 1.0, 15.0

Story = list[bytes]


def story(dice: random.Random) -> Story:
    """A valid association: an echo, one to three objects, a release."""
    pdus = [associate_rq(), p_data(pdv(echo_rq(), COMMAND | LAST, context=3))]
    for _ in range(dice.randint(1, 3)):
        dataset, out = (
            slice_of(dice.randrange(10**6), StudyInstanceUID=f"1.2.{dice.randrange(50)}"),
            BytesIO(),
        )
        del dataset.file_meta
        dcmwrite(out, dataset, implicit_vr=False, little_endian=True)
        pdus += store_pdus(str(dataset.SOPInstanceUID), out.getvalue(), part=dice.choice((500, 4000, 16000)))
    return [*pdus, RELEASE]


def flip(dice: random.Random, pdus: Story) -> bytes:
    data = bytearray(b"".join(pdus))
    for _ in range(dice.choice((1, 1, 2, 10, 100))):
        data[dice.randrange(len(data))] = dice.randrange(256)
    return bytes(data)


def flip_a_head(dice: random.Random, pdus: Story) -> bytes:
    """Bytes of lengths, types and control headers, where a change tells most."""
    at = dice.randrange(len(pdus))
    broken = bytearray(pdus[at])
    broken[dice.randrange(min(14, len(broken)))] = dice.randrange(256)
    return b"".join([*pdus[:at], bytes(broken), *pdus[at + 1 :]])


def cut(dice: random.Random, pdus: Story) -> bytes:
    data = b"".join(pdus)
    return data[: dice.randrange(len(data))]


def shuffle(dice: random.Random, pdus: Story) -> bytes:
    rest = pdus[1:]
    dice.shuffle(rest)
    return b"".join([pdus[0], *rest])


def repeat(dice: random.Random, pdus: Story) -> bytes:
    at = dice.randrange(len(pdus))
    return b"".join([*pdus[:at], *[pdus[at]] * dice.randint(2, 9), *pdus[at:]])


def drop(dice: random.Random, pdus: Story) -> bytes:
    at = dice.randrange(len(pdus))
    return b"".join(pdus[:at] + pdus[at + 1 :])


def insert_noise(dice: random.Random, pdus: Story) -> bytes:
    data, noise = b"".join(pdus), dice.randbytes(dice.choice((1, 6, 60, 6000)))
    at = dice.randrange(len(data))
    return data[:at] + noise + data[at:]


def as_it_is(_dice: random.Random, pdus: Story) -> bytes:
    return b"".join(pdus)


BREAKERS: list[Callable[[random.Random, Story], bytes]] = [
    flip, flip, flip_a_head, flip_a_head, cut, shuffle, repeat, drop, insert_noise, as_it_is,
]  # fmt: skip


def ends(receiver: ScpProcess, data: bytes, waits: bool) -> bool:
    """Send a case and tell whether the hub ended the connection in time."""
    with RawPeer(receiver.settings, BOUND) as peer:
        try:
            peer.send(data)
            if not waits:
                peer.socket.shutdown(socket.SHUT_WR)
        except OSError:
            return True
        while (kind := peer.pdu()[0]) > 0:
            continue
        return kind == 0


def resident(pid: int) -> int:
    said = Path(f"/proc/{pid}/status").read_text()
    return int(re.search(r"VmRSS:\s+(\d+)", said)[1]) * 1024  # type: ignore[index]


def test_whatever_comes_ends_and_is_forgotten(receiver: ScpProcess, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("READHUB_NETWORK_TIMEOUT_SECONDS", str(PATIENCE))
    pid = receiver.start()
    before = 0
    for case in range(CASES):
        if case == min(WARM, CASES - 1):
            before = resident(pid)
        dice = random.Random(SEED + case)
        breaker = dice.choice(BREAKERS)
        assert ends(receiver, breaker(dice, story(dice)), case % 40 == 0), f"case {SEED + case} was not ended"
    assert receiver.process is not None and receiver.process.poll() is None, "the receiver ended"
    assert answers_echo(receiver.settings)
    grown = resident(pid) - before
    print(f"{CASES} cases, {grown / 1024**2:.1f} MB more in memory")
    assert grown < MOST_GROWTH
    assert not list((receiver.settings.data_dir / "incoming").iterdir())
