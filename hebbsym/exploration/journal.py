"""The journal of a sweep: which blocks are done, in SQLite, while it runs.

Main names
----------
Journal, opened
    A folder that holds a sweep, opened by one process at a time.
require_free
    Whether a folder may hold one, found out before the work that fills it.

Conventions
-----------
A block is written whole under its name, then entered with its length and hash. A process that dies
in between leaves a file without an entry, which is written again. What is entered is verified when a
sweep is taken up: a block whose file is missing or changed is done again.
"""

from __future__ import annotations

import contextlib
import fcntl
import hashlib
import json
import sqlite3
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import IO, Any

from hebbsym import files
from hebbsym.errors import InvalidValue, UnwritableOutput
from hebbsym.exploration.blocks import SCHEMA, Part

NAME = "journal.sqlite"
PARTS = "parts"
_TABLES = """
CREATE TABLE IF NOT EXISTS sweep (key TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS block (number INTEGER PRIMARY KEY, rows INTEGER NOT NULL,
                                  bytes INTEGER NOT NULL, digest TEXT NOT NULL);
"""


class Journal:
    """A folder that holds one sweep.

    Parameters
    ----------
    folder : Path
    identity : mapping
        What the sweep is: a folder of another one is refused.

    Raises
    ------
    InvalidValue
        When the folder holds another sweep or something else, when another process works there,
        or when the journal is damaged. Nothing is changed then.
    UnwritableOutput
        When it cannot be written.

    Examples
    --------
    >>> import tempfile
    >>> with tempfile.TemporaryDirectory() as parent, opened(Path(parent, "new"), {"a": 1}) as journal:
    ...     journal.enter(Part(0, 2, b"data", hashlib.sha256(b"data").hexdigest()))
    ...     sorted(journal.done())
    [0]
    """

    def __init__(self, folder: Path, identity: Mapping[str, Any]) -> None:
        self.folder = folder
        self._identity = json.dumps(identity, sort_keys=True)
        with _explained(folder):
            (folder / PARTS).mkdir(parents=True, exist_ok=True)
        with contextlib.ExitStack() as undo:
            undo.enter_context(_locked(folder))
            self._base = undo.enter_context(contextlib.closing(_connected(folder / NAME)))
            self._require_same()
            self._held = undo.pop_all()

    def _require_same(self) -> None:
        with _explained(self.folder):
            self._base.executescript(_TABLES)
            known = dict(self._base.execute("SELECT key, value FROM sweep"))
            if not known and (self.entries() or any((self.folder / PARTS).glob("*.parquet"))):
                raise _damaged(self.folder, "it does not say what the parts belong to")
            if not known:
                entries = {"schema": SCHEMA, "identity": self._identity}
                self._base.executemany("INSERT INTO sweep VALUES (?, ?)", entries.items())
                self._base.commit()
                return
        if known.get("schema") != SCHEMA:
            raise InvalidValue(
                f"{self.folder} holds a sweep of schema {known.get('schema')}, and this is {SCHEMA}; "
                "give another folder"
            )
        if known.get("identity") != self._identity:
            raise InvalidValue(
                f"{self.folder} holds another sweep (its space, columns or version differ); "
                "give another folder"
            )

    def path(self, number: int) -> Path:
        """Where the file of a block is."""
        return self.folder / PARTS / f"{number:08d}.parquet"

    def enter(self, part: Part) -> None:
        """Write a block whole, then say so."""
        files.write(self.path(part.number), part.data)
        with _explained(self.folder), self._base:
            self._base.execute(
                "INSERT OR REPLACE INTO block VALUES (?, ?, ?, ?)",
                (part.number, part.rows, len(part.data), part.digest),
            )

    def done(self) -> dict[int, tuple[int, str]]:
        """Rows and hash of every block that is entered and whose file is what it says."""
        for left in (self.folder / PARTS).glob(".*.part"):  # of a process that was killed
            left.unlink(missing_ok=True)
        found: dict[int, tuple[int, str]] = {}
        for number, rows, size, digest in self.entries():
            path = self.path(number)
            if path.is_file() and path.stat().st_size == size and _digest(path) == digest:
                found[number] = rows, digest
        return found

    def entries(self) -> list[tuple[int, int, int, str]]:
        """Number, rows, length and hash of the blocks that are entered."""
        with _explained(self.folder):
            return list(self._base.execute("SELECT * FROM block ORDER BY number"))

    def close(self) -> None:
        """Hand the folder back."""
        self._held.close()


@contextlib.contextmanager
def opened(folder: Path, identity: Mapping[str, Any]) -> Iterator[Journal]:
    """A journal, closed whatever happens.

    Examples
    --------
    >>> import tempfile
    >>> with tempfile.TemporaryDirectory() as parent:
    ...     with opened(Path(parent, "new"), {"a": 1}) as journal:
    ...         journal.done()
    {}
    """
    require_free(folder)
    journal = Journal(folder, identity)
    try:
        yield journal
    finally:
        journal.close()


def require_free(folder: Path) -> None:
    """Refuse a folder that holds something else than a sweep, or that cannot be written.

    Examples
    --------
    >>> import tempfile
    >>> with tempfile.TemporaryDirectory() as parent:
    ...     require_free(Path(parent, "new"))
    ...     Path(parent, "new").exists()
    False
    """
    if folder.exists() and not folder.is_dir():
        raise InvalidValue(f"{folder} is a file; give a folder")
    if folder.is_dir() and not (folder / NAME).exists():
        held = sorted(path.name for path in folder.iterdir() if path.name != "lock")
        if held and held != [PARTS]:
            raise InvalidValue(
                f"{folder} holds {held[0]} and no journal of a sweep; give an empty or a new folder"
            )
    files.writable(folder)


def _locked(folder: Path) -> IO[str]:
    """A lock that the system takes back when the process ends, however that happens."""
    with _explained(folder):
        handle = (folder / "lock").open("a")
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        handle.close()
        raise InvalidValue(f"another process sweeps into {folder}; wait for it") from None
    return handle


def _connected(path: Path) -> sqlite3.Connection:
    with _explained(path.parent), contextlib.ExitStack() as undo:
        base = undo.enter_context(contextlib.closing(sqlite3.connect(path, timeout=10)))
        base.execute("PRAGMA journal_mode=WAL")
        base.execute("PRAGMA synchronous=NORMAL")
        (state,) = base.execute("PRAGMA quick_check(1)").fetchone()
        if state != "ok":
            raise _damaged(path.parent, state)
        undo.pop_all()
        return base


@contextlib.contextmanager
def _explained(folder: Path) -> Iterator[None]:
    """Errors of the system and of the database as ours."""
    try:
        yield
    except sqlite3.OperationalError as error:
        raise UnwritableOutput(f"cannot write the journal in {folder}: {error}") from None
    except sqlite3.DatabaseError as error:
        raise _damaged(folder, str(error)) from None
    except OSError as error:
        raise UnwritableOutput(f"cannot write into {folder}: {error.strerror or error}") from None


def _damaged(folder: Path, what: str) -> InvalidValue:
    return InvalidValue(
        f"{folder / NAME} is damaged ({what.splitlines()[0][:80]}); the parts beside it are as they were: "
        "move the folder away and sweep into a new one"
    )


def _digest(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
