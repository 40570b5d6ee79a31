from __future__ import annotations

import sys

import pytest

from fsim.errors import FsimError
from fsim.kit.optional_packages import require_packages


def test_a_missing_package_is_named_with_the_way_to_install_it(monkeypatch: pytest.MonkeyPatch) -> None:
    require_packages(("json", "csv"), "fsim serve", "serve")
    monkeypatch.setitem(sys.modules, "python_multipart", None)
    with pytest.raises(FsimError, match=r"fsim serve needs the package python-multipart .*pip install 'fsim\[serve\]'"):
        require_packages(("json", "python_multipart"), "fsim serve", "serve")
