"""Send a server of an index 500 hostile requests, and print what it answered and what they cost it.

    python scripts/abuse_server.py RUN/indexes/NAME [--requests 500]

Starts `fsim serve` itself. Ends with exit code 1 where an answer is of 500 or above, tells of the server's files or its
code, or never comes where one must; where the server dies; or where its memory grows by more than 200 MB (Linux).
"""

from __future__ import annotations

import argparse
import io
import random
import re
import socket
import struct
import subprocess
import sys
import threading
import time
import zlib
from collections import Counter
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path

import httpx
import numpy as np
from PIL import Image

from fsim.serving.limits import HEADER_SECONDS

GROWTH = 200  # MB
LEAKS = re.compile(r"Traceback|site-packages|/fsim/|\.py\b|/home/|/root/|/tmp/|metadata\.csv")
SLOW = 40  # connections that send a byte now and then, all the while
Attack = Callable[["Target", random.Random], tuple[int, str]]


@dataclass
class Target:
    client: httpx.Client
    host: str
    port: int

    def form(self, data: dict[str, object] | None = None, **files: object) -> tuple[int, str]:
        answer = self.client.post("/api/search", data=data or {}, files=files or None)  # type: ignore[arg-type]
        return answer.status_code, answer.text

    def get(self, path: str) -> tuple[int, str]:
        return self.raw(
            f"GET {path} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n".encode("utf-8", "replace")
        )

    def raw(self, data: bytes, then_close: bool = True) -> tuple[int, str]:
        """What comes back on a bare connection; 0 where it is closed without an answer."""
        with socket.create_connection((self.host, self.port), timeout=60) as connection:
            got = b""
            try:
                connection.sendall(data)
                if then_close:
                    connection.shutdown(socket.SHUT_WR)
                while part := connection.recv(65536):
                    got += part
                    if b"\r\n\r\n" in got and not then_close:
                        break
            except ConnectionError:
                pass
        found = re.match(rb"HTTP/1.1 (\d{3})", got)
        return int(found.group(1)) if found else 0, got.decode("utf-8", "replace")


def stored(kind: str, size: tuple[int, int], mode: str = "RGB", noise: bool = True, **how: object) -> bytes:
    stream = io.BytesIO()
    image = Image.new(mode, size, 120 if mode in ("L", "P") else None)
    if noise:
        pixels = np.random.default_rng(0).integers(0, 255, (size[1], size[0], 3), np.uint8)
        image = Image.fromarray(pixels).convert(mode)
    image.save(stream, kind, **how)
    return stream.getvalue()


def claims(width: int, height: int, colours: int = 6) -> bytes:
    def chunk(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    header = struct.pack(">IIBBBBB", width, height, 8, colours, 0, 0, 0)
    return (
        b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", zlib.compress(bytes(9999))) + chunk(b"IEND", b"")
    )


SMALL = {kind: stored(kind, (60, 40)) for kind in ("JPEG", "PNG", "WEBP", "GIF", "BMP")}
PALE = {"noise": False}
BOMBS = {
    "PNG that says 60,000 x 60,000": claims(60_000, 60_000),
    "PNG of 8 megapixels with alpha": stored("PNG", (3200, 2600), "RGBA", **PALE),
    "JPEG of 25 megapixels, progressive": stored("JPEG", (5000, 4990), progressive=True, subsampling=0, **PALE),
    "JPEG of 60 megapixels": stored("JPEG", (9000, 6700), **PALE),
    "JPEG of 300 scans": stored("JPEG", (3000, 2000), progressive=True, **PALE) + b"\xff\xda" * 300,
    "GIF of 65,000 x 65,000": b"GIF89a" + struct.pack("<HH", 65_000, 65_000) + SMALL["GIF"][10:],
    "WebP of 80 megapixels": stored("WEBP", (16_000, 5_000), **PALE),
    "BMP that says 20,000 x 20,000": SMALL["BMP"][:18] + struct.pack("<ii", 20_000, 20_000) + SMALL["BMP"][26:],
}
OTHERS = (
    b"%PDF-1.7\n",
    b"PK\x03\x04",
    b"<svg xmlns='http://www.w3.org/2000/svg' onload='alert(1)'/>",
    b"\x7fELF",
    b"%!PS\n",
)
PATHS = ("/page/../../../etc/passwd", "/page/..%2f..%2fapp.py", "/page/%2e%2e/%2e%2e/app.py", "/api/images/..%2f1",
         "/api/images/%00", "//etc/passwd", "/page/app.js%00.html", "/api/items/1;ls", "/api/comparisons/a/../../b",
         "/..%5c..%5cwindows", "/api/catalog?filter=" + "x" * 3000, "/" + "a" * 9000)  # fmt: skip
SCRIPTS = ("<script>alert(1)</script>", "\"><img src=x onerror=alert(1)>", "{{7*7}}", "'; DROP TABLE images; --",
           "${jndi:ldap://x}", "\u202e\u0000", "=HYPERLINK(1)", "%s%n" * 20)  # fmt: skip
TEXTS = ("", " ", "\x00" * 50, "a\x00b\x1b[2Jc", "a " * 100, "x" * 201, "word " * 500, "a" * 1_000_000, "\u7ea2" * 200,
         "\u0301" * 200, "\U0001f457" * 50, "\u202eesrever", "\ufffe\uffff",
         "\u043a\u0440\u0430\u0441\u043d\u0430\u044f", "%00%0a", "-1", "[PAD] [UNK]")  # fmt: skip


def bomb(target: Target, draw: random.Random) -> tuple[int, str]:
    return target.form(image=draw.choice(list(BOMBS.values())))


def cut(target: Target, draw: random.Random) -> tuple[int, str]:
    whole = draw.choice(list(SMALL.values()))
    return target.form(image=whole[: draw.randrange(1, len(whole))])


def flipped(target: Target, draw: random.Random) -> tuple[int, str]:
    data = bytearray(draw.choice(list(SMALL.values())))
    for _ in range(draw.randrange(1, 30)):
        data[draw.randrange(len(data))] = draw.randrange(256)
    return target.form(image=bytes(data))


def wrong_kind(target: Target, draw: random.Random) -> tuple[int, str]:
    return target.form(image=("a.jpg", draw.choice(OTHERS) + draw.randbytes(2000), "image/jpeg"))


def too_large(target: Target, draw: random.Random) -> tuple[int, str]:
    return target.form(image=SMALL["JPEG"] + bytes(draw.randrange(10_000_001, 13_000_000)))


def numbers(target: Target, draw: random.Random) -> tuple[int, str]:
    strange = ("1" + "0" * 150, "-1", "1e9", "NaN", "inf", "0x10", "", "١٢", "9" * 190)
    return target.form({"id": "1", draw.choice(("k", "diversity", "fold", "crop")): draw.choice(strange)})


def crops(target: Target, draw: random.Random) -> tuple[int, str]:
    edges = ",".join(
        draw.choice(("nan", "inf", "-1e308", "1e308", "0", "5", "a")) for _ in range(draw.choice((3, 4, 5)))
    )
    return target.form({"crop": edges}, image=SMALL["PNG"])


def traversal(target: Target, draw: random.Random) -> tuple[int, str]:
    return target.get(draw.choice(PATHS))


def traversal_id(target: Target, draw: random.Random) -> tuple[int, str]:
    path = draw.choice(("../../../etc/passwd", "/etc/passwd", "file:///etc/passwd", "..\\x", "\x00", "1/../2"))
    return target.form({draw.choice(("id", "shown", "image", "path")): path})


def scripts(target: Target, draw: random.Random) -> tuple[int, str]:
    text = draw.choice(SCRIPTS)
    return target.form({"id": "1", draw.choice(("filter", "k", text)): f"category={text}"})


def texts(target: Target, draw: random.Random) -> tuple[int, str]:
    text = draw.choice((*SCRIPTS, *TEXTS, draw.randbytes(300).decode("latin-1")))
    data: dict[str, object] = {"text": text, "text_weight": draw.choice(("0.5", "1", "nan", "1e9", ""))}
    return target.form(data, image=SMALL["JPEG"]) if draw.random() < 0.5 else target.form({"text": text})


def file_names(target: Target, draw: random.Random) -> tuple[int, str]:
    name = draw.choice((*SCRIPTS, "../../../../etc/cron.d/x", "a" * 3000 + ".jpg", "con.jpg"))
    return target.form(image=(name, SMALL["JPEG"], "text/html; charset=utf-7"))


def many_fields(target: Target, draw: random.Random) -> tuple[int, str]:
    return target.form({"id": "1", "filter": [f"a=b{at}" for at in range(draw.randrange(50, 20_000))]})


def broken_form(target: Target, draw: random.Random) -> tuple[int, str]:
    kind = draw.choice(
        ("multipart/form-data; boundary=x", "multipart/form-data", "application/json", "text/xml", "\xff")
    )
    body = draw.choice(
        (b"--x\r\n" * 500, b"--x\r\nContent-Disposition: form-data\r\n\r\na\r\n--x--", draw.randbytes(3000))
    )
    answer = target.client.post("/api/search", content=body, headers={"Content-Type": kind.encode("latin-1")})
    return answer.status_code, answer.text


def broken_http(target: Target, draw: random.Random) -> tuple[int, str]:
    form = b"POST /api/search HTTP/1.1\r\nHost: localhost\r\n"
    return target.raw(
        draw.choice(
            (
                b"\x16\x03\x01\x02\x00\x01\x00\x01",
                draw.randbytes(400) + b"\r\n\r\n",
                form + b"Content-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\nGET / HTTP/1.1\r\n\r\n",
                form + b"Content-Length: -5\r\n\r\n",
                form + b"Content-Length: 99999999999999999999\r\n\r\nabc",
                form + b"Transfer-Encoding: chunked\r\n\r\nFFFFFFFFFFFFFFFFF\r\n",
                b"GET / HTTP/1.1\r\n" + b"X: " + b"a" * 100_000 + b"\r\n\r\n",
                b"GET / HTTP/1.1\r\n" + b"".join(b"H%d: x\r\n" % at for at in range(5000)) + b"\r\n",
                b"GET / HTTP/9.9\r\nHost: localhost\r\n\r\n",
                b"GET / HTTP/1.1\r\n\r\n",
            )
        )
    )


def half_a_body(target: Target, draw: random.Random) -> tuple[int, str]:
    head = b"POST /api/search HTTP/1.1\r\nHost: localhost\r\nContent-Type: multipart/form-data; boundary=x\r\n"
    return target.raw(head + b'Content-Length: 100000\r\n\r\n--x\r\nContent-Disposition: form-data; name="image"')


def votes(target: Target, draw: random.Random) -> tuple[int, str]:
    body = draw.choice(
        ('{"comparison": "x", "choice": "left"}', "[" * 5000, '{"choice": 1e999}', "null", "{" + '"a":1,' * 9999)
    )
    answer = target.client.post("/api/votes", content=body.encode(), headers={"Content-Type": "application/json"})
    return answer.status_code, answer.text


def methods(target: Target, draw: random.Random) -> tuple[int, str]:
    answer = target.client.request(draw.choice(("PUT", "DELETE", "PATCH", "TRACE", "OPTIONS", "X" * 50)), "/api/search")
    return answer.status_code, answer.text


ATTACKS: tuple[Attack, ...] = (
    bomb, cut, flipped, wrong_kind, too_large, numbers, crops, traversal, traversal_id, scripts, texts, file_names,
    many_fields, broken_form, broken_http, half_a_body, votes, methods,
)  # fmt: skip
MAY_BE_SILENT = (broken_http, half_a_body, too_large)  # the connection may be closed without an answer


@dataclass
class Outcome:
    statuses: Counter[int] = field(default_factory=Counter)
    slowest: float = 0.0
    faults: list[str] = field(default_factory=list)


def slow_clients(host: str, port: int, over: threading.Event) -> int:
    """Connections that drip a header, made anew when the server closes them; how many it closed."""
    closed: int = 0
    held: list[socket.socket] = []
    while not over.wait(0.5):
        for _ in range(SLOW - len(held)):
            held.append(socket.create_connection((host, port), timeout=5))
            held[-1].sendall(b"GET / HTTP/1.1\r\nHost: ")
        for one in list(held):
            try:
                one.sendall(b"a")
            except OSError:
                closed += 1
                held.remove(one)
                one.close()
    for one in held:
        one.close()
    return closed


def memory_mb(pid: int, what: str = "VmRSS") -> float:
    """What a process holds, or the most that it held (VmHWM)."""
    text = Path(f"/proc/{pid}/status").read_text(encoding="ascii")
    return int(text.partition(f"{what}:")[2].split()[0]) / 1024


def attack(target: Target, number: int, outcomes: dict[str, Outcome]) -> None:
    draw, kind = random.Random(number), ATTACKS[number % len(ATTACKS)]
    outcome = outcomes[kind.__name__]
    begin = time.perf_counter()
    try:
        status, text = kind(target, draw)
    except httpx.HTTPError as error:
        status, text = 0, f"no answer: {type(error).__name__}"
    outcome.statuses[status] += 1
    outcome.slowest = max(outcome.slowest, time.perf_counter() - begin)
    if status >= 500 or LEAKS.search(text) or (status == 0 and kind not in MAY_BE_SILENT):
        outcome.faults.append(f"{number}: {status} {text[:300]}")


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("index", type=Path)
    parser.add_argument("--requests", type=int, default=500)
    args = parser.parse_args()
    command = [sys.executable, "-m", "fsim", "serve", str(args.index), "--port", "0"]
    outcomes = {kind.__name__: Outcome() for kind in ATTACKS}
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None and process.stderr is not None
        log: list[str] = []
        threading.Thread(target=lambda: log.extend(process.stderr or ()), daemon=True).start()
        address = httpx.URL(next(line.split()[1] for line in process.stdout if line.startswith("ready: ")))
        with httpx.Client(base_url=address, timeout=60) as client, ThreadPoolExecutor(8) as threads:
            target = Target(client, address.host, address.port or 80)
            for _ in range(50):  # what any use brings is not counted
                assert target.form({"k": "24"}, image=SMALL["JPEG"])[0] == 200
            Path(f"/proc/{process.pid}/clear_refs").write_text("5", encoding="ascii")  # the most so far is forgotten
            before, over, begin = memory_mb(process.pid), threading.Event(), time.monotonic()
            slow = threads.submit(slow_clients, target.host, target.port, over)
            list(threads.map(lambda number: attack(target, number, outcomes), range(args.requests)))
            time.sleep(max(0.0, begin + HEADER_SECONDS + 3 - time.monotonic()))  # until the slow ones were closed
            over.set()
            closed = slow.result()
            growth, most = (memory_mb(process.pid, what) - before for what in ("VmRSS", "VmHWM"))
            well = target.form({"k": "24"}, image=SMALL["JPEG"])[0] == 200
        process.terminate()
        ended = process.wait(30)
    print(f"{'attack':14} {'requests':>8}  {'slowest s':>9}  statuses (0: closed without an answer)")
    for name, one in outcomes.items():
        told = "  ".join(f"{status}: {count}" for status, count in sorted(one.statuses.items()))
        print(f"{name:14} {one.statuses.total():8}  {one.slowest:9.2f}  {told}")
    faults = [fault for one in outcomes.values() for fault in one.faults]
    traces = sum("Traceback" in line for line in log)
    print(f"slow clients: {SLOW} at a time, {closed} closed by the server")
    print(f"memory: {before:.0f} MB, grown by {growth:.0f} MB, by {most:.0f} MB for a moment")
    print(f"faults: {len(faults)}; tracebacks in the log: {traces}; answers well afterwards: {well}; exit code {ended}")
    print("\n".join(faults[:20]))
    return int(bool(faults) or traces > 0 or most > GROWTH or not well or not closed or ended != 0)


if __name__ == "__main__":
    sys.exit(main())
