"""What `clear-bench` writes to what is no plain file. Only pipes and files of this test's own folder."""

from __future__ import annotations

import os
import stat
import subprocess
from pathlib import Path

import pytest
from bench_program import program, run
from report_fixtures import report


@pytest.fixture
def saved(tmp_path: Path) -> Path:
    path = tmp_path / "in" / "report.json"
    report().save(path)
    return path


def test_a_pipe_is_written_on_and_stays(saved: Path, tmp_path: Path) -> None:
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    process = subprocess.Popen([program(), "report", saved, "--csv", pipe], stdout=subprocess.DEVNULL)
    read = pipe.read_text("utf-8")
    assert process.wait(60) == 0
    assert read == report().to_csv()
    assert stat.S_ISFIFO(pipe.lstat().st_mode)


@pytest.mark.parametrize("there", [True, False], ids=["file", "no file yet"])
def test_a_link_stays_and_its_file_is_written(there: bool, saved: Path, tmp_path: Path) -> None:
    target, link, again = tmp_path / "real" / "report.csv", tmp_path / "link.csv", tmp_path / "again.csv"
    if there:
        target.parent.mkdir()
        target.write_text("before")
    link.symlink_to(Path("real", "report.csv"))
    again.symlink_to(link)
    assert run("report", saved, "--csv", again).returncode == 0
    assert target.read_text("utf-8") == report().to_csv()
    assert again.is_symlink() and link.is_symlink() and not target.is_symlink()
    assert [file.name for file in target.parent.iterdir()] == ["report.csv"]


def test_a_link_to_itself_is_refused(saved: Path, tmp_path: Path) -> None:
    loop = tmp_path / "loop"
    loop.symlink_to(loop)
    done = run("report", saved, "--csv", loop)
    assert done.returncode == 2
    assert "leads to itself" in done.stderr
    assert loop.is_symlink()


def test_what_the_program_has_open_is_written_on_where_it_stands(saved: Path, tmp_path: Path) -> None:
    """As `--csv /dev/stdout >> log` has it."""
    log, link = tmp_path / "log", tmp_path / "link"
    log.write_text("of yesterday\n")
    link.symlink_to("/proc/self/fd/1")
    inode = log.stat().st_ino
    with log.open("a") as file:
        done = subprocess.run([program(), "report", saved, "--csv", link], stdout=file, timeout=60)
    assert done.returncode == 0
    assert log.read_text("utf-8") == f"of yesterday\n{report()}\n{report().to_csv()}written to {link}\n"
    assert log.stat().st_ino == inode
