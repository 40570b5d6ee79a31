"""The database that holds a study, and the lock by which one process at a time decides in it."""

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
from fsim.kit.files import reject_missing_folder

LOCK_SECONDS = 3600  # to wait for another process that decides, which takes well under one
BUSY_SECONDS = 60  # that SQLite waits for another writer

# Locks that the server releases when the transaction or the connection ends, however that happens.
LOCK_STATEMENTS = {
    "postgresql": "SELECT pg_advisory_xact_lock(:number)",
    "mysql": f"SELECT GET_LOCK(:name, {LOCK_SECONDS})",
    "mariadb": f"SELECT GET_LOCK(:name, {LOCK_SECONDS})",
}


class StorageError(FsimError):
    """The database can't be reached or used. Trials that are running there stay as they are."""


class Storage:
    """Optuna's tables in a database, which are created where they are missing.

    Args:
        url: as SQLAlchemy writes it, of SQLite, PostgreSQL or MySQL.

    Raises:
        FsimError: it can't be used.
    """

    def __init__(self, url: str) -> None:
        try:
            self._url = sqlalchemy.make_url(url)
        except sqlalchemy.exc.ArgumentError as error:
            raise StorageError(
                f"--storage {url} is no URL of a database; write postgresql+psycopg://user@host/database, or leave it "
                f"out for a file of SQLite beside the runs"
            ) from error
        self.display_url = self._url.render_as_string(hide_password=True)
        self.kind = self._url.get_backend_name()
        if self.kind == "sqlite" and self._url.database in (None, "", ":memory:"):
            raise StorageError(f"--storage {url} ends with the command; name a file: sqlite:///study.db")
        if self.kind == "sqlite":
            reject_missing_folder(Path(str(self._url.database)))
        elif self.kind not in LOCK_STATEMENTS:
            raise StorageError(
                f"--storage {self.display_url}: take SQLite, PostgreSQL or MySQL; {self.kind} is not known"
            )
        with self.plain_errors():
            self._locks = sqlalchemy.create_engine(self._url, poolclass=NullPool)
            with self.exclusive():
                self.rdb = self._open()

    def _open(self) -> optuna.storages.RDBStorage:
        url = self._url.render_as_string(hide_password=False)
        options: dict[str, Any] = (
            {"connect_args": {"timeout": BUSY_SECONDS}} if self.kind == "sqlite" else {"pool_pre_ping": True}
        )
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            return optuna.storages.RDBStorage(url.replace("{", "{{").replace("}", "}}"), engine_kwargs=options)

    @contextmanager
    def exclusive(self) -> Iterator[None]:
        """Lock the database for the decisions of this process. Its end, by a kill too, releases the lock."""
        if self.kind == "sqlite":
            with FileLock(f"{self._url.database}.lock", timeout=LOCK_SECONDS):
                yield
            return
        name = "fsim tune"
        number = int.from_bytes(hashlib.sha256(name.encode()).digest()[:8], "big", signed=True)
        with self._locks.begin() as connection:
            given = {"number": number} if ":number" in LOCK_STATEMENTS[self.kind] else {"name": name}
            locked = connection.execute(sqlalchemy.text(LOCK_STATEMENTS[self.kind]), given).scalar()
            if locked in (0, None):
                raise StorageError(f"{self.display_url} is held by another process for long; look what it does there")
            yield

    @contextmanager
    def plain_errors(self) -> Iterator[None]:
        """Turn errors of the database into messages that say what to do.

        Raises:
            StorageError: there was one.
        """
        try:
            yield
        except ImportError as error:
            raise StorageError(
                f"--storage {self.display_url}: its driver is missing ({error.__cause__ or error}); for PostgreSQL: "
                f"pip install 'psycopg[binary]', and write postgresql+psycopg://user@host/database"
            ) from error
        except (sqlalchemy.exc.SQLAlchemyError, optuna.exceptions.StorageInternalError) as error:
            cause = error if isinstance(error, sqlalchemy.exc.SQLAlchemyError) else error.__cause__ or error
            lines = str(getattr(cause, "orig", None) or cause).strip().splitlines()
            raise StorageError(
                f"{self.display_url} cannot be used: {lines[0] if lines else type(cause).__name__}"
            ) from error
        except OSError as error:
            raise StorageError(f"{self.display_url} cannot be used: {error.strerror or error}") from error


def file_url(file: Path) -> str:
    """Return the URL of a SQLite file."""
    return sqlalchemy.URL.create("sqlite", database=str(file.absolute())).render_as_string()
