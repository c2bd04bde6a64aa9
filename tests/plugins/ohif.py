"""OHIF, a viewer that others wrote, at the root of an address with the hub beside it."""

import os
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from flask import Flask, send_from_directory
from werkzeug.middleware.dispatcher import DispatcherMiddleware
from werkzeug.serving import make_server

ROOT = Path(__file__).resolve().parents[2]
#: The built bundle of npm's @ohif/app (MIT): 50 MB to fetch, which `make test` does.
BUNDLE = Path(os.environ.get("READHUB_OHIF") or ROOT / ".venv/ohif/package") / "dist"
CONFIG = """window.config = {
  routerBasename: '/', extensions: [], modes: [], showStudyList: true, defaultDataSourceName: 'hub',
  useSharedArrayBuffer: 'FALSE', maxNumberOfWebWorkers: 1, showWarningMessageForCrossOrigin: false,
  investigationalUseDialog: {option: 'never'},
  dataSources: [{
    namespace: '@ohif/extension-default.dataSourcesModule.dicomweb', sourceName: 'hub',
    configuration: {
      friendlyName: 'hub', name: 'hub', qidoRoot: '/dicom-web', wadoRoot: '/dicom-web',
      wadoUriRoot: '/dicom-web', qidoSupportsIncludeField: true, imageRendering: 'wadors',
      thumbnailRendering: 'wadors', enableStudyLazyLoad: true, supportsFuzzyMatching: false,
      supportsWildcard: true, omitQuotationForMultipartRequest: true,
    },
  }],
};"""
#: Some canvas of the viewport holds more than a few shades.
SHOWS_A_PICTURE = """() => [...document.querySelectorAll('canvas')].some(canvas => {
  if (canvas.width < 200 || canvas.height < 200) return false;
  const copy = document.createElement('canvas');
  copy.width = 64; copy.height = 64;
  const pen = copy.getContext('2d');
  pen.drawImage(canvas, 0, 0, 64, 64);
  return new Set(pen.getImageData(0, 0, 64, 64).data).size > 20;
})"""


def is_there() -> bool:
    """Tell whether the bundle was fetched."""
    return (BUNDLE / "index.html").is_file()


@contextmanager
def serving_ohif(app: Flask, beside: Sequence[str] = ("dicom-web", "login", "static")) -> Iterator[str]:
    """Serve OHIF as it wants to be, and the hub's paths that begin with one of `beside`; give the address."""
    foreign = Flask("ohif", static_folder=None)

    @foreign.get("/")
    @foreign.get("/<path:name>")
    def page(name: str = "index.html") -> object:
        if name == "app-config.js":
            return CONFIG, 200, {"Content-Type": "text/javascript"}
        return send_from_directory(BUNDLE, name if (BUNDLE / name).is_file() else "index.html")

    mounts = {f"/{name}": _under(app, f"/{name}") for name in beside}
    server = make_server("127.0.0.1", 0, DispatcherMiddleware(foreign, mounts), threaded=True)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()


def _under(app: Flask, prefix: str) -> Any:
    """The hub, to whom its whole path is given back."""

    def whole(environ: dict[str, str], start: object) -> object:
        environ = environ | {"SCRIPT_NAME": "", "PATH_INFO": prefix + environ["PATH_INFO"]}
        return app(environ, start)  # type: ignore[arg-type]

    return whole
