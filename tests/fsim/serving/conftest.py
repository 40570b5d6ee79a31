"""Coroutines, run to their end."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine, Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest


@pytest.fixture
def finished() -> Iterator[Callable[[Coroutine[Any, Any, Any]], Any]]:
    """finished(coroutine) -> its result; on a thread, since the tests of pages leave a running loop on the main one."""
    with ThreadPoolExecutor(1) as thread:
        yield lambda coroutine: thread.submit(asyncio.run, coroutine).result()
