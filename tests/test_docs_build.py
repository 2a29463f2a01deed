"""The pages are built strictly: as they are without a warning, and a copy in which something is broken not at all."""

from __future__ import annotations

import importlib.util
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
READ = ("mkdocs.yml", "CHANGELOG.md", "docs", "clear_native", "scripts")

needs_mkdocs = pytest.mark.skipif(
    any(importlib.util.find_spec(name) is None for name in ("mkdocs", "material", "mkdocstrings_handlers")),
    reason="mkdocs is not installed here (the extra docs)",
)


def recipes(target: str) -> str:
    """The commands that make would run; nothing is run."""
    # Not as a part of the make that may have started the tests.
    environment = {name: value for name, value in os.environ.items() if name not in ("MAKEFLAGS", "MAKELEVEL")}
    found = subprocess.run(
        ["make", "-n", target], cwd=ROOT, env=environment, check=True, capture_output=True, text=True
    )
    return found.stdout


def build(checkout: Path, site: Path) -> subprocess.CompletedProcess[str]:
    """By the options that `make docs` has."""
    command = next(line for line in recipes("docs").splitlines() if "mkdocs build" in line)
    options = command.partition("mkdocs build")[2].split()
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"  # ruff, which wraps signatures
    return subprocess.run(
        [sys.executable, "-m", "mkdocs", "build", *options, "--site-dir", str(site)],
        cwd=checkout, env={**os.environ, "PATH": path, "NO_MKDOCS_2_WARNING": "1"}, capture_output=True, text=True,
    )  # fmt: skip


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    """A copy of what the pages are made of, to be broken."""
    copy = tmp_path / "checkout"
    copy.mkdir()
    for name in READ:
        if (ROOT / name).is_dir():
            shutil.copytree(ROOT / name, copy / name, ignore=shutil.ignore_patterns("__pycache__", "*.so"))
        else:
            shutil.copy(ROOT / name, copy / name)
    return copy


@pytest.mark.parametrize("target", ["docs", "test"])
def test_make_builds_strictly_and_hears_the_warnings(target: str) -> None:
    commands = [line for line in recipes(target).splitlines() if "mkdocs build" in line]
    assert len(commands) == 1
    assert "--strict" in commands[0]
    assert not {"--quiet", "-q"} & set(commands[0].split()), "--quiet hides warnings before --strict counts them"


def test_continuous_integration_runs_make_test() -> None:
    assert "make test" in (ROOT / ".ci" / "run").read_text("utf-8").splitlines()


@needs_mkdocs
@pytest.mark.slow
def test_the_pages_as_they_are(tmp_path: Path) -> None:
    built = build(ROOT, tmp_path / "site")
    assert built.returncode == 0, built.stderr
    assert "WARNING" not in built.stderr
    api = (tmp_path / "site" / "api" / "measuring" / "index.html").read_text("utf-8")
    assert 'href="../../meters/">meters</a>' in api


@needs_mkdocs
@pytest.mark.slow
@pytest.mark.parametrize(
    ("file", "old", "new", "told"),
    [
        ("docs/cpu_only.md", "# CPU only\n", "# CPU only\n\n[gone](gone.md)\n", "gone.md"),
        ("docs/cpu_only.md", "meters.md#several-at-once", "meters.md#no-such-place", "no-such-place"),
        ("clear_native/profile.py", "docs/meters.md", "docs/gone.md", "docs/gone.md"),
    ],
    ids=["page", "anchor", "docstring"],
)
def test_a_broken_link_fails(checkout: Path, tmp_path: Path, file: str, old: str, new: str, told: str) -> None:
    text = (checkout / file).read_text("utf-8")
    assert old in text
    (checkout / file).write_text(text.replace(old, new))
    built = build(checkout, tmp_path / "site")
    assert built.returncode != 0
    complaints = [line for line in built.stderr.splitlines() if line.startswith(("WARNING", "FileNotFoundError"))]
    assert len(complaints) == 1 and told in complaints[0]
