"""Rules of the house that no linter knows."""

import ast
import os
import re
import shutil
import subprocess
import sys
import tomllib
import zipfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

PROJECT = Path(__file__).resolve().parents[1]
PACKAGES = ("app", "fitting", "reference_lines")
SLOW_IMPORTS = (
    "galvani",
    "h5py",
    "lmfit",
    "matplotlib",
    "pandas",
    "pybaselines",
    "rich",
    "rsciio",
    "scipy.signal",
    "scipy.stats",
    "xraylib",
)
HARD_LIMIT = {"lines of a file": 500, "lines of a function": 60, "public methods of a class": 20}


def own_files() -> list[Path]:
    """Every file of the project, tracked or about to be; a copy without git is walked."""
    git = shutil.which("git")
    if git and (PROJECT / ".git").exists():
        command = [git, "-c", "safe.directory=*", "ls-files", "-co", "--exclude-standard", "-z"]
        listed = subprocess.run(command, cwd=PROJECT, capture_output=True, check=False)
        if listed.returncode == 0:
            names = listed.stdout.decode().split("\0")
            return [PROJECT / name for name in names if name and (PROJECT / name).is_file()]
    hidden = re.compile(r"\.venv|\.git|\.[a-z_]+_cache|\.hypothesis|__pycache__|build|dist|demo")
    return [
        path
        for path in PROJECT.rglob("*")
        if path.is_file()
        and not any(hidden.fullmatch(part) for part in path.relative_to(PROJECT).parts[:-1])
    ]


def sources() -> list[Path]:
    return [path for name in PACKAGES for path in sorted((PROJECT / name).rglob("*.py"))]


def parsed(path: Path) -> ast.Module:
    return ast.parse(path.read_text("utf-8"), str(path))


def place(path: Path, node: ast.AST) -> str:
    return f"{path.relative_to(PROJECT)}:{getattr(node, 'lineno', 1)}"


def slow(name: str) -> bool:
    return any(name == heavy or name.startswith(f"{heavy}.") for heavy in SLOW_IMPORTS)


# --- files ---------------------------------------------------------------------------------


def test_every_folder_of_code_is_a_package() -> None:
    folders = {
        path.parent
        for path in own_files()
        if path.suffix == ".py" and path.relative_to(PROJECT).parts[0] in (*PACKAGES, "tests")
    }
    assert folders
    assert [folder for folder in folders if not (folder / "__init__.py").exists()] == []


def test_no_file_names_a_machine_or_a_download_host() -> None:
    hosts = ("py" + "pi", "pythonhos" + "ted", "deb.deb" + "ian")
    machine = re.compile(r"(?<![\w.])/(work|root)/|" + "|".join(map(re.escape, hosts)), re.I)
    found = []
    for path in own_files():
        data = path.read_bytes()
        if b"\0" in data[:4096] or path.name == "LICENSE":
            continue
        for number, line in enumerate(data.decode("utf-8", "replace").splitlines(), 1):
            if machine.search(line):
                found.append(f"{path.relative_to(PROJECT)}:{number}: {line.strip()[:80]}")
    assert found == []


def test_tests_that_read_shared_data_are_marked() -> None:
    readers = [
        path
        for path in own_files()
        if path.match("test_*.py") and re.search(r"\bshared_file\b", path.read_text("utf-8"))
    ]
    assert [path for path in readers if "real_data" not in path.read_text("utf-8")] == []


# --- code ----------------------------------------------------------------------------------


def oversized(path: Path, tree: ast.Module) -> Iterator[tuple[str, str, int]]:
    yield "lines of a file", f"{path.relative_to(PROJECT)}", len(path.read_bytes().splitlines())
    for node in ast.walk(tree):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            length = (node.end_lineno or node.lineno) - node.lineno + 1
            yield "lines of a function", f"{place(path, node)} {node.name}", length
        elif isinstance(node, ast.ClassDef):
            methods = [part for part in node.body if isinstance(part, ast.FunctionDef)]
            public = sum(not method.name.startswith("_") for method in methods)
            yield "public methods of a class", f"{place(path, node)} {node.name}", public


def test_nothing_is_larger_than_one_idea() -> None:
    paths = [*sources(), PROJECT / "start.py"]
    sizes = [size for path in paths for size in oversized(path, parsed(path))]
    assert [size for size in sizes if size[2] > HARD_LIMIT[size[0]]] == []


def imported_at_once(body: list[ast.stmt]) -> Iterator[tuple[ast.stmt, str]]:
    """Modules that importing this code imports; not those of functions and type checkers."""
    for node in body:
        if isinstance(node, ast.Import):
            yield from ((node, alias.name) for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            yield from ((node, f"{node.module}.{alias.name}") for alias in node.names)
        elif isinstance(node, ast.If) and "TYPE_CHECKING" not in ast.unparse(node.test):
            yield from imported_at_once([*node.body, *node.orelse])
        elif isinstance(node, ast.Try):
            handled = [part for handler in node.handlers for part in handler.body]
            yield from imported_at_once([*node.body, *handled, *node.orelse])
        elif isinstance(node, ast.ClassDef):
            yield from imported_at_once(node.body)


def test_slow_libraries_are_imported_where_they_are_used() -> None:
    found = [
        f"{place(path, node)} {name}"
        for path in sources()
        for node, name in imported_at_once(parsed(path).body)
        if slow(name)
    ]
    assert found == []


# --- what is installed ---------------------------------------------------------------------


def pins(name: str) -> dict[str, list[Requirement]]:
    """Pinned versions of a lock file by package, one for each environment marker."""
    found: dict[str, list[Requirement]] = {}
    text = (PROJECT / name).read_text("utf-8").replace("\\\n", " ")
    for line in text.splitlines():
        pin, *hashes = line.split(" --hash=")
        assert hashes, f"no hash: {line}"
        assert all(value.strip().startswith("sha256:") for value in hashes)
        requirement = Requirement(pin.strip())
        assert [part.operator for part in requirement.specifier] == ["=="]
        found.setdefault(canonicalize_name(requirement.name), []).append(requirement)
    return found


def version(pin: Requirement) -> str:
    return next(iter(pin.specifier)).version


def test_the_locks_satisfy_the_project() -> None:
    table = tomllib.loads((PROJECT / "pyproject.toml").read_text("utf-8"))
    asked = {
        "requirements-build.lock": table["build-system"]["requires"],
        "requirements.lock": table["project"]["dependencies"],
        "requirements-dev.lock": table["dependency-groups"]["dev"],
    }
    for name, requirements in asked.items():
        lock = pins(name)
        for requirement in map(Requirement, requirements):
            found = lock.get(canonicalize_name(requirement.name))
            assert found, f"{name} lacks {requirement}"
            assert all(requirement.specifier.contains(version(pin)) for pin in found), name


def test_the_two_locks_agree() -> None:
    program, tools = pins("requirements.lock"), pins("requirements-dev.lock")
    common = set(program) & set(tools)
    assert common
    for name in common:
        assert {version(pin) for pin in tools[name]} <= {version(pin) for pin in program[name]}


def test_the_wheel_holds_the_three_packages_and_nothing_else(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(tmp_path)]
    subprocess.run(command, cwd=PROJECT, check=True, capture_output=True, timeout=120)
    (wheel,) = tmp_path.glob("*.whl")
    with zipfile.ZipFile(wheel) as archive:
        inside = set(archive.namelist())
    expected = {
        path.relative_to(PROJECT).as_posix()
        for path in own_files()
        if path.relative_to(PROJECT).parts[0] in PACKAGES
    }
    installed = {name for name in inside if not name.split("/")[0].endswith(".dist-info")}
    assert installed == expected
    assert any(name.endswith(".dist-info/licenses/LICENSE") for name in inside)


@pytest.mark.parametrize("word", ["--help", "--version"])
def test_help_and_version_import_nothing_slow(word: str) -> None:
    probe = (
        "import sys; sys.argv = ['deconvolyte', sys.argv[1]]\n"
        "from app.main import main\n"
        "try: status = main()\n"
        "except SystemExit as end: status = end.code\n"
        "print('\\n'.join(sys.modules), file=sys.stderr)\n"
        "sys.exit(status)\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", probe, word],
        cwd=PROJECT,
        env={**os.environ, "PYTHONWARNINGS": "default"},
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout.strip()
    assert [name for name in done.stderr.splitlines() if slow(name)] == []
