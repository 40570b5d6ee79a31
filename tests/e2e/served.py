"""The server's page held against the rules of accessibility."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from playwright.sync_api import Page

SETTLED = """Promise.allSettled(document.getAnimations()
    .filter(one => one.effect.getTiming().iterations === 1).map(one => one.finished))"""  # or gone with its element


def check_with(axe: str, page: Page) -> None:
    """No serious fault of accessibility, in the colours that are shown in the end."""
    page.evaluate(SETTLED)
    if axe:
        page.evaluate(axe)
        faults = page.evaluate("axe.run().then(found => found.violations)")
        assert [one for one in faults if one["impact"] in ("serious", "critical")] == []
