"""fsim backup and restore, whole, against a server that speaks S3."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

Fsim = Callable[..., "subprocess.CompletedProcess[str]"]


@dataclass
class Store:
    """A server of S3 with the bucket `runs`; `environment` is how a user names it to every program."""

    url: str
    client: Any

    @property
    def environment(self) -> dict[str, str]:
        return {
            "AWS_ENDPOINT_URL": self.url,
            "AWS_ACCESS_KEY_ID": "key",
            "AWS_SECRET_ACCESS_KEY": "secret",
            "AWS_EC2_METADATA_DISABLED": "true",
        }

    def names(self) -> list[str]:
        return [one["Key"] for one in self.client.list_objects_v2(Bucket="runs").get("Contents", ())]


@pytest.fixture(scope="module")
def store() -> Iterator[Store]:
    boto3, server = pytest.importorskip("boto3"), pytest.importorskip("moto.server")
    served = server.ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    served.start()
    url = "http://{}:{}".format(*served.get_host_and_port())
    keys = {"aws_access_key_id": "key", "aws_secret_access_key": "secret", "region_name": "us-east-1"}
    client = boto3.client("s3", endpoint_url=url, **keys)
    client.create_bucket(Bucket="runs")
    yield Store(url, client)
    client.close()
    served.stop()


@pytest.fixture(scope="module")
def run(store: Store, fsim: Fsim, small_recipe_text: str, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A run that backed itself up to s3://runs/all."""
    folder = tmp_path_factory.mktemp("s3")
    (folder / "small.yaml").write_text(small_recipe_text)
    arguments = ["train.epochs=1", "trackers=[]", "backup={url: 's3://runs/all'}", "--out", folder / "runs"]
    done = fsim("run", folder / "small.yaml", *arguments, env=store.environment)
    assert done.returncode == 0 and "warning" not in done.stdout, done.stdout + done.stderr
    return next((folder / "runs" / "small").iterdir())


def refused(done: subprocess.CompletedProcess[str]) -> str:
    """What a command told that refused to go on."""
    assert done.returncode == 2 and "Traceback" not in done.stderr, done.stdout + done.stderr
    return done.stderr


def test_only_what_changed_is_copied_and_a_run_is_brought_back(
    store: Store, run: Path, fsim: Fsim, tmp_path: Path
) -> None:
    there, environment = f"all/small/{run.name}", store.environment
    manifest = json.loads(store.client.get_object(Bucket="runs", Key=f"{there}/manifest.json")["Body"].read())
    assert {"recipe.yaml", "metrics.jsonl", "log.txt", "checkpoints/last.pt"} <= set(manifest["files"])
    assert len(store.names()) == 1 + len(manifest["files"])
    with (run / "log.txt").open("a") as log:
        log.write("one more line\n")
    for copied in (1, 0):
        again = fsim("backup", run, "s3://runs/all", env=environment)
        assert again.returncode == 0, again.stderr
        assert f"{copied} files copied; the backup at s3://runs/{there} is up to date" in again.stdout
    assert len(store.names()) == 1 + len(manifest["files"])
    back = fsim("restore", f"s3://runs/{there}", "--out", tmp_path, "--verify", env=environment)
    assert back.returncode == 0 and "verified: val as recorded" in back.stdout, back.stdout + back.stderr
    for name in manifest["files"]:
        assert (tmp_path / "small" / run.name / name).read_bytes() == (run / name).read_bytes(), name


def test_a_flipped_byte_is_found_and_named(store: Store, run: Path, fsim: Fsim, tmp_path: Path) -> None:
    (key,) = (name for name in store.names() if "/metrics.jsonl." in name)
    whole = store.client.get_object(Bucket="runs", Key=key)["Body"].read()
    store.client.put_object(Bucket="runs", Key=key, Body=whole[:9] + bytes([whole[9] ^ 1]) + whole[10:])
    try:
        told = refused(fsim("restore", f"s3://runs/all/small/{run.name}", "--out", tmp_path, env=store.environment))
    finally:
        store.client.put_object(Bucket="runs", Key=key, Body=whole)
    assert "metrics.jsonl in the backup s3://runs/all/" in told and "not what was backed up" in told
    assert not list(tmp_path.rglob("*.jsonl")), "nothing half is left"


def test_mistakes_are_told_at_once_with_what_to_do(store: Store, run: Path, fsim: Fsim, tmp_path: Path) -> None:
    told = refused(fsim("backup", run, "s3://rums/all", env=store.environment))
    assert "The specified bucket does not exist; see that it is there" in told
    assert [one["Name"] for one in store.client.list_buckets()["Buckets"]] == ["runs"], "a misspelt bucket is not made"
    assert "there is no backup at s3://runs/al/" in refused(fsim("restore", "s3://runs/al/x", env=store.environment))

    from moto.core import set_initial_no_auth_action_count

    without = {**store.environment, "AWS_SHARED_CREDENTIALS_FILE": str(tmp_path / "none"), "AWS_CONFIG_FILE": ""}
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        without[name] = ""
    told = refused(fsim("backup", run, "s3://runs/all", env=without))
    assert "Unable to locate credentials" in told and "AWS_ACCESS_KEY_ID" in told and "AWS_ENDPOINT_URL" in told

    @set_initial_no_auth_action_count(0)
    def with_credentials_that_nobody_gave_out() -> str:
        return refused(fsim("backup", run, "s3://runs/all", env=store.environment))

    told = with_credentials_that_nobody_gave_out()
    assert "Forbidden; see that the credentials are set and may write there: AWS_ACCESS_KEY_ID" in told


def test_a_missing_package_is_named(fsim: Fsim, tmp_path: Path) -> None:
    (tmp_path / "s3fs.py").write_text("raise ImportError('No module named s3fs')")
    told = refused(fsim("restore", "s3://runs/x", env={"PYTHONPATH": str(tmp_path)}))
    assert "Install s3fs to access S3: pip install 'fsim[s3]'" in told
