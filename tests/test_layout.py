"""The boundaries of the design, kept without a compiler or a GPU."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
PACKAGE = ROOT / "clear_native"
CSRC = ROOT / "csrc"
NATIVE = {".cpp", ".hpp", ".h", ".cu", ".cuh"}
LONGEST = 300

# Which room (folder) of the package imports from which other. The files of the top level import from every room; of
# theirs a room sees what is common to all: errors, the native engine and, where it prepares workloads, `execution`.
ROOMS: dict[str, set[str]] = {
    "report": set(),
    "machine": set(),
    "models": {"machine"},
    "subject": {"models"},
    "cost": {"subject"},
    "activation_store": {"subject"},
    "capture": {"subject", "report"},
    "partition": {"subject", "cost", "activation_store", "capture", "report"},
    "in_situ": {"subject", "cost", "activation_store", "capture", "report", "partition"},
    "isolated": {"subject", "cost", "activation_store", "capture", "report", "partition"},
    "protocol": {"subject", "activation_store", "report", "partition", "isolated"},
    "any_code": {"machine", "subject", "capture", "partition"},
    "bundle": {"subject", "cost", "activation_store", "capture", "report"},
}
COMMON = {"_core", "errors"}
METHODS = {"partition", "in_situ", "isolated"}

HEADERS_OF = {
    "Python": r"(Python\.h|pybind11/|pybind11\.h)",
    "torch": r"(torch/|ATen/|c10/)",
    "CUDA": r"(cuda\.h|cuda_runtime\.h|cuda_fp16\.h|nvml\.h|cuda/)",
}


def native_sources(folder: Path) -> list[Path]:
    return sorted(path for path in folder.rglob("*") if path.suffix in NATIVE)


def python_sources(folder: Path = PACKAGE) -> list[Path]:
    return sorted(folder.rglob("*.py"))


def includes(path: Path) -> list[str]:
    return re.findall(r'^\s*#\s*include\s*[<"]([^>"]+)[>"]', path.read_text("utf-8"), re.MULTILINE)


def imports(path: Path) -> Iterator[str]:
    """Every imported name, with names taken from modules spelled out: "clear_native._core"."""
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            module = "." * node.level + (node.module or "")
            yield module
            yield from (f"{module}.{alias.name}" for alias in node.names)


def imports_within(room: str) -> dict[str, set[str]]:
    """What a room imports of the rest of the package (a room or a top-level file), and which of its files do."""
    found: dict[str, set[str]] = {}
    for path in python_sources(PACKAGE / room):
        for name in imports(path):
            assert not name.startswith("."), f"{path.relative_to(ROOT)} imports {name}: spell out where it is"
            package, _, rest = name.partition(".")
            first = rest.partition(".")[0]
            if package == "clear_native" and first not in {"", room}:
                found.setdefault(first, set()).add(str(path.relative_to(ROOT)))
    return found


def offenders(paths: list[Path], pattern: str) -> list[str]:
    found = re.compile(pattern)
    return [f"{path.relative_to(ROOT)}: {name}" for path in paths for name in includes(path) if found.match(name)]


def test_there_is_something_to_keep() -> None:
    assert len(native_sources(CSRC / "core")) > 10
    assert len(python_sources()) > 10
    assert any("thread" in includes(path) for path in native_sources(CSRC / "core"))


@pytest.mark.parametrize("what", HEADERS_OF)
def test_core_is_standard_library_only(what: str) -> None:
    assert offenders(native_sources(CSRC / "core"), HEADERS_OF[what]) == []


def test_core_includes_only_itself_and_the_standard_library() -> None:
    own = {path.name for path in native_sources(CSRC / "core")}
    posix = re.compile(r"(dlfcn|fcntl|unistd|dirent|sys/\w+)\.h")
    for path in native_sources(CSRC / "core"):
        for name in includes(path):
            assert Path(name).name in own or posix.fullmatch(name) or "." not in name, f"{path.name} includes {name}"


def test_statistics_know_nothing_of_energy() -> None:
    room = CSRC / "core" / "statistics"
    own = {path.name for path in native_sources(room)}
    assert [name for path in native_sources(room) for name in includes(path) if "." in name and name not in own] == []


def test_only_bindings_include_pybind11() -> None:
    others = [path for path in native_sources(CSRC) if CSRC / "bindings" not in path.parents]
    assert offenders(others, HEADERS_OF["Python"]) == []


def test_only_the_plug_in_includes_torch() -> None:
    others = [path for path in native_sources(CSRC) if CSRC / "torch" not in path.parents]
    assert offenders(others, HEADERS_OF["torch"]) == []


@pytest.mark.parametrize("what", HEADERS_OF)
@pytest.mark.parametrize("folder", ["report", "bundle"])
def test_reports_and_bundles_need_the_core_alone(folder: str, what: str) -> None:
    sources = native_sources(CSRC / folder)
    assert sources
    assert offenders(sources, HEADERS_OF[what]) == []


def test_few_sources_read_the_large_headers() -> None:
    """Each of them takes seconds to compile: JSON and arguments are for the sources that need them."""
    sources = [*native_sources(CSRC / "report"), *native_sources(CSRC / "bench")]
    assert len({place.partition(":")[0] for place in offenders(sources, r"(CLI/|nlohmann/json\.hpp)")}) <= 8
    headers = [path for path in sources if path.suffix == ".hpp"]
    users = {place.partition(":")[0] for place in offenders(headers, r"(CLI/|nlohmann/json\.hpp)")}
    assert users == {"csrc/report/json_reader.hpp", "csrc/report/json_writer.hpp"}


def test_cuda_is_loaded_not_linked() -> None:
    """No runtime API, and no library of the driver or of torch among what is linked."""
    host_code = [path for path in native_sources(CSRC) if path.suffix in {".cpp", ".hpp", ".h"}]
    assert offenders(host_code, r"cuda_runtime") == []
    linked = [
        (path, words)
        for path in CSRC.rglob("CMakeLists.txt")
        if CSRC / "torch" not in path.parents
        for words in re.findall(r"target_link_libraries\(([^)]*)\)", path.read_text("utf-8"))
    ]
    assert linked
    for path, words in linked:
        assert not re.search(r"cudart|CUDA::|torch|nvidia-ml|\bcuda\b", words), f"{path.relative_to(ROOT)}: {words}"


def test_only_the_program_prints_and_nothing_exits() -> None:
    forbidden = re.compile(
        r"\b(std::cout|std::cerr|std::clog|f?printf\s*\(|puts\s*\(|std::exit|std::abort|quick_exit)\b"
    )
    for path in native_sources(CSRC):
        if CSRC / "bench" in path.parents:
            continue
        code = re.sub(r"//.*", "", path.read_text("utf-8"))
        assert not forbidden.search(code), path.relative_to(ROOT)


def test_raw_cuda_graphs_are_touched_in_capture_alone() -> None:
    users = [path.relative_to(PACKAGE) for path in python_sources() if "raw_cuda_graph" in path.read_text("utf-8")]
    assert users == [Path("capture", "capture.py")]


def test_every_room_says_what_it_imports() -> None:
    folders = {path.parent.name for path in PACKAGE.glob("*/__init__.py")} - {"studies"}  # studies: a rule of their own
    assert folders == ROOMS.keys()
    assert {path.relative_to(PACKAGE).parts[0] for path in PACKAGE.glob("*/**/*.py")} <= {*ROOMS, "studies"}


def test_rooms_stand_in_one_order() -> None:
    """Every room imports from those above it in ROOMS alone, so there is no cycle."""
    seen: set[str] = set()
    for room, others in ROOMS.items():
        assert others <= seen, f"{room} imports from rooms below it: {sorted(others - seen)}"
        seen.add(room)


@pytest.mark.parametrize("room", ROOMS)
def test_rooms_import_in_one_direction(room: str) -> None:
    found = imports_within(room)
    allowed = ROOMS[room] | COMMON | ({"execution"} if room in METHODS else set())
    assert {name: files for name, files in found.items() if name not in allowed} == {}
    assert ROOMS[room] <= found.keys(), "allowed, but no file does: take it out of ROOMS"


def test_what_all_rooms_see_stays_apart_from_them() -> None:
    """`errors` and `execution` must not lead back into the rooms that import them."""
    assert not [name for name in imports(PACKAGE / "errors.py") if name.startswith("clear_native")]
    rooms = {name.split(".")[1] for name in imports(PACKAGE / "execution.py") if name.startswith("clear_native.")}
    assert rooms <= {"_core", "cost", "report"}


def test_report_knows_records_and_units_only() -> None:
    for path in python_sources(PACKAGE / "report"):
        for name in imports(path):
            allowed = not name.startswith("clear_native") or name.startswith(
                ("clear_native.report", "clear_native.errors")
            )
            assert allowed, f"{path.name} imports {name}"
            assert name.partition(".")[0] != "torch", f"{path.name} imports torch"


def test_studies_use_the_public_api_only() -> None:
    for path in python_sources(PACKAGE / "studies"):
        for name in imports(path):
            private = name.startswith("clear_native.") and not name.startswith("clear_native.studies")
            public = (PACKAGE / "__init__.py").read_text("utf-8")
            assert not private or f'"{name.split(".")[1]}"' in public, f"{path.name} imports {name}"


def test_files_stay_small() -> None:
    paths = [*native_sources(CSRC), *python_sources(), *python_sources(ROOT / "tests")]
    paths += native_sources(ROOT / "tests")
    long = {
        str(path.relative_to(ROOT)): lines for path in paths if (lines := len(path.read_bytes().splitlines())) > LONGEST
    }
    assert long == {}


def test_no_two_tests_share_a_file_name() -> None:
    """Test folders are no packages, so pytest would take the second one for the first."""
    names = sorted(path.name for path in python_sources(ROOT / "tests") if path.name != "conftest.py")
    assert names == sorted(set(names))


def test_the_library_does_not_print() -> None:
    for path in python_sources():
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Name):
                assert node.func.id not in {"print", "exit", "quit"}, f"{path.name}:{node.lineno} calls {node.func.id}"


def test_nothing_is_swallowed() -> None:
    """No bare except, and no handler of everything that does nothing."""
    for path in python_sources():
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            if isinstance(node, ast.ExceptHandler):
                everything = node.type is None or (isinstance(node.type, ast.Name) and node.type.id == "Exception")
                silent = all(isinstance(line, ast.Pass) for line in node.body)
                assert node.type is not None, f"{path.name}:{node.lineno} catches everything"
                assert not (everything and silent), f"{path.name}:{node.lineno} swallows"


NUMBERS_WITHOUT_UNIT = re.compile(
    r"^(energy|power|duration|elapsed|latency|period|timeout|time_per_pass|energy_per_pass)$"
)
ASKED_BY_USERS = {"max_time", "time"}  # names of the public face, whose unit its documentation states


def names_assigned(path: Path) -> Iterator[tuple[str, int]]:
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        if isinstance(node, ast.arg):
            yield node.arg, node.lineno
        elif isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store):
            yield node.id, node.lineno


def test_quantities_carry_their_unit() -> None:
    """A bare `energy`, `power`, `duration`, ... that holds a number says not in which unit."""
    records = {"energy": "Interval", "power": "Interval"}
    for path in [*python_sources()]:
        for name, line in names_assigned(path):
            if NUMBERS_WITHOUT_UNIT.match(name) and name not in records:
                pytest.fail(f"{path.name}:{line} names a quantity '{name}' without its unit")
    for path in native_sources(CSRC / "core"):
        for name in re.findall(r"\bdouble\s+(\w+)\s*(?:=|;|,|\))", re.sub(r"//.*", "", path.read_text("utf-8"))):
            assert not NUMBERS_WITHOUT_UNIT.match(name), f"{path.name}: double {name}"
