"""What a reader does and waits for, in a real Chromium against the hub's pages: keys, clicks, milliseconds.

Run: `python benchmarks/reading.py [N]` (default 3). Starts `readhub web` over a folder of its own with
invented studies, drives one scripted case after the other, and prints each beside its budget; then the first
picture of a 16 MB DR, a CT of 200 slices and an ultrasound loop of 87 frames, cold and fetched ahead, and how
a loop of 500 plays. What a person needs to look and to think is not in the times: they are what the system
adds.
"""

import statistics
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from playwright.sync_api import Error, Page, TimeoutError

from benchmarks.reading_room import Hand, Place, open_case, open_signing_window, running_room
from benchmarks.reading_studies import (
    ecg_study,
    film_study,
    kept_study,
    large_film,
    make_urgent,
    put_by,
    small_film,
)
from dicom.make.phantom import ct_phantom
from tests.plugins.ultrasound import RATE as CINE_OWN_RATE
from tests.plugins.ultrasound import loop

#: case: keys or actions, and seconds, that reading-room work may take; None where the budget names none.
BUDGETS: dict[str, tuple[int, float]] = {
    "normal DR": (2, 25), "abnormal DR": (6, 90), "normal ECG": (1, 10), "abnormal ECG": (7, 40),
    "critical CT": (9, 10), "review, approved": (1, 10), "review, returned": (2, 10),
}  # fmt: skip
FIRST_MS = {"cold": 2500, "fetched ahead": 700}
CT_SLICES, US_FRAMES = 200, 87
CINE_FRAMES, CINE_FIRST_MS, CINE_RATE = 500, 1000, 20
#: How many different frames a second the corner text names, over two seconds.
FRAMES_SHOWN = """() => new Promise(done => {
  const text = document.querySelector('.ft-bl'), started = performance.now();
  let seen = 0, last = text.textContent;
  const watcher = new MutationObserver(() => {
    if (text.textContent !== last) { seen++; last = text.textContent; }
  });
  watcher.observe(text, {childList: true, subtree: true, characterData: true});
  setTimeout(() => { watcher.disconnect(); done(seen * 1000 / (performance.now() - started)); }, 2000);
})"""
#: The next case is fetched once this one has stood for a moment; a reader looks for longer than this.
LOOKING_MS = 4000
#: No case takes so long on any machine: something else stands on the page.
MOST_MS = 60_000


def main(times: int) -> None:
    """Print the cases and the first pictures."""
    with (
        tempfile.TemporaryDirectory(prefix="readhub-reading-") as folder,
        running_room(Path(folder)) as place,
    ):
        heads = ("keys", "letters", "drags", "actions", "budget", "system ms")
        print(f"{'case':18} " + " ".join(f"{head:>{max(4, len(head))}}" for head in heads))
        for name, case in CASES.items():
            try:
                _say(name, [case(place) for _ in range(times)])
            except (SystemExit, Error) as fault:
                print(f"{name:18} did not end: {str(fault)[:300]}")
        print(f"\n{'first picture':24} {'way':>14} {'painted ms':>10} {'real pixels ms':>14} {'budget':>6}")
        for name, make in PICTURES.items():
            _first_pictures(place, name, make, times)
        _cine(place, times)


def _say(name: str, runs: list[tuple[Hand, float]]) -> None:
    hand, most = runs[0][0], BUDGETS[name]
    ms = statistics.median(one for _hand, one in runs)
    kept = hand.actions <= most[0] and ms <= most[1] * 1000
    print(
        f"{name:18} {hand.keys:4} {hand.letters:7} {hand.drags:5} {hand.actions:7} {most[0]:6} {ms:9.0f}"
        f"  {'kept' if kept else 'NOT KEPT'}, of {most[1]:g} s"
    )


def _case(place: Place, study: int, username: str, deed: Callable[[Hand], None]) -> tuple[Hand, float]:
    """Open a study whose signing window is open, do the deed, and wait for the following study's picture.

    The time is from the first key to that picture, or to the page that says that there is none.
    """
    make_urgent(place, study)
    following = small_film(place)
    page = place.page(username)
    open_case(page, place, study)
    open_signing_window(page, place, username)
    page.wait_for_timeout(LOOKING_MS)
    hand = Hand(page)
    page.evaluate("path => window.__expect(path)", f"/studies/{following}")
    deed(hand)
    _until_next(page)
    ms = page.evaluate("window.__watch.first - window.__watch.from")
    page.context.close()
    put_by(place, study, following)
    return hand, ms


def _until_next(page: Page) -> None:
    """Wait for the next case. Raises SystemExit with the question that stands in the way instead."""
    try:
        page.wait_for_function("() => window.__watch.first > 0", timeout=MOST_MS)
    except TimeoutError:
        asked = page.locator("dialog[open], .toast").all_text_contents()
        raise SystemExit(f"the next case did not open; the page says {asked}") from None


def normal_dr(place: Place) -> tuple[Hand, float]:
    """`t`, then sign."""

    def deed(hand: Hand) -> None:
        hand.press("t")
        hand.press("Control+Enter")

    return _case(place, film_study(place, None), "li", deed)


def abnormal_dr(place: Place) -> tuple[Hand, float]:
    """Take the AI's words, add one's own to the impression, sign."""

    def deed(hand: Hand) -> None:
        hand.press("s")
        hand.press("e")
        hand.press("Shift+Tab")
        hand.type("右下肺为著。")
        hand.press("Control+Enter")

    return _case(place, film_study(place, 0.91), "li", deed)


def normal_ecg(place: Place) -> tuple[Hand, float]:
    """Sign the statement that stands there."""
    return _case(place, ecg_study(place, "ecg-normal.npz"), "li", lambda hand: hand.press("Control+Enter"))


def abnormal_ecg(place: Place) -> tuple[Hand, float]:
    """One caliper, a statement by two letters, sign."""

    def deed(hand: Hand) -> None:
        hand.drag((80, -20))
        hand.press("f")
        hand.type("fp")
        hand.press("Enter")
        hand.press("Escape")
        hand.press("Control+Enter")

    return _case(place, ecg_study(place, "ecg-flutter.npz"), "li", deed)


def critical_ct(place: Place) -> tuple[Hand, float]:
    """Words that name it, one key and Enter to tell the site, sign."""

    def deed(hand: Hand) -> None:
        hand.press("e")
        hand.press("Tab")
        hand.type("脑出血。")
        hand.press("Escape")
        hand.press("Shift+Digit1")
        hand.press("Enter")
        hand.page.locator(".case-notices .notice-bad").first.wait_for()
        hand.press("Control+Enter")

    study = kept_study(place, lambda person, exam: ct_phantom(person, exam, 12), "CT", "HEAD")
    return _case(place, study, "li", deed)


def _handed_over(place: Place) -> int:
    """A study on which a first reader wrote."""
    study = film_study(place, None)
    make_urgent(place, study)
    page = place.page("jin")
    open_case(page, place, study)
    page.keyboard.press("t")
    page.keyboard.press("Control+Enter")
    page.get_by_text("已提交审核").first.wait_for()
    page.context.close()
    return study


def approved(place: Place) -> tuple[Hand, float]:
    """The reviewer signs."""
    return _case(place, _handed_over(place), "wang", lambda hand: hand.press("Control+Enter"))


def returned(place: Place) -> tuple[Hand, float]:
    """The reviewer gives it back with one of the usual reasons."""

    def deed(hand: Hand) -> None:
        hand.press("q")
        hand.press("2")

    return _case(place, _handed_over(place), "wang", deed)


CASES: dict[str, Callable[[Place], tuple[Hand, float]]] = {
    "normal DR": normal_dr, "abnormal DR": abnormal_dr, "normal ECG": normal_ecg,
    "abnormal ECG": abnormal_ecg, "critical CT": critical_ct, "review, approved": approved,
    "review, returned": returned,
}  # fmt: skip


def _first_pictures(place: Place, name: str, make: Callable[[Place], int], times: int) -> None:
    study = make(place)
    make_urgent(place, study)
    found: dict[str, list[tuple[float, float]]] = {"cold": [], "fetched ahead": []}
    for _ in range(times):
        page = place.page("li")
        open_case(page, place, study)
        found["cold"].append(tuple(page.evaluate("[window.__watch.first, window.__watch.real]")))  # type: ignore[arg-type]
        page.context.close()
        page = place.page("li")
        open_case(page, place, small_film(place))
        page.wait_for_timeout(LOOKING_MS)
        page.wait_for_load_state("networkidle")
        page.evaluate("path => window.__expect(path)", f"/studies/{study}")
        page.keyboard.press("n")
        page.wait_for_function("() => window.__watch.real > 0")
        ms = page.evaluate("() => { const w = window.__watch; return [w.first - w.from, w.real - w.from] }")
        found["fetched ahead"].append(tuple(ms))  # type: ignore[arg-type]
        page.context.close()
    for way, runs in found.items():
        first, real = (statistics.median(column) for column in zip(*runs, strict=True))
        kept = "kept" if first <= FIRST_MS[way] else "NOT KEPT"
        print(f"{name:24} {way:>14} {first:10.0f} {real:14.0f} {FIRST_MS[way]:6}  {kept}")
    put_by(place, study)


def _cine(place: Place, times: int) -> None:
    """Print the first frame of a long loop, and the different frames a second once it plays."""
    study = kept_study(place, lambda person, exam: [loop(person, CINE_FRAMES, exam.seed)], "US", "ABDOMEN")
    make_urgent(place, study)
    first, rates = [], []
    for _ in range(times):
        page = place.page("li")
        open_case(page, place, study)
        first.append(page.evaluate("[window.__watch.first, window.__watch.real]"))
        page.keyboard.press("c")
        page.wait_for_timeout(LOOKING_MS)
        rates.append(page.evaluate(FRAMES_SHOWN))
        page.context.close()
    put_by(place, study)
    ms, real = (statistics.median(column) for column in zip(*first, strict=True))
    rate = statistics.median(rates)
    kept = "kept" if ms < CINE_FIRST_MS and rate >= CINE_RATE else "NOT KEPT"
    print(
        f"\ncine of {CINE_FRAMES} frames: first painted after {ms:.0f} ms (wanted < {CINE_FIRST_MS}), "
        f"its own pixels after {real:.0f} ms, "
        f"{rate:.1f} a second (wanted >= {CINE_RATE}; the loop's own is {CINE_OWN_RATE})  {kept}"
    )


def _dr(place: Place) -> int:
    return kept_study(place, lambda person, exam: [large_film(person, exam)], "DX", "CHEST")


def _ct(place: Place) -> int:
    return kept_study(place, lambda person, exam: ct_phantom(person, exam, CT_SLICES), "CT", "CHEST")


def _us(place: Place) -> int:
    return kept_study(place, lambda person, exam: [loop(person, US_FRAMES, exam.seed)], "US", "ABDOMEN")


PICTURES: dict[str, Callable[[Place], int]] = {
    "DR of 16 MB": _dr, f"CT of {CT_SLICES} slices": _ct, f"US of {US_FRAMES} frames": _us,
}  # fmt: skip


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 3)
