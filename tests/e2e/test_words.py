"""A search by words, by command, over HTTP and on the page."""

from __future__ import annotations

import csv
import json
import shutil
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import httpx
import numpy as np
import pytest
import torch

from fsim.evaluation.trained_run import TrainedRun
from fsim.search.search_index import SearchIndex
from fsim.store.run_folder import RunFolder

from .conftest import Serving
from .served import check_with

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

    from fsim.interfaces import Vectors

Fsim = Callable[..., "subprocess.CompletedProcess[str]"]
RECIPE = """
name: words
data: {{dataset: {{name: csv, file: {file}}}, image_size: 32}}
model:
  backbone: {{name: resnet18, num_stages: 2}}
  head: {{name: siam, embedding_dim: 8, distance: cosine}}
  text_encoder: {{name: bag_of_words, word_dim: 8}}
sampler: {{name: shuffled, batch_size: 8}}
losses: [{{name: clip}}]
train: {{epochs: 1, precision: fp32}}
evaluation: {{monitor: exact/recall@1, evaluators: [{{name: exact, k: [1]}}]}}
trackers: []
"""
COLOURS = {"hat": "red", "shoes": "green", "skirt": "blue"}


@pytest.fixture(scope="module")
def run(fsim: Fsim, pictures: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """One that reads, with two indexes."""
    folder = tmp_path_factory.mktemp("read")
    with (folder / "metadata.csv").open("w", encoding="utf-8", newline="") as stream:
        table = csv.writer(stream)
        table.writerow(["image", "split", "category", "caption"])
        for file in sorted(pictures.glob("*/*/*.jpg")):
            category = file.parent.name
            table.writerow([file, file.parts[-3], category, f"{category} in {COLOURS[category]}"])
    (folder / "words.yaml").write_text(RECIPE.format(file=folder / "metadata.csv"), encoding="utf-8")
    done = fsim("run", folder / "words.yaml", "--out", folder / "runs")
    assert done.returncode == 0, done.stderr
    (run,) = (folder / "runs" / "words").iterdir()
    for name, more in (("default", []), ("other", ["--split", "train"])):
        made = fsim("index", run, "--images", folder / "metadata.csv", "--name", name, *more)
        assert made.returncode == 0, made.stderr
    return run


@pytest.fixture(scope="module")
def index(run: Path) -> Path:
    return run / "indexes" / "default"


@pytest.fixture(scope="module")
def picture(pictures: Path) -> Path:
    return pictures / "val" / "hat" / "1.jpg"


@pytest.fixture(scope="module")
def directions(run: Path, picture: Path) -> dict[str, Vectors]:
    """The unit embeddings [D] of the picture and of some texts, as the network itself gives them."""
    trained = TrainedRun.open(RunFolder.open(run))
    texts = ("red hat", "blue skirt")
    found = dict(zip(texts, trained.embed_text(texts), strict=True))
    found["picture"] = trained.embed([picture])[0]
    return {name: one / np.linalg.norm(one) for name, one in found.items()}


def nearest(index: Path, query: Vectors) -> list[tuple[str, float]]:
    """(id, cosine) of the five nearest, by comparing with all."""
    opened = SearchIndex.open(index)
    embedding = np.asarray(opened.embedding, np.float64)
    cosines = (embedding / np.linalg.norm(embedding, axis=1, keepdims=True)) @ (query / np.linalg.norm(query))
    return [(opened.images.columns["id"][row], cosines[row]) for row in np.argsort(-cosines, kind="stable")[:5]]


def check_nearest(found: list[dict[str, Any]], expected: list[tuple[str, float]]) -> None:
    assert [one["id"] for one in found] == [number for number, _ in expected]
    np.testing.assert_allclose([one["score"] for one in found], [score for _, score in expected], atol=1e-4)


def told(done: subprocess.CompletedProcess[str]) -> list[dict[str, Any]]:
    assert done.returncode == 0, done.stderr
    return [json.loads(line) for line in done.stdout.splitlines()]


def test_texts_are_queries(fsim: Fsim, index: Path, directions: dict[str, Vectors], tmp_path: Path) -> None:
    page = tmp_path / "answers.html"
    given = ["--text", "red hat", "--text", "Zorbly BLUE skirt", "-k", "5"]
    done = fsim("search", index, *given, "--json", "--html", page)
    red, blue = told(done)
    assert red["query"] == "red hat" and blue["query"] == "Zorbly BLUE skirt"
    check_nearest(red["results"], nearest(index, directions["red hat"]))
    check_nearest(blue["results"], nearest(index, directions["blue skirt"]))
    assert done.stderr.count("left out") == 1 and "words that the run learned, and left out: zorbly" in done.stderr
    assert '<div class="words">Zorbly BLUE skirt</div>' in page.read_text(encoding="utf-8")
    table = fsim("search", index, "--text", "red [hat] [/x]")
    assert table.returncode == 0 and "red [hat] [/x]" in table.stdout


def test_a_text_is_weighed_against_each_picture(
    fsim: Fsim, index: Path, directions: dict[str, Vectors], picture: Path, pictures: Path
) -> None:
    other = pictures / "val" / "shoes" / "0.jpg"
    given = ["--text", "blue skirt", "-k", "5", "--json"]
    half, of_other = told(fsim("search", index, *given, picture, "--image", other))  # an image behind options
    assert half["query"] == f'0.5 {picture} + 0.5 "blue skirt"' and str(other) in of_other["query"]
    check_nearest(half["results"], nearest(index, directions["picture"] + directions["blue skirt"]))
    (mostly,) = told(fsim("search", index, "--image", picture, *given, "--text-weight", "0.8"))
    check_nearest(mostly["results"], nearest(index, 0.2 * directions["picture"] + 0.8 * directions["blue skirt"]))
    (moved,) = told(fsim("search", index, picture, *given, "--minus", other))
    assert moved["query"] == f'0.5 ({picture} - {other}) + 0.5 "blue skirt"'


MISTAKES = {
    "nothing": ([], "say what to look for"),
    "blank words": (["--text", " \t"], "--text: write in words what to look for"),
    "no known word": (["--text", "zorbly"], "none of these words is among the 7 that the network learned"),
    "no network": (["--text", "red", "--network", "nothing"], "nothing is no export of a run"),
}


@pytest.mark.parametrize("mistake", MISTAKES)
def test_a_mistake_is_told_with_the_next_action(fsim: Fsim, index: Path, mistake: str) -> None:
    given, expected = MISTAKES[mistake]
    done = fsim("search", index, *given)
    assert done.returncode == 2 and expected in done.stderr and "Traceback" not in done.stderr, done.stderr


def test_an_index_is_not_searched_by_another_reader(fsim: Fsim, run: Path, index: Path, tmp_path: Path) -> None:
    other = tmp_path / "words" / "other"
    shutil.copytree(run, other, ignore=shutil.ignore_patterns("indexes"))
    for file in (other / "checkpoints").glob("*.pt"):
        state = torch.load(file, weights_only=True)
        state["model"]["text.head.embed.bias"] += 1  # the pictures' part is the same
        torch.save(state, file)
    refused = fsim("search", index, "--text", "red", "--run", other)
    assert refused.returncode == 2 and "can't be compared" in refused.stderr and "weights" in refused.stderr


@pytest.fixture(scope="module")
def address(run: Path, index: Path, serving: Serving) -> Iterator[str]:
    with serving(index, "--ab", run / "indexes" / "other") as address:
        yield address


def test_the_server_answers_as_the_command_does(
    client: httpx.Client, index: Path, directions: dict[str, Vectors], picture: Path
) -> None:
    assert client.get("/api/about").json()["text"] is True
    file = {"image": picture.read_bytes()}
    found = client.post("/api/search", data={"text": "red hat", "k": "5"}).json()
    assert found["query"] == "text:red hat" and found["unknown_words"] == []
    check_nearest(found["results"], nearest(index, directions["red hat"]))
    sent = {"text": "blue  zorbly\nskirt", "text_weight": "0.8", "k": "5"}
    found = client.post("/api/search", data=sent, files=file).json()
    assert found["unknown_words"] == ["zorbly"] and found["query"].endswith(" 0.2, text:blue zorbly skirt 0.8")
    check_nearest(found["results"], nearest(index, 0.2 * directions["picture"] + 0.8 * directions["blue skirt"]))
    alone = client.post("/api/search", data={"text": "red", "text_weight": "0", "k": "5"}, files=file).json()
    check_nearest(alone["results"], nearest(index, directions["picture"]))
    of_index = client.post("/api/search", data={"id": alone["results"][0]["id"], "text": "red", "k": "3"}).json()
    assert alone["results"][0]["id"] not in {one["id"] for one in of_index["results"]}

    sides = client.post("/api/compare", data={"text": "red zorbly hat", "k": "5"}).json()
    assert sides["unknown_words"] == ["zorbly"] and len(sides["left"]) == len(sides["right"]) == 5
    scores = [[one["score"] for one in sides[side]] for side in ("left", "right")]
    expected = [[score for _, score in nearest(of, directions["red hat"])] for of in (index, index.parent / "other")]
    np.testing.assert_allclose(sorted(scores), sorted(expected), atol=1e-4)
    on = client.post("/api/search", data={"shown": sides["left"][0]["shown"], "text": "red", "k": "3"})
    assert len(on.json()["results"]) == 3
    voted = client.post("/api/votes", json={"comparison": sides["comparison"], "choice": "left"})
    assert voted.status_code == 200
    assert "text:red zorbly hat" in (index.parent / "default-votes.csv").read_text(encoding="utf-8")


ABUSES: dict[str, tuple[dict[str, str], set[int]]] = {
    "nothing": ({"text": ""}, {422}),
    "blanks and controls": ({"text": " \x00\t\x1b"}, {422}),
    "no known word": ({"text": "zorbly"}, {422}),
    "another script": ({"text": "красная шляпа"}, {422}),
    "signs": ({"text": "<script>!?</script>"}, {422}),
    "many letters": ({"text": "red " * 60}, {422}),
    "a caption of 500 words": ({"text": "red " * 500}, {422}),
    "a book": ({"text": "red " * 5000}, {400}),
    "a weight of nothing": ({"text": "red", "text_weight": "0.5"}, {422}),
    "a weight of no text": ({"id": "1", "text_weight": "0.5"}, {422}),
    "a weight above 1": ({"id": "1", "text": "red", "text_weight": "2"}, {422}),
    "no number": ({"id": "1", "text": "red", "text_weight": "nan"}, {422}),
    "a part of words": ({"text": "red", "crop": "0,0,1,1"}, {422}),
    "a formula": ({"text": "=red\u202e\ud7ff"}, {200}),
}


@pytest.mark.parametrize("abuse", ABUSES)
def test_bad_words_are_refused_with_a_plain_message(client: httpx.Client, abuse: str) -> None:
    data, expected = ABUSES[abuse]
    for path in ("search", "compare"):
        answer = client.post(f"/api/{path}", data=data)
        assert answer.status_code in expected, answer.text
        assert answer.status_code == 200 or answer.json()["error"]


def test_a_person_says_what_it_should_look_like(
    browser: Browser, axe: str, address: str, client: httpx.Client, picture: Path
) -> None:
    page = browser.new_page(viewport={"width": 1280, "height": 860})
    faults: list[str] = []
    page.on("console", lambda message: faults.append(message.text))
    page.on("pageerror", lambda error: faults.append(str(error)))
    status, title, slider = page.locator("#status"), page.locator("#title"), page.get_by_role("slider")
    box = page.get_by_role("search").get_by_role("searchbox")
    page.goto(address)
    page.get_by_text("36 pictures", exact=True).wait_for()
    assert not slider.is_visible()

    box.fill("red zorbly hat")
    with page.expect_response("**/api/search") as answered:
        box.press("Enter")
    expected = client.post("/api/search", data={"text": "red zorbly hat"}).json()
    assert answered.value.json() == expected
    status.filter(has_text="not known: zorbly").wait_for()
    assert title.inner_text() == "What fits your words" and page.title().startswith("red zorbly hat ")
    assert not slider.is_visible()
    check_with(axe, page)

    page.locator("#file").set_input_files(picture)  # words stay, and refine it
    title.filter(has_text="Most alike, with your words").wait_for()
    status.filter(has_text="24 found").wait_for()
    check_with(axe, page)
    with page.expect_response("**/api/search") as answered:
        slider.press("End")
    sent = {"text": "red zorbly hat", "text_weight": "1"}
    expected = client.post("/api/search", data=sent, files={"image": picture.read_bytes()}).json()
    assert answered.value.json() == expected and slider.get_attribute("aria-valuetext") == "100 % words"

    box.fill("")  # and it is the picture alone
    title.filter(has_text="Most alike").wait_for()
    status.filter(has_text="24 found in").wait_for()
    assert not slider.is_visible() and page.locator("#picture").is_visible()
    page.go_back()
    page.wait_for_function("document.getElementById('words').value === 'red zorbly hat'")
    assert slider.input_value() == "1"

    page.locator(".chip", has_text="skirt").click()
    status.filter(has_text="12 found").wait_for()
    page.locator("#results .card button").first.click()  # on from a result, without the words
    title.filter(has_text="Most alike").wait_for()
    page.wait_for_function("document.getElementById('picture').src.includes('/api/images/')")
    assert box.input_value() == "" and not slider.is_visible()

    page.get_by_role("button", name="Start again").click()
    page.get_by_role("button", name="Side by side").click()
    box.fill("blue")
    page.get_by_role("button", name="Search by words").click()
    status.filter(has_text="12 found on the left, 12 on the right").wait_for()
    check_with(axe, page)
    assert faults == []
    page.close()


def test_words_on_a_phone_in_the_dark(browser: Browser, axe: str, address: str, picture: Path) -> None:
    context = browser.new_context(
        viewport={"width": 390, "height": 844}, has_touch=True, is_mobile=True, color_scheme="dark"
    )
    page: Page = context.new_page()
    page.goto(address)
    box = page.get_by_role("searchbox")
    box.fill("red hat")
    box.press("Enter")
    page.locator("#status", has_text="24 found").wait_for()
    assert page.evaluate("document.activeElement === document.body")  # no keyboard over what is found
    page.locator("#camera").set_input_files(picture)
    page.get_by_role("slider").wait_for()
    page.locator("#status", has_text="24 found").wait_for()
    check_with(axe, page)
    assert page.evaluate("document.documentElement.scrollWidth") == 390
    context.close()
