"""A search server, started, asked and walked through as its users do."""

from __future__ import annotations

import csv
import io
import json
import signal
import socket
import struct
import subprocess
import zlib
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import httpx
import numpy as np
import pytest
from PIL import Image

from fsim.serving.loaded_index import ReloadingIndex

from .conftest import Serving
from .served import check_with

if TYPE_CHECKING:
    from playwright.sync_api import Browser

Fsim = Callable[..., "subprocess.CompletedProcess[str]"]
HOSTILE = "<img src=x onerror=alert(1)>"
KEY = "a key of more than 16".replace(" ", "-")


@pytest.fixture(scope="module")
def run(fsim: Fsim, small_recipe_text: str, pictures: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A run with two indexes: of all pictures, some with a hostile category, and of some."""
    folder = tmp_path_factory.mktemp("served")
    (folder / "small.yaml").write_text(small_recipe_text, encoding="utf-8")
    done = fsim("run", folder / "small.yaml", "--out", folder / "runs", "train.epochs=1", "trackers=[]")
    assert done.returncode == 0, done.stderr
    (run,) = (folder / "runs" / "small").iterdir()
    with (folder / "metadata.csv").open("w", encoding="utf-8", newline="") as stream:
        table = csv.writer(stream)
        table.writerow(["image", "split", "category", "attributes", "caption"])
        for place, file in enumerate(sorted(pictures.glob("*/*/*.jpg"))):
            category = HOSTILE if place % 12 == 0 else file.parent.name
            fit, caption = json.dumps({"fit": ["loose", "tight"][place % 2]}), ["", "a hat", '["a", "b"]'][place % 3]
            table.writerow([file, file.parts[-3], category, fit, caption])
    for name, more in (("default", []), ("other", ["--split", "train"])):
        made = fsim("index", run, "--images", folder / "metadata.csv", "--name", name, *more)
        assert made.returncode == 0, made.stderr
    return run


@pytest.fixture(scope="module")
def address(run: Path, serving: Serving) -> Iterator[str]:
    with serving(run / "indexes" / "default", "--ab", run / "indexes" / "other", "--max-upload-mb", "2") as address:
        yield address


def test_a_person_walks_through_the_page(
    browser: Browser, axe: str, address: str, client: httpx.Client, run: Path, pictures: Path
) -> None:
    page = browser.new_page(viewport={"width": 1280, "height": 860})
    told: list[str] = []
    page.on("console", lambda message: told.append(message.text))
    page.on("pageerror", lambda error: told.append(str(error)))
    page.on("dialog", lambda dialog: told.append("a dialog"))
    page.on("request", lambda one: None if one.url.startswith((address, "blob:")) else told.append(one.url))
    results, status = page.locator("#results .card:not(.skeleton)"), page.locator("#status")

    page.goto(address)
    page.get_by_text("36 pictures", exact=True).wait_for()
    assert results.count() == 24 and page.locator(".card img[src=x]").count() == 0
    page.locator(".chip", has_text=HOSTILE).wait_for()  # as text
    assert not page.get_by_role("search").is_visible()  # the network does not read
    check_with(axe, page)
    page.get_by_role("button", name="Show more").click()
    results.nth(35).wait_for()

    picture = pictures / "val" / "skirt" / "1.jpg"
    with page.expect_file_chooser() as chooser:
        page.get_by_role("button", name="Choose a picture").click()
    chooser.value.set_files(picture)
    status.filter(has_text="24 found").wait_for()
    assert "skirt" in results.first.inner_text() and "distance" in results.first.inner_text()
    page.locator("#picture").wait_for()

    page.locator(".chip", has_text="hat").click()
    page.locator(".chip", has_text="loose").click()
    status.filter(has_text="4 found").wait_for()
    assert all("hat" in one and "fit loose" in one for one in results.all_inner_texts())

    box = page.locator("#frame").bounding_box()
    assert box is not None
    with page.expect_response("**/api/search") as answered:
        page.mouse.move(box["x"] + box["width"] * 0.1, box["y"] + box["height"] * 0.1)
        page.mouse.down()
        page.mouse.move(box["x"] + box["width"] * 0.6, box["y"] + box["height"] * 0.7)
        page.mouse.up()
    form = {"k": "24", "crop": "3,4,18,28", "filter": ["category=hat", "fit=loose"]}
    expected = client.post("/api/search", files={"image": picture.read_bytes()}, data=form)
    assert answered.value.json() == expected.json()
    check_with(axe, page)
    with page.expect_response("**/api/search") as answered:
        page.keyboard.press("Shift+ArrowLeft")  # the box has the focus
    assert answered.value.ok
    page.keyboard.press("Escape")
    page.get_by_role("button", name="Clear filters").click()
    status.filter(has_text="24 found").wait_for()

    results.nth(3).get_by_role("button").click()  # and on, from a result
    page.wait_for_function("document.getElementById('picture').src.includes('/api/images/')")
    status.filter(has_text="24 found").wait_for()
    with page.expect_response("**/api/search"):  # the picture of before is searched by again
        page.go_back()
    page.wait_for_function("document.getElementById('picture').src.startsWith('blob:')")

    page.get_by_role("button", name="Side by side").click()
    status.filter(has_text="12 found on the left, 12 on the right").wait_for()
    page.locator("#sides section:first-child .card:not(.skeleton)").nth(11).wait_for()
    assert page.locator("#sides section:first-child .card:not(.skeleton)").count() == 12
    check_with(axe, page)
    page.locator("#sides .card button").first.click()  # on, from a comparison
    page.wait_for_function("document.getElementById('picture').src.includes('/api/comparisons/')")
    page.locator("#vote button[data-choice=both]").click()
    page.get_by_text("Saved, thank you").wait_for()
    with (run / "indexes" / "default-votes.csv").open(encoding="utf-8", newline="") as stream:
        (vote,) = csv.DictReader(stream)
    assert vote["choice"] == "both" and vote["chosen"] == ""
    assert {Path(vote[side]).name for side in ("left", "right")} == {"default", "other"}
    assert told == []
    page.close()


def test_the_page_suits_a_phone_and_a_dark_room(browser: Browser, axe: str, address: str, pictures: Path) -> None:
    context = browser.new_context(
        viewport={"width": 390, "height": 844}, has_touch=True, is_mobile=True, color_scheme="dark"
    )
    page = context.new_page()
    page.goto(address)
    page.get_by_text("36 pictures", exact=True).wait_for()
    page.get_by_role("button", name="Take a photo").wait_for()
    page.locator("#camera").set_input_files(pictures / "val" / "hat" / "2.jpg")
    page.get_by_text("24 found").wait_for()
    page.get_by_role("button", name="Crop").tap()
    check_with(axe, page)
    page.get_by_role("button", name="Start again").tap()
    page.locator(".name", has_text=HOSTILE).first.wait_for()  # long, and yet
    assert page.evaluate("document.documentElement.scrollWidth") == 390
    ink = "getComputedStyle(document.body).backgroundColor"
    dark = page.evaluate(ink)
    page.get_by_role("button", name="Dark colours").tap()
    assert page.evaluate(ink) != dark
    page.reload()
    page.get_by_text("36 pictures", exact=True).wait_for()
    assert page.evaluate(ink) != dark  # it is remembered
    context.close()


def test_the_page_takes_what_is_dropped_and_pasted_and_tells_what_is_wrong(
    browser: Browser, address: str, pictures: Path
) -> None:
    page = browser.new_page()
    page.goto(address)
    page.get_by_text("36 pictures", exact=True).wait_for()
    give = """([name, bytes, type]) => {
        const transfer = new DataTransfer();
        transfer.items.add(new File([new Uint8Array(bytes)], "a.jpg", {type}));
        dispatchEvent(name === "paste" ? new ClipboardEvent(name, {clipboardData: transfer})
                                       : new DragEvent(name, {dataTransfer: transfer, cancelable: true}));
    }"""
    content = list((pictures / "val" / "hat" / "2.jpg").read_bytes())
    for name in ("drop", "paste"):
        page.evaluate(give, [name, content, "image/jpeg"])
        page.get_by_text("24 found").wait_for()
        page.get_by_role("button", name="Start again").click()
        page.get_by_text("36 pictures", exact=True).wait_for()
    page.evaluate(give, ["drop", [1, 2, 3], "image/jpeg"])
    page.get_by_role("alert").filter(has_text="This is no picture that is known here").wait_for()
    page.close()


def test_a_server_with_a_key(browser: Browser, serving: Serving, run: Path, pictures: Path) -> None:
    with serving(run / "indexes" / "default", "--json-logs", number=signal.SIGINT, FSIM_API_KEY=KEY) as address:
        assert httpx.get(f"{address}api/items/1").status_code == 401
        assert httpx.get(f"{address}api/items/1", headers={"Authorization": f"Bearer {KEY}"}).status_code == 200
        page = browser.new_page()
        page.goto(address)
        page.get_by_label("API key").fill("wrong")
        page.keyboard.press("Enter")
        page.get_by_text("That is not the key.").wait_for()
        page.get_by_label("API key").fill(KEY)
        page.keyboard.press("Enter")
        page.locator(".card .frame.there:not(.missing)").first.wait_for()  # pictures are fetched with the key too
        page.close()


def test_the_answers_are_those_of_fsim_search(fsim: Fsim, client: httpx.Client, run: Path, pictures: Path) -> None:
    image = pictures / "val" / "hat" / "3.jpg"
    index = run / "indexes" / "default"
    either = ["category=hat", "category=shoes"]
    for more, form in (
        ([], {}),
        (["--crop", "2,3,20,30", "--filter", "category=hat,shoes"], {"crop": "2,3,20,30", "filter": either}),
        (["--fold", "--diversity", "0.3"], {"fold": "1", "diversity": "0.3"}),
    ):
        expected = json.loads(fsim("search", index, image, "-k", "5", "--json", *more).stdout)["results"]
        found = client.post("/api/search", files={"image": image.read_bytes()}, data={"k": "5", **form}).json()[
            "results"
        ]
        assert [one["id"] for one in found] == [one["id"] for one in expected]
        np.testing.assert_allclose([one["score"] for one in found], [one["score"] for one in expected], atol=1e-3)
    by_id = client.post("/api/search", data={"id": found[0]["id"], "k": "3"}).json()
    assert len(by_id["results"]) == 3 and found[0]["id"] not in {one["id"] for one in by_id["results"]}
    assert str(pictures) not in json.dumps([found, by_id, client.get(f"/api/items/{found[0]['id']}").json()])
    captions = [one["captions"] for one in client.get("/api/catalog").json()["items"]]
    assert [captions.count(known) for known in ([], ["a hat"], ["a", "b"])] == [12] * 3
    thumbnail = client.get(found[0]["image"])
    assert (
        Image.open(io.BytesIO(thumbnail.content)).size == (256, 256) and "max-age" in thumbnail.headers["cache-control"]
    )


def test_it_describes_and_counts_itself(client: httpx.Client) -> None:
    described = client.get("/openapi.json").json()
    assert {"/api/search", "/api/items/{number}", "/healthz"} <= described["paths"].keys()
    assert "/api/search" in client.get("/docs").text
    assert client.get("/healthz").json() == {"status": "ready", "images": 36}
    assert client.get("/api/about").json()["text"] is False  # it does not read
    client.post("/api/search", data={"id": "1"})
    counted = client.get("/metrics").text
    assert 'route="/api/search",status="200"' in counted and "fsim_batch_size_sum" in counted
    policy = client.get("/").headers["content-security-policy"]
    assert "default-src 'none'" in policy and "unsafe" not in policy
    crossed = client.get("/healthz", headers={"Origin": "https://a.example"})
    assert "access-control-allow-origin" not in crossed.headers


def png(width: int, height: int) -> bytes:
    """A few bytes that say they are a large picture."""
    header = b"IHDR" + struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    data = b"IDAT" + zlib.compress(bytes(1000))
    chunks = [header, data, b"IEND"]
    return b"\x89PNG\r\n\x1a\n" + b"".join(
        struct.pack(">I", len(one) - 4) + one + struct.pack(">I", zlib.crc32(one)) for one in chunks
    )


PICTURE = io.BytesIO()
Image.new("RGB", (40, 30), "red").save(PICTURE, "JPEG")
JPEG = PICTURE.getvalue()
LEAKS = ("Traceback", "site-packages", ".py", "/tmp", "/home", "fsim.")
FORM = "multipart/form-data"
ABUSES: dict[str, tuple[dict[str, Any], set[int]]] = {
    "a bomb": ({"files": {"image": png(50_000, 50_000)}}, {413}),
    "a picture of no pixels": ({"files": {"image": png(3000, 2000)}}, {422}),
    "a cut picture": ({"files": {"image": JPEG[:300]}}, {422}),
    "no picture": ({"files": {"image": b"MZ" * 50}}, {415}),
    "nothing": ({"files": {"image": b""}}, {422}),
    "too large": ({"files": {"image": JPEG + bytes(2_100_000)}}, {413}),
    "a text as picture": ({"data": {"image": "../../etc/passwd"}, "files": {"x": b""}}, {422}),
    "two pictures": ({"files": [("image", JPEG), ("image", JPEG)]}, {400}),
    "two questions": ({"files": {"image": JPEG}, "data": {"id": "1"}}, {422}),
    "no question": ({"data": {"k": "3"}}, {422}),
    "k of 10^9": ({"data": {"id": "1", "k": "1000000000"}}, {422}),
    "k of nothing": ({"data": {"id": "1", "k": "NaN"}}, {422}),
    "an id as path": ({"data": {"id": "../../../etc/passwd"}}, {404}),
    "an id that is not there": ({"data": {"id": "99999999999999999999"}}, {404}),
    "a script as filter": ({"data": {"id": "1", "filter": "category=<script>alert(1)</script>"}}, {422}),
    "a long filter": ({"data": {"id": "1", "filter": "category=" + "x" * 5000}}, {422}),
    "a very long filter": ({"data": {"id": "1", "filter": "category=" + "x" * 50_000}}, {400}),
    "a crop of nothing": ({"files": {"image": JPEG}, "data": {"crop": "nan,0,inf,5"}}, {422}),
    "a crop outside": ({"files": {"image": JPEG}, "data": {"crop": "900,900,950,950"}}, {422}),
    "diversity of inf": ({"data": {"id": "1", "diversity": "inf"}}, {422}),
    "an unknown field": ({"data": {"id": "1", "path": "/etc/passwd"}}, {422}),
    "many fields": ({"data": {"filter": ["a=b"] * 5000}}, {400}),
    "a broken form": ({"content": b"--x\r\nnonsense", "headers": {"Content-Type": f"{FORM}; boundary=x"}}, {422}),
    "no boundary": ({"content": b"abc", "headers": {"Content-Type": FORM}}, {400}),
    "JSON": ({"json": {"id": 1}}, {422}),
    "words": ({"data": {"text": "red"}}, {422}),
    "another's comparison": ({"data": {"shown": "abc/left/0"}}, {404}),
}  # fmt: skip


@pytest.mark.parametrize("abuse", ABUSES)
def test_bad_input_is_refused_with_a_plain_message(client: httpx.Client, abuse: str) -> None:
    request, expected = ABUSES[abuse]
    answer = client.post("/api/search", **request)
    assert answer.status_code in expected, answer.text
    assert answer.json()["error"] and not [one for one in LEAKS if one in answer.text]
    assert answer.headers["x-content-type-options"] == "nosniff"


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        ("GET", "/page/..%2f..%2fapp.py", 404),
        ("GET", "/page/../app.py", 404),
        ("GET", "/api/images/%2e%2e%2f1", 404),
        ("GET", "/api/images/1e3", 422),
        ("GET", "/api/items/-1", 422),
        ("GET", "/api/catalog?limit=100000", 422),
        ("GET", "/api/catalog?filter=path=/etc", 422),
        ("GET", "/api/search", 405),
        ("DELETE", "/api/items/1", 405),
        ("POST", "/api/votes", 422),
    ],
)
def test_addresses_lead_nowhere_else(client: httpx.Client, method: str, path: str, status: int) -> None:
    answer = client.request(method, path)
    assert answer.status_code == status and answer.json()["error"]


def test_who_sends_no_whole_header_harms_nobody(address: str, client: httpx.Client) -> None:
    host, port = httpx.URL(address).host, httpx.URL(address).port
    assert port is not None
    slow = [socket.create_connection((host, port)) for _ in range(30)]
    for one in slow:
        one.sendall(b"POST /api/search HTTP/1.1\r\nHost: localhost\r\nContent-Le")
    assert client.post("/api/search", files={"image": JPEG}).status_code == 200
    with socket.create_connection((host, port)) as broken:
        broken.sendall(b"\x16\x03\x01 nonsense\r\n\r\n")
        assert broken.recv(1000).startswith(b"HTTP/1.1 400")
    for one in slow:
        one.close()


def test_an_index_that_is_replaced_is_served_at_once(fsim: Fsim, client: httpx.Client, run: Path) -> None:
    assert fsim("index", run, "--name", "default", "--remove", "5").returncode == 0
    while client.get("/healthz").json()["images"] != 35:
        pass
    assert client.get("/api/items/5").status_code == 404
    assert client.post("/api/search", data={"id": "6"}).status_code == 200


def test_what_cannot_be_served_leaves_what_was_served(fsim: Fsim, run: Path) -> None:
    live = ReloadingIndex(run / "indexes" / "other", run)
    first = live.current
    assert not live.refresh() and live.current is first
    assert fsim("index", run, "--name", "other", "--remove", "3").returncode == 0
    assert live.refresh() and len(live.current.index.images) == 23 and live.current.embedder is first.embedder
    assert len(first.index.images) == 24 and first.generation != live.current.generation
    (live.path / "current.json").write_text("damaged", encoding="utf-8")
    second = live.current
    assert not live.refresh() and live.current is second
    (live.path / "current.json").unlink()
    assert not live.refresh() and live.current is second


MISTAKES = {
    "no index": (["serve", "{run}/indexes/nothing"], "there is no index"),
    "a taken port": (["serve", "{run}/indexes/default", "--port", "{port}"], "choose another --port"),
    "no such host": (["serve", "{run}/indexes/default", "--host", "256.1.1.1"], "choose another --port"),
    "votes of nothing": (["serve", "{run}/indexes/default", "--votes", "x.csv"], "without --ab"),
    "a short key": (["serve", "{run}/indexes/default", "--api-key-file", "{run}/key"], "16 or more plain letters"),
    "no key": (["serve", "{run}/indexes/default", "--api-key-file", "{run}/nokey"], "cannot read the key"),
    "a path as origin": (["serve", "{run}/indexes/default", "--cors", "https://a.example/x"], "only scheme and host"),
    "no answers": (["serve", "{run}/indexes/default", "--max-k", "0"], "--max-k 0: give 1 or more"),
}  # fmt: skip


@pytest.mark.parametrize("mistake", MISTAKES)
def test_a_mistake_is_told_with_the_next_action(fsim: Fsim, run: Path, address: str, mistake: str) -> None:
    (run / "key").write_text("short\n", encoding="utf-8")
    words, expected = MISTAKES[mistake]
    done = fsim(*(word.format(run=run, port=httpx.URL(address).port) for word in words))
    assert done.returncode == 2 and expected in done.stderr and "Traceback" not in done.stderr, done.stderr


def test_a_missing_package_is_told(fsim: Fsim, run: Path, tmp_path: Path) -> None:
    (tmp_path / "fastapi.py").write_text("raise ImportError('not here')", encoding="utf-8")
    done = fsim("serve", run / "indexes" / "default", env={"PYTHONPATH": str(tmp_path)}, fresh=True)
    assert done.returncode == 2 and "pip install 'fsim[serve]'" in done.stderr
