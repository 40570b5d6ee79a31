"""The database that holds a study, and one process at a time deciding in it."""

from __future__ import annotations

import hashlib
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import optuna
import sqlalchemy
from filelock import FileLock
from sqlalchemy.pool import NullPool

from fsim.errors import FsimError
from fsim.kit.files import refuse_without_folder

WAIT = 3600  # seconds for another process that decides, which takes well under one
BUSY = 60  # seconds that SQLite waits for another writer

# A lock that the server lets go of when the transaction or the connection ends, however that comes about.
LOCK = {
    "postgresql": "SELECT pg_advisory_xact_lock(:number)",
    "mysql": f"SELECT GET_LOCK(:name, {WAIT})",
    "mariadb": f"SELECT GET_LOCK(:name, {WAIT})",
}


class StorageError(FsimError):
    """The database cannot be reached or used. What is running there stays as it is."""


class Storage:
    """Optuna's tables in a database; they are made where they are not there yet.

    Args:
        url: as SQLAlchemy writes it, of SQLite, PostgreSQL or MySQL.

    Raises:
        FsimError: it cannot be used.
    """

    def __init__(self, url: str) -> None:
        try:
            self._url = sqlalchemy.make_url(url)
        except sqlalchemy.exc.ArgumentError as error:
            raise StorageError(
                f"--storage {url} is no URL of a database; write postgresql+psycopg://user@host/database, or leave it "
                f"out for a file of SQLite beside the runs"
            ) from error
        self.shown = self._url.render_as_string(hide_password=True)
        self.kind = self._url.get_backend_name()
        if self.kind == "sqlite" and self._url.database in (None, "", ":memory:"):
            raise StorageError(f"--storage {url} ends with the command; name a file: sqlite:///study.db")
        if self.kind == "sqlite":
            refuse_without_folder(Path(str(self._url.database)))
        elif self.kind not in LOCK:
            raise StorageError(f"--storage {self.shown}: take SQLite, PostgreSQL or MySQL; {self.kind} is not known")
        with self.told():
            self._locks = sqlalchemy.create_engine(self._url, poolclass=NullPool)
            with self.exclusive():
                self.rdb = self._open()

    def _open(self) -> optuna.storages.RDBStorage:
        url = self._url.render_as_string(hide_password=False)
        more: dict[str, Any] = {"connect_args": {"timeout": BUSY}} if self.kind == "sqlite" else {"pool_pre_ping": True}
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            return optuna.storages.RDBStorage(url.replace("{", "{{").replace("}", "}}"), engine_kwargs=more)

    @contextmanager
    def exclusive(self) -> Iterator[None]:
        """Within, no other process of fsim decides in this database. The end of this one, by a kill too, lets go."""
        if self.kind == "sqlite":
            with FileLock(f"{self._url.database}.lock", timeout=WAIT):
                yield
            return
        name = "fsim tune"
        number = int.from_bytes(hashlib.sha256(name.encode()).digest()[:8], "big", signed=True)
        with self._locks.begin() as connection:
            given = {"number": number} if ":number" in LOCK[self.kind] else {"name": name}
            if connection.execute(sqlalchemy.text(LOCK[self.kind]), given).scalar() in (0, None):
                raise StorageError(f"{self.shown} is held by another process for long; look what it does there")
            yield

    @contextmanager
    def told(self) -> Iterator[None]:
        """Faults of the database as mistakes that a user can mend.

        Raises:
            StorageError: there was one.
        """
        try:
            yield
        except ImportError as error:
            raise StorageError(
                f"--storage {self.shown}: its driver is missing ({error.__cause__ or error}); for PostgreSQL: "
                f"pip install 'psycopg[binary]', and write postgresql+psycopg://user@host/database"
            ) from error
        except (sqlalchemy.exc.SQLAlchemyError, optuna.exceptions.StorageInternalError) as error:
            cause = error if isinstance(error, sqlalchemy.exc.SQLAlchemyError) else error.__cause__ or error
            said = str(getattr(cause, "orig", None) or cause).strip().splitlines()
            raise StorageError(f"{self.shown} cannot be used: {said[0] if said else type(cause).__name__}") from error
        except OSError as error:
            raise StorageError(f"{self.shown} cannot be used: {error.strerror or error}") from error


def file_url(file: Path) -> str:
    """The URL of a SQLite file."""
    return sqlalchemy.URL.create("sqlite", database=str(file.absolute())).render_as_string()
