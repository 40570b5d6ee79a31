"""Makes docs/report.png, README's picture, of a run's report: a gallery of each sort, and the map.

python scripts/readme_picture.py RUN/report.html docs/report.png
"""

from __future__ import annotations

import argparse
import shutil
from pathlib import Path

from playwright.sync_api import sync_playwright

SHOWN = """() => {
  for (const section of document.querySelectorAll("section"))
    if (!["Galleries", "Map"].includes(section.querySelector("h2").innerText)) section.remove();
  document.querySelector("nav").remove();
  const rows = [...document.querySelectorAll(".gallery")];
  rows.forEach((row, place) => { if (place % 5 > 0) { row.previousElementSibling.remove(); row.remove(); } });
}"""


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("report", type=Path)
    parser.add_argument("picture", type=Path)
    args = parser.parse_args()
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=shutil.which("chromium"), args=["--no-sandbox"])
        page = browser.new_page(viewport={"width": 1180, "height": 900})
        page.goto(args.report.absolute().as_uri())
        page.evaluate(SHOWN)
        canvas = page.locator(".map canvas")
        canvas.scroll_into_view_if_needed()
        box = canvas.bounding_box()
        assert box is not None, "the map is there"
        for step in range(400):  # along the map, until a point shows its picture
            canvas.hover(position={"x": box["width"] * (0.25 + 0.5 * step / 400), "y": box["height"] * 0.45})
            if page.locator(".near").is_visible():
                break
        page.screenshot(path=args.picture, full_page=True)
        browser.close()


if __name__ == "__main__":
    main()
