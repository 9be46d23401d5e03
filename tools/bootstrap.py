"""Make the virtual environment, and renew it when the requirements change.

Only the standard library, in syntax that an old Python reads: this file has to start
under the Python that is too old in order to say so.
"""

import hashlib
import os
import re
import shutil
import subprocess
import sys
import time
from typing import Any, List, Optional, Tuple

ROOT = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
VENV = os.path.join(ROOT, ".venv")
STAMP = os.path.join(VENV, ".installed")
INPUTS = ("requirements.txt", "constraints.txt", "pyproject.toml")
OLDEST = (3, 11)
# The oldest first: it is the one that the pinned packages were tried with.
NAMES = ("python3.11", "python3.12", "python3.13", "python3.14", "python3", "python")
NEEDED_GB = 3.0
# How pip's line on a package begins, from an index and from a folder of files.
FOUND = ("Collecting ", "Processing ")


class RefusalError(Exception):
    """A reason not to go on, in one line that says how to mend it."""


def main() -> int:
    """Leave a virtual environment that fits the requirements, or say why not."""
    try:
        wanted = fingerprint()
        if read(STAMP) == wanted and os.path.exists(venv_python()):
            return 0
        with Lock():
            if read(STAMP) != wanted or not os.path.exists(venv_python()):
                renew(wanted)
    except RefusalError as refusal:
        print("error: {}".format(refusal), file=sys.stderr)
        return 1
    except OSError as error:
        print("error: {}".format(explain(error)), file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print("\nstopped; the next make goes on from here", file=sys.stderr)
        return 130
    return 0


def renew(wanted: str) -> None:
    """Create the environment where there is none and install everything in it."""
    check_space()
    started = time.time()
    # From here until the end the environment fits neither the old nor the new list.
    if os.path.exists(STAMP):
        os.remove(STAMP)
    if not usable(venv_python()):
        base = find_python()
        print("Making .venv with {} ...".format(base))
        run_venv(base)
    install()
    write(STAMP, wanted)
    print("The environment is ready ({:.0f} s).".format(time.time() - started))


def fingerprint() -> str:
    """Return what the environment depends on: the requirements and this checkout."""
    digest = hashlib.sha256(ROOT.encode("utf-8"))
    for name in INPUTS:
        with open(os.path.join(ROOT, name), "rb") as handle:
            digest.update(handle.read())
    return digest.hexdigest()


def find_python() -> str:
    """Return the first Python that is new enough and can make environments."""
    chosen = os.environ.get("PYTHON")
    names = (chosen,) if chosen else NAMES
    too_old = without_venv = None
    for name in names:
        path = shutil.which(name)
        version = python_version(path) if path else None
        if path is None or version is None:
            continue
        if version < OLDEST:
            too_old = "{} is Python {}.{}".format(path, *version)
        elif not can_make_venv(path):
            without_venv = path
        else:
            return path
    if without_venv:
        raise RefusalError(
            "{} has no venv module; install it (Debian and Ubuntu: "
            "apt-get install python3-venv)".format(without_venv)
        )
    found = too_old or "no working Python was found as {}".format(", ".join(names))
    raise RefusalError(
        "Python {}.{} or newer is needed, and {}; install one, or name it: "
        "make PYTHON=/path/to/python3".format(OLDEST[0], OLDEST[1], found)
    )


def python_version(path: str) -> Optional[Tuple[int, int]]:
    """Return (major, minor) of a Python, or None if it does not run."""
    code = "import sys; print('%d %d' % sys.version_info[:2])"
    answer = output_of([path, "-c", code])
    match = re.match(r"(\d+) (\d+)\s*$", answer or "")
    return (int(match.group(1)), int(match.group(2))) if match else None


def can_make_venv(path: str) -> bool:
    """Tell whether a Python has venv and ensurepip (Debian packages them apart)."""
    return output_of([path, "-c", "import ensurepip, venv"]) is not None


def usable(path: str) -> bool:
    """Tell whether an environment's Python runs, is new enough and has pip."""
    if not os.path.exists(path) or (python_version(path) or (0, 0)) < OLDEST:
        return False
    return output_of([path, "-m", "pip", "--version"]) is not None


def output_of(command: List[str]) -> Optional[str]:
    """Return what a command prints, or None if it fails."""
    try:
        process = subprocess.Popen(
            command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL
        )
        out = process.communicate()[0]
    except OSError:
        return None
    return out.decode("utf-8", "replace") if process.returncode == 0 else None


def run_venv(base: str) -> None:
    """Make the environment; --clear mends one that an interruption left half made."""
    process = subprocess.Popen(
        [base, "-m", "venv", "--clear", VENV],
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
    )
    out = process.communicate()[0].decode("utf-8", "replace")
    if process.returncode != 0:
        raise RefusalError(
            pip_trouble(out) or "{} -m venv failed: {}".format(base, last_line(out))
        )


def install() -> None:
    """Install the requirements and this package in one pip call, with progress.

    One call, because a second one could lift a package past another one's limit.
    """
    total = count_requirements()
    print("Installing {} packages ...".format(total))
    command = [venv_python(), "-m", "pip", "install", "--progress-bar=off"]
    command += ["--disable-pip-version-check", "--no-input", "--retries=2"]
    command += ["-r", "requirements.txt", "-e", "."]
    environment = dict(os.environ, PYTHONUNBUFFERED="1", PYTHONWARNINGS="ignore")
    log_path = os.path.join(VENV, "install.log")
    lines = []  # type: List[str]
    seen = 0
    with open(log_path, "wb") as log:
        with subprocess.Popen(
            command,
            cwd=ROOT,
            env=environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
        ) as process:
            try:
                for raw in process.stdout or ():
                    log.write(raw)
                    line = raw.decode("utf-8", "replace").strip()
                    lines.append(line)
                    seen += line.startswith(FOUND)
                    show_progress(line, seen, total)
            except BaseException:
                process.terminate()
                raise
            code = process.wait()
    if code != 0:
        out = "\n".join(lines)
        errors = [line for line in lines if line.startswith("ERROR")]
        reason = pip_trouble(out) or "pip failed: {}".format(
            errors[-1][7:] if errors else last_line(out)
        )
        raise RefusalError("{} (all of pip's words: {})".format(reason, log_path))


def show_progress(line: str, seen: int, total: int) -> None:
    """Print a line for every tenth package, each large file and the last step."""
    if line.startswith(FOUND) and seen % 10 == 0:
        print("  {:3d} of {} found".format(min(seen, total), total))
    large = re.match(r"Downloading (\S+).*\((\d{2,}\.\d MB|\d+\.\d GB)\)", line)
    if large:
        name = large.group(1).rsplit("/", 1)[-1].split("-")[0]
        print("  downloading {} ({})".format(name, large.group(2)))
    if line.startswith("Installing collected packages"):
        print("  unpacking them: a minute or two without a word ...")
    sys.stdout.flush()


def count_requirements() -> int:
    """Return how many packages the two pinned lists name."""
    count = 0
    for name in INPUTS[:2]:
        for line in (read(os.path.join(ROOT, name)) or "").splitlines():
            count += "==" in line.split("#")[0]
    return count


NETWORK = (
    "Temporary failure in name resolution",
    "Name or service not known",
    "Network is unreachable",
    "Failed to establish a new connection",
    "Max retries exceeded",
    "NewConnectionError",
    "ConnectTimeoutError",
    "ReadTimeoutError",
    "ProxyError",
    "nodename nor servname",
)


def pip_trouble(out: str) -> Optional[str]:
    """Name the trouble that pip's words tell of, or return None."""
    if "No space left on device" in out:
        return space_line(free_gb())
    if any(sign in out for sign in NETWORK):
        return (
            "no network: pip could not reach the package index; connect (or set "
            "PIP_INDEX_URL or HTTPS_PROXY) and run the command again"
        )
    return None


def check_space() -> None:
    """Refuse before anything is written if the disk cannot hold the environment."""
    free = free_gb()
    if free < NEEDED_GB and not os.path.exists(venv_python()):
        raise RefusalError(space_line(free))


def free_gb() -> float:
    """Return the free space beside this checkout in gigabytes."""
    return shutil.disk_usage(ROOT).free / 1e9


def space_line(free: float) -> str:
    """Say how much space is needed and how much there is."""
    return (
        "no disk space: the environment needs about {:.0f} GB (8 GB with torch's GPU "
        "build) and {} has {:.1f} GB free; free some and run the command again"
    ).format(NEEDED_GB, ROOT, free)


def explain(error: OSError) -> str:
    """Turn an operating system's error into one line."""
    if error.errno == 28:  # ENOSPC
        return space_line(free_gb())
    return str(error)


def last_line(text: str) -> str:
    """Return the last line that says something."""
    lines = [line for line in text.splitlines() if line.strip()]
    return lines[-1].strip() if lines else "no reason given"


def venv_python() -> str:
    """Return the environment's Python."""
    return os.path.join(VENV, "bin", "python")


def read(path: str) -> Optional[str]:
    """Return a file's text, or None if there is no such file."""
    try:
        with open(path, "rb") as handle:
            return handle.read().decode("utf-8").strip()
    except OSError:
        return None


def write(path: str, text: str) -> None:
    """Write a file beside and rename it, so that no half of it is ever read."""
    beside = "{}.{}".format(path, os.getpid())
    with open(beside, "wb") as handle:
        handle.write(text.encode("utf-8"))
    os.rename(beside, path)


class Lock:
    """Let one process at a time change the environment."""

    def __enter__(self) -> "Lock":
        import fcntl

        self.handle = open(os.path.join(ROOT, ".venv.lock"), "w")
        try:
            fcntl.flock(self.handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            print("Another process is installing .venv; waiting for it ...")
            sys.stdout.flush()
            fcntl.flock(self.handle, fcntl.LOCK_EX)
        return self

    def __exit__(self, *error: Any) -> None:
        self.handle.close()


if __name__ == "__main__":
    sys.exit(main())
