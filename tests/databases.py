"""A real PostgreSQL of the tests' own, on a free port of this machine."""

import os
import pwd
import shutil
import subprocess
import tempfile
from contextlib import contextmanager
from pathlib import Path

PACKAGE = "Debian's package postgresql"


def binaries():
    """The newest installed PostgreSQL's bin directory, None where there is none."""
    found = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"), key=lambda path: float(path.parts[4]))
    return found[-1].parent if found else None


@contextmanager
def postgresql(port):
    """URL of an empty database; the server ends with the block."""
    # Not below pytest's folder: that one is root's alone, and PostgreSQL must reach its data as another user.
    with tempfile.TemporaryDirectory(prefix="oih-cds-postgresql-", ignore_cleanup_errors=True) as folder:
        yield from _started(Path(folder), port)


def _started(folder, port):
    tools = binaries()
    data = folder / "data"
    as_owner = []
    if os.getuid() == 0:  # PostgreSQL refuses to run as root
        owner = pwd.getpwnam("postgres")
        shutil.chown(folder, owner.pw_uid, owner.pw_gid)
        as_owner = ["runuser", "-u", "postgres", "--"]

    def run(*command):
        subprocess.run([*as_owner, *command], check=True, cwd="/", stdout=subprocess.DEVNULL, timeout=120)

    run(str(tools / "initdb"), "-D", str(data), "-A", "trust", "-U", "app", "--no-sync")
    options = f"-p {port} -k {folder} -c listen_addresses=127.0.0.1"
    control = str(tools / "pg_ctl")
    run(control, "-D", str(data), "-o", options, "-l", str(folder / "log"), "-w", "start")
    try:
        yield f"postgresql+psycopg://app@127.0.0.1:{port}/postgres"
    finally:
        run(control, "-D", str(data), "-m", "immediate", "-w", "stop")
