#!/usr/bin/env python3
"""Set up Deconvolyte if need be, then run it: everything after ``start.py`` is passed on.

    python3 start.py                          open the window
    python3 start.py demo                     any deconvolyte command
    python3 start.py screenshots -o DIR       pictures of the window, for the guide
    python3 start.py test [--require-data] [pytest arguments]
    python3 start.py bench [NAME | --statistics] [--rounds N --size N --write]

Needs Python 3.11 and nothing else. The first call makes ``.venv`` beside this file from the
hashed requirements*.lock; later calls find its stamp and start at once. Set-up talks on stderr
only; where it fails the exit status is 69. The syntax stays that of Python 3.6, so that an older
Python still gets to read its sentence.
"""

import contextlib
import ctypes
import hashlib
import importlib.util
import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

try:
    import fcntl
except ImportError:  # Windows
    fcntl = None
    import msvcrt

OLDEST_PYTHON = (3, 11)
SETUP_FAILED = 69
ROOT = Path(__file__).resolve().parent
VENV = ROOT / ".venv"
BIN = VENV / ("Scripts" if os.name == "nt" else "bin")
SUFFIX = ".exe" if os.name == "nt" else ""
PYTHON = BIN / ("python" + SUFFIX)
PROGRAM = BIN / ("deconvolyte" + SUFFIX)
STAMP = VENV / "start.stamp"
BASE_LOCKS = ("requirements-build.lock", "requirements.lock")  # in this order
LOCK = VENV / "start.lock"
OWN_WORDS = ("test", "bench", "screenshots")
WINDOW_WORDS = (None, "gui", "test", "screenshots")  # what can do with Qt; None: no word at all
QT_LIBRARIES = {
    "libglib-2.0.so.0": "libglib2.0-0",
    "libGL.so.1": "libgl1",
    "libEGL.so.1": "libegl1",
    "libxkbcommon.so.0": "libxkbcommon0",
    "libdbus-1.so.3": "libdbus-1-3",
    "libfontconfig.so.1": "libfontconfig1",
}
X11_LIBRARIES = {
    "libxcb-cursor.so.0": "libxcb-cursor0",
    "libxkbcommon-x11.so.0": "libxkbcommon-x11-0",
    "libxcb-icccm.so.4": "libxcb-icccm4",
    "libxcb-keysyms.so.1": "libxcb-keysyms1",
    "libxcb-shape.so.0": "libxcb-shape0",
}


class SetupError(Exception):
    """Set-up cannot go on; the text says why and what to do."""


# --- what the system must have -------------------------------------------------------------


def has_module(name):
    """Say whether this Python can import a top-level module."""
    return importlib.util.find_spec(name) is not None


def system_needs(uv):
    """List what the operating system has to bring, as (present, Debian package)."""
    return [
        # Debian splits ensurepip off from its Python; uv makes environments without it.
        (bool(uv) or has_module("ensurepip"), venv_package()),
    ]


def venv_package():
    """Name the Debian package that completes the Python in use."""
    default = Path("/usr/bin/python3")
    if default.exists() and Path(sys.executable).resolve() == default.resolve():
        return "python3-venv"
    return "python{}.{}-venv".format(*sys.version_info[:2])


def window_packages():
    """List Debian packages that the window lacks here; other systems bring all that Qt needs."""
    if not sys.platform.startswith("linux") or shutil.which("apt-get") is None:
        return []
    libraries = {**QT_LIBRARIES, **X11_LIBRARIES}
    return [package for name, package in libraries.items() if not loads(name)]


def loads(library):
    """Say whether the system has a shared library."""
    try:
        ctypes.CDLL(library)
    except OSError:
        return False
    return True


def bring_window_libraries():
    """Install as root what the window needs, else say how; without it all but the window works."""
    packages = window_packages()
    if not packages:
        return
    try:
        install_system_packages(packages)
    except SetupError as error:
        say(f"everything but the window works without {' '.join(packages)}. {error}")


def install_system_packages(packages):
    """Install missing Debian packages as root; else say which line would do it.

    Raises
    ------
    SetupError : not root, no apt-get, or apt-get failed
    """
    if not packages:
        return
    names = " ".join(packages)
    if shutil.which("apt-get") is None:
        raise SetupError(
            f"{sys.executable} lacks what Debian calls {names}: "
            "install its counterpart with the package manager of this system."
        )
    if not hasattr(os, "geteuid") or os.geteuid() != 0:
        raise SetupError(
            f"{names} is missing. Run this line once, then start again:\n"
            f"sudo apt-get update && sudo apt-get install -y {names}"
        )
    say(f"installing {names} with apt-get")
    lean = ["--no-install-recommends", "-o", "Dpkg::Use-Pty=0"]
    quiet = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
    call(["apt-get", "update", "-qq"], quiet)
    call(["apt-get", "install", "-y", "-qq", *lean, *packages], quiet)


# --- the environment -----------------------------------------------------------------------


def digest(*parts):
    """SHA-256 over files (Path) and texts."""
    total = hashlib.sha256()
    for part in parts:
        data = part.read_bytes() if isinstance(part, Path) else part.encode()
        total.update(len(data).to_bytes(8, "big") + data)
    return total.hexdigest()


def wanted_stamp(tools, window=False):
    """Fingerprint of a finished environment, by stage.

    ``base`` changes with Python, the place of the clone (scripts name it) and the lock: the
    environment is made anew. The others are brought up to date in place.
    """
    python = f"{sys.implementation.cache_tag}{getattr(sys, 'abiflags', '')} {sys.platform}"
    stamp = {
        "base": digest(python, str(ROOT), *(ROOT / name for name in BASE_LOCKS)),
        "project": digest(ROOT / "pyproject.toml"),
    }
    if tools:
        stamp["tools"] = digest(ROOT / "requirements-dev.lock")
    if window:
        stamp["window"] = digest(*QT_LIBRARIES, *X11_LIBRARIES)
    return stamp


def found_stamp():
    """Read what the last finished set-up left; empty where there is none to rely on."""
    try:
        stamp = json.loads(STAMP.read_text("utf-8"))
    except (OSError, ValueError):
        return {}
    complete = isinstance(stamp, dict) and PYTHON.exists() and PROGRAM.exists()
    return stamp if complete else {}


def write_stamp(stamp):
    """Replace the stamp in one go."""
    fresh = STAMP.with_suffix(".new")
    fresh.write_text(json.dumps(stamp), "utf-8")
    os.replace(fresh, STAMP)


def is_ready(found, wanted):
    """Say whether an environment has every stage that is wanted, as it is wanted."""
    return all(found.get(stage) == value for stage, value in wanted.items())


def set_up(tools, window=False):
    """Make or mend ``.venv``; do nothing if its stamp is right.

    Parameters
    ----------
    tools : also install what developers need (requirements-dev.lock)
    window : also look, once, for the libraries that a window needs

    Raises
    ------
    SetupError : with the reason in a sentence
    """
    wanted = wanted_stamp(tools, window)
    if is_ready(found_stamp(), wanted):
        return
    uv = shutil.which("uv")
    packages = [package for present, package in system_needs(uv) if not present]
    if packages and window:
        packages += window_packages()  # one line for all
    install_system_packages(packages)
    VENV.mkdir(exist_ok=True)
    with locked(LOCK) as held:
        found = found_stamp()  # another start may have done it while this one waited
        if not is_ready(found, wanted):
            install(found, wanted, uv, held)


def install(found, wanted, uv, held):
    """Run the stages that are out of date, then stamp. Without a stamp nothing is trusted."""
    if STAMP.exists():
        STAMP.unlink()
    remake = found.get("base") != wanted["base"]
    if remake:
        say("making .venv; the first time takes a minute or two")
        make_environment(uv, held)
        for name in BASE_LOCKS:
            install_lock(name, uv, held)
    if remake or found.get("project") != wanted["project"]:
        say("installing deconvolyte")
        here = ["--no-deps", "--no-build-isolation", "--editable", str(ROOT)]
        call([*installer(uv), *here], installer_environment(), held)
    if "tools" in wanted and (remake or found.get("tools") != wanted["tools"]):
        install_lock("requirements-dev.lock", uv, held)
    if "window" in wanted and (remake or found.get("window") != wanted["window"]):
        bring_window_libraries()
    write_stamp(wanted if remake else {**found, **wanted})
    say("ready")


def make_environment(uv, held):
    """Empty ``.venv`` (but for the lock file that is held) and make it anew."""
    for entry in VENV.iterdir():
        if entry == LOCK:
            continue
        if entry.is_dir() and not entry.is_symlink():
            shutil.rmtree(str(entry))
        else:
            entry.unlink()
    # A start from inside another environment builds on the Python below it.
    python = getattr(sys, "_base_executable", None) or sys.executable
    if uv:
        command = [uv, "venv", "--quiet", "--allow-existing", "--python", python, str(VENV)]
    else:
        command = [python, "-m", "venv", str(VENV)]
    call(command, installer_environment(), held)


def install_lock(name, uv, held):
    """Install a lock file, every download checked against its hash, build tools included."""
    say(f"installing {name}")
    lock = ["--require-hashes", "--no-build-isolation", "--requirement", str(ROOT / name)]
    call([*installer(uv), *lock], installer_environment(), held)


def installer(uv):
    """Begin the command line of uv or pip; progress is drawn on terminals only."""
    quiet = [] if sys.stderr.isatty() else ["--quiet"]
    if uv:
        return [uv, "pip", "install", *quiet, "--python", str(PYTHON)]
    return [str(PYTHON), "-m", "pip", "install", *quiet, "--disable-pip-version-check"]


def installer_environment():
    """Drop the settings of the caller that would lead an installer out of ``.venv``."""
    astray = ("PYTHONHOME", "PYTHONPATH", "PIP_TARGET", "PIP_PREFIX", "PIP_ROOT", "VIRTUAL_ENV")
    kept = {name: value for name, value in os.environ.items() if name not in astray}
    return {**kept, "PIP_USER": "0"}


@contextlib.contextmanager
def locked(path):
    """Hold a lock file, waiting for another start to finish; gives its descriptor."""
    descriptor = os.open(str(path), os.O_RDWR | os.O_CREAT, 0o666)
    try:
        if not try_lock(descriptor, wait=False):
            say("another start is setting up; waiting for it")
            while not try_lock(descriptor, wait=True):
                pass
        yield descriptor
    finally:
        os.close(descriptor)


def try_lock(descriptor, wait):
    """Lock a file; False if another process holds it (on Windows ``wait`` means ten seconds)."""
    try:
        if fcntl:
            fcntl.flock(descriptor, fcntl.LOCK_EX if wait else fcntl.LOCK_EX | fcntl.LOCK_NB)
        else:
            msvcrt.locking(descriptor, msvcrt.LK_LOCK if wait else msvcrt.LK_NBLCK, 1)
    except OSError as error:
        if wait and fcntl:
            raise SetupError(f"{LOCK} cannot be locked: {error.strerror}.") from error
        return False
    return True


# --- running things ------------------------------------------------------------------------


def say(text):
    """Tell the user on stderr; stdout belongs to the program."""
    print(f"start.py: {text}", file=sys.stderr, flush=True)


def call(command, environment, held=None):
    """Run one step of the set-up with its output on stderr.

    ``held`` is the lock, handed to the child: if this process is killed, the lock lasts until
    the installer that still writes to ``.venv`` has ended too.

    Raises
    ------
    SetupError : the step failed
    """
    inherit = (held,) if held is not None and fcntl else ()
    streams = {"stdin": subprocess.DEVNULL, "stdout": 2}
    status = subprocess.call(command, cwd=str(ROOT), env=environment, pass_fds=inherit, **streams)
    if status != 0:
        raise SetupError(
            f"this step failed with status {status} (its own words are above; "
            f"is there a network connection?): {' '.join(command)}"
        )


def hand_over(command):
    """Become the command: same process, signals and exit status (Windows: wait for it)."""
    sys.stdout.flush()
    if os.name == "nt":
        sys.exit(subprocess.call(command))
    os.execv(command[0], command)


def developer_command(word, arguments):
    """Command line of one of start.py's own words, to be run in the project's folder."""
    if word == "test":
        if sys.platform.startswith("linux") and not all(map(loads, QT_LIBRARIES)):
            # its import of Qt would stop the whole run; tests of the window are left out
            os.environ["PYTEST_ADDOPTS"] = "-p no:pytest-qt"
        workers = ["-n", "logical", "--maxprocesses", "4", "--dist", "worksteal"]
        return [str(PYTHON), "-m", "pytest", *workers, *arguments]
    if word == "screenshots":
        return [str(PYTHON), "-P", str(ROOT / "docs" / "screenshots.py"), *arguments]
    return [str(PYTHON), "-m", "benchmarks", *arguments]


def refuse_old_python(version):
    """Stop with one sentence on a Python that cannot run the project."""
    if version < OLDEST_PYTHON:
        say(
            "Deconvolyte needs Python {}.{} or newer, this is {}.{} ({}).".format(
                *OLDEST_PYTHON, *version[:2], sys.executable
            )
        )
        sys.exit(SETUP_FAILED)


def main(arguments):
    """Set up, then hand over to the program, pytest or a benchmark."""
    refuse_old_python(sys.version_info[:2])
    word = arguments[0] if arguments else None
    own = word in OWN_WORDS
    try:
        set_up(tools=word in ("test", "bench"), window=word in WINDOW_WORDS)
    except SetupError as error:
        say(str(error))
        sys.exit(SETUP_FAILED)
    except OSError as error:
        say(f"set-up failed at {error.filename or ROOT}: {error.strerror}.")
        sys.exit(SETUP_FAILED)
    except KeyboardInterrupt:
        say("interrupted; the next start mends what is half done")
        sys.exit(130)
    if own:
        command = developer_command(word, arguments[1:])
        if word != "screenshots":
            os.chdir(str(ROOT))
    else:
        command = [str(PROGRAM), *arguments]
    hand_over(command)


if __name__ == "__main__":
    main(sys.argv[1:])
