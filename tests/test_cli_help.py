"""Help with an example for every verb, exit codes, the version, one line for a wrong command, completion by a shell."""

from __future__ import annotations

import re
import shlex
import subprocess

import pytest

import clear_native
from clear_native import cli
from clear_native.models.configurations import PRESETS

VERBS = [str(command.name or command.callback.__name__) for command in cli.app.registered_commands if command.callback]


def shown(capsys: pytest.CaptureFixture[str], *arguments: str) -> str:
    assert cli.run([*arguments]) == cli.DONE
    return re.sub(r"\s+", " ", capsys.readouterr().out)


def test_every_verb_of_the_readme_is_there() -> None:
    assert {"profile", "protocol", "env", "sensor", "models", "report", "compare"} <= set(VERBS)


@pytest.mark.parametrize("verb", VERBS)
def test_help_has_an_example_that_the_parser_takes_and_the_exit_codes(
    capsys: pytest.CaptureFixture[str], verb: str
) -> None:
    text = shown(capsys, verb, "--help")
    assert "Exit codes: 0 done; 1 done, but" in text and "130 interrupted" in text
    assert "--debug" in text
    example = re.search(rf"For example: clear-native {verb}(.*?) (?:╭|A model of your own)", text)
    assert example is not None
    options = set(re.findall(r"--[a-z][a-z-]+", example[1]))
    offered = set(re.findall(r"--[a-z][a-z-]+", text.replace(example[0], "")))
    assert options <= offered


def test_options_named_for_profile(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "200")
    text = shown(capsys, "profile", "--help")
    for option in ("inputs", "batch", "length", "dtype", "device", "components", "method", "execution", "precision",
                   "max-time", "weights", "out", "json", "csv", "html", "grid-intensity", "price", "currency", "source",
                   "quiet", "debug"):  # fmt: skip
        assert re.search(rf"--{option}\b", text), option


def test_help_of_the_whole(capsys: pytest.CaptureFixture[str]) -> None:
    text = shown(capsys, "--help")
    assert "For example: clear-native profile" in text and "Exit codes:" in text
    assert all(verb in text for verb in VERBS)
    assert shown(capsys) == text


def test_version(capsys: pytest.CaptureFixture[str]) -> None:
    assert shown(capsys, "--version") == f"clear-native {clear_native.__version__} "


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["nope"], "No such command 'nope': see clear-native --help"),
        (["profile"], "Missing argument 'MODEL': see clear-native profile --help"),
        (["compare", "one.json"], "see clear-native compare --help"),
        (["profile", "bert-tiny", "--batch", "many"], "'--batch'"),
        (["sensor", "--no-such-option"], "--no-such-option"),
    ],
)
def test_a_wrong_command_is_one_line(capsys: pytest.CaptureFixture[str], arguments: list[str], message: str) -> None:
    assert cli.run(arguments) == cli.BAD_INPUT
    error = capsys.readouterr().err
    assert error.startswith("clear-native: ") and error.count("\n") == 1
    assert message in error
    cli.run([*arguments, "--debug"])
    assert "Traceback" in capsys.readouterr().err


def test_completion_script_of_bash(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("_CLEAR_NATIVE_COMPLETE", "source_bash")
    assert cli.run([]) == cli.DONE
    script = capsys.readouterr().out
    assert "_CLEAR_NATIVE_COMPLETE=complete_bash" in script
    assert re.search(r"complete -o default -F \w+ clear-native", script), "files are completed where no name is"
    subprocess.run(["bash", "-n"], input=script, text=True, check=True)


def test_completion_can_be_installed(capsys: pytest.CaptureFixture[str]) -> None:
    text = shown(capsys, "--help")
    assert "--install-completion" in text and "--show-completion" in text


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        ("clear-native profile qwen2.5", [name for name in PRESETS if name.startswith("qwen2.5")]),
        ("clear-native profile bert-base --method in", ["in_situ"]),
        ("clear-native com", ["compare"]),
        ("clear-native profile ./scr", []),
    ],
)
def test_bash_completes(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, words: str, expected: list[str]
) -> None:
    monkeypatch.setenv("_CLEAR_NATIVE_COMPLETE", "complete_bash")
    monkeypatch.setenv("COMP_WORDS", words.replace(" ", "\n"))
    monkeypatch.setenv("COMP_CWORD", str(len(shlex.split(words)) - 1))
    assert cli.run([]) == cli.DONE
    assert capsys.readouterr().out.split() == expected
