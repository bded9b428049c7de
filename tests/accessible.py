"""What a screen reader or a poor eye would stumble over: axe-core, in the browser that shows the page."""

from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page

_AXE = Axe()


def barriers(page: Page) -> list[str]:
    """Return what axe-core calls serious or critical on *page*, WCAG 2.1 A and AA and good practice together."""
    found = _AXE.run(page).response["violations"]
    return [
        f"{each['id']}: {node['html'][:200]} ({node['failureSummary']})"
        for each in found
        if each["impact"] in {"serious", "critical"}
        for node in each["nodes"]
    ]
