"""Results written to what is no plain file: links stay links, and pipes and open files are written on, never replaced.

Only pipes and files of this test's own folder: a device of the machine is never at stake.
"""

from __future__ import annotations

import errno
import os
import stat
import threading
from pathlib import Path

import pytest

from clear_native import cli_output
from clear_native.errors import BadInputError
from clear_native.report.writing import write_text


def read_from(pipe: Path) -> tuple[threading.Thread, list[str]]:
    read: list[str] = []
    reader = threading.Thread(target=lambda: read.append(pipe.read_text("utf-8")), daemon=True)
    reader.start()
    return reader, read


def test_a_pipe_is_written_on_and_stays(tmp_path: Path) -> None:
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    reader, read = read_from(pipe)
    write_text("energy 0.15 J\n", pipe)
    reader.join(10)
    assert read == ["energy 0.15 J\n"]
    assert stat.S_ISFIFO(pipe.lstat().st_mode)
    assert [file.name for file in tmp_path.iterdir()] == ["pipe"]


def test_a_link_to_a_pipe_likewise(tmp_path: Path) -> None:
    pipe, link = tmp_path / "pipe", tmp_path / "link"
    os.mkfifo(pipe)
    link.symlink_to(pipe)
    reader, read = read_from(pipe)
    write_text("x", link)
    reader.join(10)
    assert read == ["x"]
    assert link.is_symlink() and stat.S_ISFIFO(pipe.lstat().st_mode)


def test_a_pipe_whose_reader_goes_is_an_error_that_names_it(tmp_path: Path) -> None:
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)

    def leave() -> None:
        with pipe.open("rb"):
            pass

    reader = threading.Thread(target=leave, daemon=True)
    reader.start()
    with pytest.raises(BrokenPipeError) as caught:
        write_text("x" * 10_000_000, pipe)
    assert caught.value.filename == str(pipe)
    assert stat.S_ISFIFO(pipe.lstat().st_mode)


@pytest.mark.parametrize("there", [True, False], ids=["file", "no file yet"])
def test_a_link_stays_and_its_file_is_written(there: bool, tmp_path: Path) -> None:
    target, link, again = tmp_path / "real" / "report.json", tmp_path / "link.json", tmp_path / "again.json"
    if there:
        target.parent.mkdir()
        target.write_text("before")
    link.symlink_to(Path("real", "report.json"))
    again.symlink_to(link)
    write_text("after", again)
    assert target.read_text() == "after"
    assert again.is_symlink() and link.is_symlink() and not target.is_symlink()
    assert sorted(file.name for file in tmp_path.rglob("*")) == ["again.json", "link.json", "real", "report.json"]


def test_a_link_to_itself_and_one_to_a_folder_are_refused(tmp_path: Path) -> None:
    loop, folder = tmp_path / "loop", tmp_path / "folder"
    loop.symlink_to(loop)
    folder.symlink_to(tmp_path, target_is_directory=True)
    with pytest.raises(BadInputError, match="leads to itself"):
        write_text("x", loop)
    with pytest.raises(BadInputError, match="is a folder"):
        write_text("x", folder)
    assert loop.is_symlink() and folder.is_symlink()


@pytest.mark.parametrize("name", ["/proc/self/fd/{}", "/proc/thread-self/fd/{}", "link"])
def test_what_this_process_has_open_is_written_on_where_it_stands(name: str, tmp_path: Path) -> None:
    """As `--csv /dev/stdout >> log` has it: what was printed before stays, and what comes after follows."""
    log = tmp_path / "log"
    log.write_text("of yesterday\n")
    with log.open("a") as file:
        opened = Path(name.format(file.fileno()))
        if name == "link":
            opened = tmp_path / "link"
            opened.symlink_to(f"/proc/self/fd/{file.fileno()}")
        inode = log.stat().st_ino
        file.write("before\n")
        file.flush()
        write_text("result\n", opened)
        file.write("after\n")
    assert log.read_text() == "of yesterday\nbefore\nresult\nafter\n"
    assert log.stat().st_ino == inode


def test_an_error_of_the_system_names_the_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(_: int) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(OSError, match="No space left") as caught:
        write_text("x", tmp_path / "report.json")
    assert caught.value.filename == str(tmp_path / "report.json")


def test_the_command_looks_at_pipes_and_links_before_it_measures(tmp_path: Path) -> None:
    """A pipe needs no folder for a draft, and nothing is sent through it; of a link, the file's folder counts."""
    pipe, link, wrong = tmp_path / "pipe", tmp_path / "link.json", tmp_path / "wrong.json"
    os.mkfifo(pipe)
    link.symlink_to(Path("new", "report.json"))
    (tmp_path / "file").touch()
    wrong.symlink_to(Path("file", "report.json"))
    cli_output.check_can_be_written(out=pipe, csv=link)
    assert (tmp_path / "new").is_dir() and not list((tmp_path / "new").iterdir())
    with pytest.raises(BadInputError, match=r"--html .*wrong\.json cannot be written"):
        cli_output.check_can_be_written(html=wrong)
