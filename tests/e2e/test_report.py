"""fsim report, in a real browser."""

from __future__ import annotations

import re
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page

Fsim = Callable[..., "subprocess.CompletedProcess[str]"]
PHONE = {"width": 390, "height": 800}


@pytest.fixture(scope="module")
def run(fsim: Fsim, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A run on generated garments, which have items, categories and attributes."""
    out = tmp_path_factory.mktemp("out")
    recipe = out / "small.yaml"
    recipe.write_text(RECIPE, encoding="utf-8")
    done = fsim("run", recipe, "--out", out / "runs")
    assert done.returncode == 0, done.stderr
    return next((out / "runs" / "small").iterdir())


RECIPE = """
name: small
data:
  dataset: {name: garments, items: 42, views: 3}
  image_size: 32
model: {backbone: {name: resnet18, num_stages: 2}, head: {name: siam_cat, embedding_dim: 8}}
sampler: {name: balanced_pairs, batch_size: 16, label: item}
losses: [{name: contrastive, margin: 0.0}, {name: cross_entropy}]
train: {epochs: 2}
evaluation: {relevant: category, evaluators: [{name: exact, k: [1, 2]}]}
trackers: []
"""


ALL_IMAGES_DECODE = """() => Promise.all(
  [...document.images].map(one => { one.loading = "eager"; return one.decode(); })).then(() => true)"""


@pytest.fixture
def page(browser: Browser) -> Iterator[Page]:
    """A tab with no network; anything that it complains of fails the test."""
    context = browser.new_context(offline=True, viewport=PHONE, has_touch=True)
    page = context.new_page()
    complaints: list[str] = []
    page.on(
        "console", lambda message: complaints.append(message.text) if message.type in ("error", "warning") else None
    )
    page.on("pageerror", lambda error: complaints.append(str(error)))
    page.on(
        "request",
        lambda request: None if request.url.startswith(("file:", "data:")) else complaints.append(request.url),
    )
    yield page
    context.close()
    assert not complaints


def test_a_run_leaves_a_report_that_a_phone_shows(run: Path, page: Page) -> None:
    file = run / "report.html"
    assert file.stat().st_size < 10_000_000
    page.goto(file.as_uri())
    wanted = [
        "Results",
        "Curves",
        "Galleries",
        "Map",
        "Categories",
        "Attributes",
        "Failures",
        "Health",
        "Recipe",
        "Environment",
    ]
    assert page.locator("h2").all_inner_texts() == wanted
    assert page.evaluate("document.documentElement.scrollWidth") <= PHONE["width"], (
        "the page itself never scrolls sideways"
    )
    assert page.evaluate(ALL_IMAGES_DECODE)
    assert page.get_by_text("keeps embeddings apart").count(), "the alarm of margin 0"
    assert page.get_by_text(re.compile(r"exact/recall@1.*0\.\d{4} \(0\.\d+ to", re.S)).count()
    gallery = page.locator(".gallery").first
    assert gallery.locator("figure.query").count() == 1
    assert gallery.locator("figure.right, figure.wrong").count() == 10
    page.get_by_text("Recipe, whole").click()
    assert page.get_by_text("embedding_dim: 8").is_visible()


def test_the_map_shows_the_picture_of_a_point(run: Path, page: Page) -> None:
    page.goto((run / "report.html").as_uri())
    canvas, near = page.locator(".map canvas"), page.locator(".map .near")
    canvas.scroll_into_view_if_needed()
    assert not near.is_visible()
    canvas.hover(position={"x": 2, "y": 2})
    box = canvas.bounding_box()
    assert box is not None
    places = page.evaluate(FIRST_POINT)
    canvas.hover(position={"x": places[0], "y": places[1]})
    assert near.is_visible() and places[2] in near.inner_text()
    assert (
        near.locator("div").evaluate("one => getComputedStyle(one).backgroundImage").startswith('url("data:image/jpeg')
    )
    before = canvas.screenshot()
    button = page.locator(".map button").first
    button.click()
    assert button.get_attribute("aria-pressed") == "true" and canvas.screenshot() != before


# Where the leftmost point is drawn, and its name: it touches the canvas's margin, or the map is higher than wide.
FIRST_POINT = """() => {
  const map = document.querySelector(".map"), canvas = map.querySelector("canvas");
  const points = JSON.parse(map.querySelector("script").textContent).points;
  const [xs, ys] = [0, 1].map(axis => points.map(point => point[axis]));
  const [left, right, top, bottom] = [Math.min(...xs), Math.max(...xs), Math.min(...ys), Math.max(...ys)];
  const scale = Math.min((canvas.clientWidth - 32) / (right - left), (canvas.clientHeight - 32) / (bottom - top));
  const point = points[xs.indexOf(left)];
  return [canvas.clientWidth / 2 + (left - (left + right) / 2) * scale,
          canvas.clientHeight / 2 + (point[1] - (top + bottom) / 2) * scale, point[3]];
}"""


def test_it_is_written_again_elsewhere_of_either_network(fsim: Fsim, run: Path, tmp_path: Path) -> None:
    done = fsim("report", run, "--checkpoint", "best", "--out", tmp_path / "best.html")
    assert done.returncode == 0, done.stderr
    assert "the best network, epoch" in (tmp_path / "best.html").read_text(encoding="utf-8")
    mine = tmp_path / "mine.html"
    mine.write_text("mine")
    for arguments, told in (
        ([run, "--out", mine], "no page of fsim's"),
        ([run, "evaluation.relevant=item"], "only data.dataset may be changed"),
        ([run, "data.dataset.views=2"], "are not those that the run was evaluated on"),
    ):
        done = fsim("report", *arguments)
        assert done.returncode == 2 and told in done.stderr and "Traceback" not in done.stderr, done.stderr
    assert mine.read_text() == "mine"
