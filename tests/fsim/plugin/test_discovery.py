from __future__ import annotations

from pathlib import Path

from fsim.plugin.discovery import find_entry_points


def distribution(folder: Path, info: str, entry_points: str) -> Path:
    """A fake installed distribution: what discovery reads, and nothing else."""
    (folder / info).mkdir(parents=True)
    (folder / info / "entry_points.txt").write_text(entry_points, encoding="utf-8")
    return folder


def names(path: list[Path]) -> list[tuple[str, str, str, str]]:
    found, _ = find_entry_points([str(folder) for folder in path])
    return [(entry.distribution, entry.version, entry.group, entry.name) for entry in found]


def test_only_groups_of_fsim_are_found(tmp_path: Path) -> None:
    distribution(tmp_path, "mine-1.2.dist-info", "[fsim.losses]\nX = m:Y.z\n[console_scripts]\nq = a:b\n")
    found, unreadable = find_entry_points([str(tmp_path)])
    assert [(e.group, e.name, e.target, e.version) for e in found] == [("fsim.losses", "X", "m:Y.z", "1.2")]
    assert unreadable == []


def test_one_distribution_seen_twice_counts_once(tmp_path: Path) -> None:
    site = distribution(tmp_path / "site", "my_plugin-2.0.dist-info", "[fsim.heads]\nh = m:H\n")
    tree = distribution(tmp_path / "tree", "my_plugin.egg-info", "[fsim.heads]\nh = m:H\nold = m:Old\n")
    assert names([site, site]) == [("my_plugin", "2.0", "fsim.heads", "h")]
    assert names([site, tree]) == [("my_plugin", "2.0", "fsim.heads", "h")]
    other = distribution(tmp_path / "other", "My.Plugin-1.0.dist-info", "[fsim.heads]\nh = m:H\n")
    assert len(names([site, other])) == 1  # PyPI takes - _ . and case for the same name


def test_an_unreadable_distribution_hides_no_other(tmp_path: Path) -> None:
    distribution(tmp_path, "good-1.0.dist-info", "[fsim.heads]\nh = m:H\n")
    distribution(tmp_path, "bad-3.0.dist-info", "[fsim.heads]\nx = m:X\nx = m:Y\n")
    distribution(tmp_path, "worse-4.0.dist-info", "no section\n")
    found, unreadable = find_entry_points([str(tmp_path)])
    assert [entry.name for entry in found] == ["h"]
    assert [(one.distribution, one.version) for one in unreadable] == [("bad", "3.0"), ("worse", "4.0")]


def test_a_folder_that_is_not_there_is_nothing(tmp_path: Path) -> None:
    assert find_entry_points([str(tmp_path / "none"), ""]) == find_entry_points([""])
