"""The demo's township: receives the reports that come back, and sends the studies that start it all."""

import signal
import threading

from dicom.demo.send import send_demo
from dicom.township import serving
from hub.demo import TOWNSHIP_AE, township_address
from hub.settings import Settings


def run(settings: Settings) -> None:
    """Serve the township's receiver and send the demo's studies once; until SIGTERM or SIGINT."""
    stopping = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda _number, _frame: stopping.set())
    host, port = township_address(settings)
    folder = settings.data_dir / "demo-township"
    folder.mkdir(mode=0o700, exist_ok=True)
    with serving(folder, TOWNSHIP_AE, host, port):
        threading.Thread(target=send_demo, args=(settings,), daemon=True).start()
        stopping.wait()
