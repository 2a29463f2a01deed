"""The pages say what is there: commands and options, the script of the how-to, exit codes, files, the wheel's list."""

from __future__ import annotations

import importlib.util
import re
import shlex
from pathlib import Path
from typing import Any

import pytest
import torch
import typer.main

from clear_native import cli, cli_script

ROOT = Path(__file__).parents[1]
PAGES = [ROOT / "README.md", ROOT / "CONTRIBUTING.md", *sorted((ROOT / "docs").rglob("*.md"))]
SETTING = re.compile(r"^ *(?:[A-Z_]+=\S+ +)+", re.MULTILINE)  # OMP_NUM_THREADS=1 before a command
FENCE = re.compile(r"^ *```(\w*)\n(.*?)^ *```", re.MULTILINE | re.DOTALL)


def fences(page: Path, language: str) -> list[str]:
    return [text for kind, text in FENCE.findall(page.read_text("utf-8")) if kind == language]


def commands() -> list[tuple[str, str]]:
    """(page, command) of every `clear-native VERB ...` in the pages, in blocks and in the text."""
    found = []
    for page in PAGES:
        text = page.read_text("utf-8")
        inline = re.findall(r"`(clear-native [a-z][^`]*)`", text)
        blocks = [
            line.split("#")[0].split("||")[0].strip().removeprefix("- run: ")
            for kind, block in FENCE.findall(text)
            if kind in ("", "bash", "yaml")
            for line in SETTING.sub("", block).splitlines()
            if line.strip().startswith("clear-native ")
        ]
        found += [(page.name, " ".join(line.split())) for line in [*inline, *blocks]]
    return found


@pytest.mark.parametrize(("page", "command"), sorted(set(commands())))
def test_commands_are_taken_by_the_parser(page: str, command: str) -> None:
    verbs: Any = typer.main.get_command(cli.app)
    words = shlex.split(command.replace("|", " "))[1:]
    if words[0].startswith("-") or words[0] in ("VERB", "..."):
        return
    if words == ["profile", "env", "sensor"]:  # a list of verbs
        return
    assert words[0] in verbs.commands, f"{page}: {command}"
    offered = {option for parameter in verbs.commands[words[0]].params for option in parameter.opts} | {"--help"}
    used = {word.partition("=")[0] for word in words[1:] if word.startswith("--")}
    assert used <= offered, f"{page}: {command}"


def test_there_are_commands_to_check() -> None:
    assert len({verb.split()[1] for _, verb in commands()}) >= 6


def test_the_table_of_verbs_has_each_once() -> None:
    verbs: Any = typer.main.get_command(cli.app)
    table = (ROOT / "docs" / "command_line.md").read_text("utf-8").partition("\n## ")[0]
    rows = re.findall(r"^\| `([a-z]+)` \|.*\| `clear-native ([a-z]+)[^`]*` \|$", table, re.MULTILINE)
    assert sorted(verb for verb, _ in rows) == sorted(verbs.commands)
    assert all(verb == shown for verb, shown in rows)


def test_the_page_without_a_gpu_measures_with_one_thread() -> None:
    """With more, on a busy machine, nothing is known of any part."""
    profiles = [line for line in fences(ROOT / "docs" / "cpu_only.md", "")[0].splitlines() if "clear-native" in line]
    assert profiles and all(line.startswith("OMP_NUM_THREADS=1 clear-native profile ") for line in profiles)
    assert any(page == "cpu_only.md" and command.startswith("clear-native profile") for page, command in commands())


def test_the_script_of_the_how_to(tmp_path: Path) -> None:
    script = tmp_path / "mine.py"
    script.write_text(fences(ROOT / "docs" / "own_model.md", "python")[0])
    model, inputs = cli_script.build(f"{script}:build", {"batch": 2, "device": torch.device("cpu")})
    assert model(inputs).shape == (2, 128, 256)
    names = [name for name, _ in model.named_modules()]
    assert any(name.endswith(".norm") for name in names) and any(name.endswith(".ffn") for name in names)


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_python_in_the_pages_compiles(page: Path) -> None:
    for block in fences(page, "python"):
        compile(block, str(page), "exec")


def test_exit_codes() -> None:
    table = (ROOT / "docs" / "command_line.md").read_text("utf-8")
    codes = {int(code) for code in re.findall(r"^\| (\d+) \|", table, re.MULTILINE)}
    assert codes == {cli.DONE, cli.NOT_OK, cli.BAD_INPUT, cli.NO_SENSOR, cli.INTERRUPTED}


def test_the_navigation_has_every_page() -> None:
    navigation = (ROOT / "mkdocs.yml").read_text("utf-8").partition("\nnav:")[2]
    listed = set(re.findall(r": ([\w/]+\.md)$", navigation, re.MULTILINE))
    there = {str(path.relative_to(ROOT / "docs")) for path in (ROOT / "docs").rglob("*.md")}
    assert listed <= there
    assert there - listed == set(), "put the new page into the navigation, mkdocs.yml"


@pytest.mark.parametrize("page", [ROOT / "README.md", ROOT / "CONTRIBUTING.md"], ids=lambda page: page.name)
def test_files_that_are_named_are_there(page: Path) -> None:
    text = page.read_text("utf-8")
    linked = re.findall(r"\]\((?!https?:)([^)#]+)", text)
    named = re.findall(r"`((?:docs|scripts|tests|examples|benchmarks|csrc|clear_native|\.github)/[\w./*]+\.\w+)`", text)
    for name in [*linked, *named]:
        assert list(ROOT.glob(name)), f"{page.name} names {name}"


PACKAGES = ("clear_native", "clear_native_command", "clear_native_pytest")


def test_a_wheel_without_its_parts_is_told() -> None:
    spec = importlib.util.spec_from_file_location("wheel_contents", ROOT / "scripts" / "wheel_contents.py")
    assert spec is not None and spec.loader is not None
    contents = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(contents)
    packages = [path for name in PACKAGES for path in (ROOT / name).rglob("*")]
    names = [str(path.relative_to(ROOT)) for path in packages if path.is_file() and "__pycache__" not in path.parts]
    names += ["clear_native/_core.cpython-313-x86_64-linux-gnu.so", "clear_native-1.dist-info/entry_points.txt"]
    names += ["clear_native-1.dist-info/licenses/LICENSE", "clear_native-1.data/scripts/clear-bench"]
    assert contents.problems(names) == []
    without = [name for name in names if not name.endswith((".j2", "LICENSE"))]
    assert len(contents.problems(without)) == 2
    assert contents.problems([*names, "tests/test_cli.py"]) == ["tests/test_cli.py does not belong there"]


def test_wheels_are_made_for_every_python_that_is_promised() -> None:
    tomllib = pytest.importorskip("tomllib")
    with (ROOT / "pyproject.toml").open("rb") as file:
        project = tomllib.load(file)
    promised = re.findall(r"Python :: 3\.(\d+)", "\n".join(project["project"]["classifiers"]))
    wheels = project["tool"]["cibuildwheel"]
    assert wheels["build"].split() == [f"cp3{minor}-*" for minor in promised]
    assert (wheels["archs"], wheels["manylinux-x86_64-image"]) == (["x86_64"], "manylinux_2_28")
    assert (ROOT / "scripts" / "first_use.sh").is_file() and "scripts/first_use.sh" in wheels["test-command"]


def test_workflow_and_issue_forms_are_whole() -> None:
    yaml = pytest.importorskip("yaml")
    workflow = yaml.safe_load((ROOT / ".github" / "workflows" / "ci.yml").read_text("utf-8"))
    steps = [step.get("run", "") for job in workflow["jobs"].values() for step in job["steps"]]
    targets = set(re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text("utf-8"), re.MULTILINE))
    used = {target for step in steps for target in re.findall(r"\bmake ([a-z-]+)", step)}
    assert used >= {"test"} and used <= targets
    for path in (ROOT / ".github" / "ISSUE_TEMPLATE").glob("[!c]*.yml"):
        form = yaml.safe_load(path.read_text("utf-8"))
        assert {"name", "description", "body"} <= form.keys(), path.name
        assert all(part["type"] == "markdown" or "label" in part["attributes"] for part in form["body"]), path.name
