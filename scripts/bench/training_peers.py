"""The same short training as pytorch-metric-learning and open-metric-learning, each as a whole process.

    python scripts/bench/training_peers.py ROOT [--rounds 3] [--python-pml PYTHON] [--python-oml PYTHON]

ROOT holds train/<category>/*.jpg and validation/<category>/*.jpg. ResNet18 from scratch, images of 64 px, batches of
8 categories x 8 images, 94 steps of AdamW annealed by a cosine, then recall@1 of the validation images among
themselves. fsim runs twice a round, with an empty cache (all images are decoded) and with the cache that this left; it
takes its own precision, the peers are float32 with two workers. A peer that its Python cannot import is skipped.

All run in turn in every round, with CPU seconds beside the wall time. On a machine that does other work the wall times
are no comparison (a starved peer looks slow), nor are they at unequal priorities: both are looked for and said.
"""

from __future__ import annotations

import argparse
import json
import math
import os
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

REPOSITORY = Path(__file__).resolve().parents[2]
PEERS = REPOSITORY / "scripts" / "bench" / "peers"
RECIPE = REPOSITORY / "recipes" / "clothing" / "siam_cat.yaml"
IMAGES_PER_CATEGORY = 8  # as the peers
LOSSES = {
    "supcon": "{name: supcon, temperature: 0.1}",
    "triplet": "{name: triplet, mining: batch_hard, margin: 0.2, distance: cosine}",
}
LIMIT = 0.55
OTHER_WORK = 0.05  # of the machine: with more than this done by others, wall times are no comparison


@dataclass
class Measured:
    """One whole process."""

    seconds: float
    cpu_seconds: float  # of the process and its workers
    niceness: int
    others: float  # share of the machine's processors that other work took meanwhile; NaN but on Linux
    recall: float


class ProgramError(Exception):
    """A program ended with an error; the message is the end of what it said."""


def busy_seconds() -> float:
    """CPU seconds that all processors have worked, those that a hypervisor took included; NaN but on Linux."""
    try:
        fields = Path("/proc/stat").read_text(encoding="utf-8").splitlines()[0].split()[1:]
    except OSError:
        return math.nan
    user, nice, system, _idle, _waiting, interrupts, soft_interrupts, stolen = map(int, fields[:8])
    return (user + nice + system + interrupts + soft_interrupts + stolen) / os.sysconf("SC_CLK_TCK")


def measure(command: list[str], environment: dict[str, str], recall: Callable[[str], float]) -> Measured:
    """Run to the end; `recall` reads recall@1 from what the command printed."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    busy = busy_seconds()
    start = time.perf_counter()
    with tempfile.TemporaryFile("w+") as out, tempfile.TemporaryFile("w+") as err:
        process = subprocess.Popen(command, stdout=out, stderr=err, env=os.environ | environment)
        # Waited for without reaping, so that its priority can still be read.
        os.waitid(os.P_PID, process.pid, os.WEXITED | os.WNOWAIT)
        seconds = time.perf_counter() - start
        busy = busy_seconds() - busy
        niceness = os.getpriority(os.PRIO_PROCESS, process.pid)
        code = process.wait()
        out.seek(0)
        err.seek(0)
        said, complaint = out.read(), err.read()
    if code:
        raise ProgramError((complaint.strip() or said.strip() or f"exit code {code}").splitlines()[-1])
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    cpu_seconds = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    others = (busy - cpu_seconds) / (seconds * (os.cpu_count() or 1))
    return Measured(seconds, cpu_seconds, niceness, others, recall(said))


def measure_fsim(arguments: argparse.Namespace, seed: int, cache: Path) -> Measured:
    with tempfile.TemporaryDirectory() as out:
        command = [
            *(arguments.python_fsim, "-m", "fsim", "run", str(RECIPE), "--out", out, f"seed={seed}"),
            f"data.dataset.root={arguments.root}",
            f"data.image_size={arguments.size}",
            "model.head={name: siam, embedding_dim: 256, distance: cosine}",
            f"sampler={{name: m_per_class, batch_size: {arguments.batch}, images_per_label: {IMAGES_PER_CATEGORY}, "
            f"batches_per_epoch: {arguments.steps}}}",
            f"losses=[{LOSSES[arguments.loss]}]",
            "train.epochs=1",
            "train.scheduler={name: cosine, warmup: 0}",  # as the peers' CosineAnnealingLR
            "evaluation.protocols=[{query: val}]",
            "evaluation.evaluators=[{name: exact}]",
        ]

        def recall(_: str) -> float:
            lines = next(Path(out).rglob("metrics.jsonl")).read_text(encoding="utf-8").splitlines()
            last = [line for line in map(json.loads, lines) if line["split"] == "val"][-1]
            return float(last["metrics"]["exact/recall@1"])

        return measure(command, {"FSIM_CACHE_DIR": str(cache)}, recall)


def measure_peer(arguments: argparse.Namespace, seed: int, python: str, script: str, loss: str) -> Measured:
    options = {"--steps": arguments.steps, "--size": arguments.size, "--batch": arguments.batch, "--seed": seed}
    command = [python, str(PEERS / script), str(arguments.root), "--no-train-gallery", "--json", "--loss", loss]
    command += [str(part) for option in options.items() for part in option]
    return measure(command, {}, lambda said: float(json.loads(said.splitlines()[-1])["recall@1"]["leave-one-out"]))


def why_not(python: str, script: str) -> str | None:
    """Why a peer cannot run, or None. `--help` imports all that the peer needs, which also warms the disk's cache."""
    try:
        done = subprocess.run([python, str(PEERS / script), "--help"], capture_output=True, text=True)
    except OSError as error:
        return f"{python}: {error.strerror}"
    return done.stderr.strip().splitlines()[-1] if done.returncode else None


def installed_peers(arguments: argparse.Namespace) -> dict[str, Callable[[int], Measured]]:
    peers: dict[str, Callable[[int], Measured]] = {}
    for name, python, script, loss in (
        ("pytorch-metric-learning", arguments.python_pml, "pml_training.py", arguments.loss),
        ("open-metric-learning", arguments.python_oml, "oml_training.py", arguments.oml_loss),
    ):
        reason = why_not(python, script)
        if reason:
            print(f"{name} is skipped: {reason}")
            continue
        peers[f"{name}, {loss}"] = lambda seed, python=python, script=script, loss=loss: measure_peer(  # type: ignore[misc]
            arguments, seed, python, script, loss
        )
    return peers


def parse_arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("root", type=lambda path: Path(path).absolute())
    parser.add_argument("--rounds", type=int, default=3, help="seeds 0, 1, ... (default: 3)")
    parser.add_argument("--steps", type=int, default=94)
    parser.add_argument("--size", type=int, default=64, help="pixels")
    parser.add_argument("--batch", type=int, default=64)
    parser.add_argument("--loss", choices=list(LOSSES), default="supcon", help="of fsim and pytorch-metric-learning")
    parser.add_argument(
        "--oml-loss", choices=["triplet", "triplet_all", "supcon"], default="triplet", help="of open-metric-learning"
    )
    for program in ("fsim", "pml", "oml"):
        parser.add_argument(f"--python-{program}", default=sys.executable, metavar="PYTHON", help="that runs it")
    return parser.parse_args()


def main() -> None:
    arguments = parse_arguments()
    peers = installed_peers(arguments)
    for file in arguments.root.rglob("*.*"):  # so that the first program does not pay for the disk
        file.read_bytes()
    times: dict[str, list[Measured]] = {}
    for seed in range(arguments.rounds):
        with tempfile.TemporaryDirectory() as cache:
            ours = {
                state: lambda seed, cache=cache: measure_fsim(arguments, seed, Path(cache))  # type: ignore[misc]
                for state in (f"fsim, {arguments.loss}, cache empty", f"fsim, {arguments.loss}, cache there")
            }
            for name, program in (ours | peers).items():
                try:
                    measured = program(seed)
                except ProgramError as failure:
                    sys.exit(f"{name} failed: {failure}")
                print(f"round {seed + 1}: {name}: {measured.seconds:.1f} s", flush=True)
                times.setdefault(name, []).append(measured)
    show(arguments, times, list(peers))


def show(arguments: argparse.Namespace, times: dict[str, list[Measured]], peers: list[str]) -> None:
    print(f"\n{arguments.steps} steps of {arguments.batch} images of {arguments.size} px, rounds: {arguments.rounds}")
    print(f"{'whole process, median':<40}{'seconds':>9}{'CPU s':>9}  recall@1, mean (least-most)")
    for name, each in times.items():
        recalls = [one.recall for one in each]
        print(
            f"{name:<40}{statistics.median(one.seconds for one in each):>9.1f}"
            f"{statistics.median(one.cpu_seconds for one in each):>9.1f}  "
            f"{statistics.mean(recalls):.3f} ({min(recalls):.3f}-{max(recalls):.3f})"
        )
    for ours in [name for name in times if name not in peers]:
        for peer in peers:
            pairs = list(zip(times[ours], times[peer], strict=True))
            wall = [one.seconds / other.seconds for one, other in pairs]
            cpu = statistics.median(one.cpu_seconds / other.cpu_seconds for one, other in pairs)
            print(
                f"{ours} / {peer}: {statistics.median(wall):.2f} ({min(wall):.2f}-{max(wall):.2f}), "
                f"wanted at most {LIMIT}; CPU {cpu:.2f}"
            )
    warn(times)


def warn(times: dict[str, list[Measured]]) -> None:
    """Say why wall times are no comparison, where they are none."""
    everything = [one for each in times.values() for one in each]
    most = max(one.others for one in everything)  # NaN compares as false
    if most > OTHER_WORK:
        print(f"NOT COMPARABLE: other work took up to {most:.0%} of the machine; run this on an idle one")
    if len({one.niceness for one in everything}) > 1:
        nicenesses = {name: sorted({one.niceness for one in each}) for name, each in times.items()}
        print(f"NOT COMPARABLE: the programs ran at different priorities (nice): {nicenesses}")


if __name__ == "__main__":
    main()
