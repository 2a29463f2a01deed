"""What the fresh environment of the wheel's test holds: what the wheel declares, what that needs, and nothing else."""

from __future__ import annotations

import importlib.metadata
import importlib.util
import subprocess
import zipfile
from pathlib import Path
from types import ModuleType

import pytest

pytest.importorskip("packaging")
ROOT = Path(__file__).parents[1]
THERE = {
    "torch": ["sympy", "numpy; extra == 'fast'"],
    "sympy": [],
    "numpy": [],
    "pandas": ["numpy"],
    "transformers": [],
}


@pytest.fixture(scope="module")
def dependencies() -> ModuleType:
    spec = importlib.util.spec_from_file_location("wheel_dependencies", ROOT / "scripts" / "wheel_dependencies.py")
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture
def environment(tmp_path: Path) -> Path:
    """Packages of one module each, as they are when installed."""
    for name, needs in THERE.items():
        (tmp_path / f"{name}.py").write_text("")
        information = tmp_path / f"{name}-1.dist-info"
        information.mkdir()
        lines = [f"Name: {name}", "Version: 1", *(f"Requires-Dist: {need}" for need in needs)]
        (information / "METADATA").write_text("\n".join(["Metadata-Version: 2.1", *lines, ""]))
        (information / "RECORD").write_text(f"{name}.py,,\n{name}-1.dist-info/METADATA,,\n../bin/{name},,\n")
    return tmp_path


def find(environment: Path) -> object:
    def by_name(name: str) -> importlib.metadata.Distribution:
        for found in importlib.metadata.distributions(name=name, path=[str(environment)]):
            return found
        raise importlib.metadata.PackageNotFoundError(name)

    return by_name


def test_the_declared_and_what_it_needs(dependencies: ModuleType, environment: Path) -> None:
    declared = ["torch>=1", "transformers; extra == 'models'", "pandas; python_version < '3'"]
    assert set(dependencies.needed(declared, [], find(environment))) == {"torch", "sympy"}
    assert set(dependencies.needed(declared, ["models"], find(environment))) == {"torch", "sympy", "transformers"}
    assert set(dependencies.needed(["torch[fast]", "torch"], [], find(environment))) == {"torch", "sympy", "numpy"}


def test_what_is_not_there_is_told(dependencies: ModuleType, environment: Path) -> None:
    with pytest.raises(LookupError, match="rich>=13 is needed"):
        dependencies.needed(["torch", "rich>=13"], [], find(environment))


def test_links(dependencies: ModuleType, environment: Path, tmp_path_factory: pytest.TempPathFactory) -> None:
    site = tmp_path_factory.mktemp("site")
    for _ in range(2):  # a second time for an extra
        for distribution in dependencies.needed(["torch"], [], find(environment)).values():
            dependencies.link(distribution, site)
    assert {path.name for path in site.iterdir()} == {"torch.py", "torch-1.dist-info", "sympy.py", "sympy-1.dist-info"}
    assert [found.name for found in importlib.metadata.distributions(name="torch", path=[str(site)])] == ["torch"]


def test_requirements_are_read_from_the_wheel(dependencies: ModuleType, tmp_path: Path) -> None:
    with zipfile.ZipFile(tmp_path / "a.whl", "w") as wheel:
        text = "Metadata-Version: 2.1\nName: a\nRequires-Dist: torch>=2.9\nRequires-Dist: b; extra == 'x'\n\nText"
        wheel.writestr("a-1.dist-info/METADATA", text)
    assert dependencies.requirements(tmp_path / "a.whl") == ["torch>=2.9", "b; extra == 'x'"]


def test_make_test_uses_the_wheel() -> None:
    shown = subprocess.run(["make", "-n", "test"], cwd=ROOT, check=True, capture_output=True, text=True).stdout
    assert "BUILD=build/python scripts/wheel_test.sh" in shown, "it reuses what the editable install compiled"
