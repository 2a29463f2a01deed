"""A real browser without a window, for tests of the HTML page; skipped where there is none."""

from __future__ import annotations

import base64
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

ARTEFACTS = Path(__file__).parents[1] / "out" / "screenshots"  # kept, and ignored by git
_FLAGS = (
    "--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run",
    "--disable-background-networking", "--disable-component-update", "--disable-sync",
    "--hide-scrollbars", "--disable-dev-shm-usage",
)  # fmt: skip


@contextmanager
def chromium(profile: Path) -> Iterator[Browser]:
    """Chromium with the profile folder given; skips the test where Chromium, its driver or selenium is missing."""
    webdriver = pytest.importorskip("selenium.webdriver", reason="needs selenium: pip install 'clear-native[test]'")
    browser = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
    driver = shutil.which("chromedriver")
    if browser is None or driver is None:
        pytest.skip("needs chromium and chromedriver (packages chromium and chromium-driver)")
    options = webdriver.ChromeOptions()
    options.binary_location = browser
    for flag in (*_FLAGS, f"--user-data-dir={profile}"):
        options.add_argument(flag)
    options.set_capability("goog:loggingPrefs", {"browser": "ALL"})
    opened = webdriver.Chrome(options=options, service=webdriver.ChromeService(driver))
    try:
        yield Browser(opened)
    finally:
        opened.quit()


class Browser:
    """What the tests ask of it."""

    def __init__(self, driver: Any) -> None:
        self.driver = driver

    def open(self, page: Path, width: int = 1280, dark: bool = False, printed: bool = False) -> None:
        """Opens the file at a width of so many CSS pixels, in a colour scheme, on screen or as paper shows it."""
        metrics = {"width": width, "height": 900, "deviceScaleFactor": 1, "mobile": width < 600}
        self.driver.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", metrics)
        scheme = {"name": "prefers-color-scheme", "value": "dark" if dark else "light"}
        media = {"media": "print" if printed else "screen", "features": [scheme]}
        self.driver.execute_cdp_cmd("Emulation.setEmulatedMedia", media)
        self.driver.get(page.as_uri())

    def run(self, script: str, *arguments: Any) -> Any:
        """The value of a JavaScript function body."""
        return self.driver.execute_script(script, *arguments)

    def all(self, selector: str) -> list[Any]:
        return list(self.driver.find_elements("css selector", selector))

    def shown(self, selector: str) -> list[Any]:
        """Those that take room on the page, in the order of the page."""
        script = "return [...document.querySelectorAll(arguments[0])].filter((element) => element.checkVisibility())"
        return list(self.run(script, selector))

    def press(self, *keys: str) -> None:
        self.driver.switch_to.active_element.send_keys(*keys)

    def complaints(self) -> list[str]:
        """What stands in the console."""
        return [entry["message"] for entry in self.driver.get_log("browser")]

    def screenshot(self, name: str) -> Path:
        """The whole page as PNG among the artefacts."""
        ARTEFACTS.mkdir(parents=True, exist_ok=True)
        taken = self.driver.execute_cdp_cmd("Page.captureScreenshot", {"captureBeyondViewport": True})
        path = ARTEFACTS / f"{name}.png"
        path.write_bytes(base64.b64decode(taken["data"]))
        return path

    def paper(self, name: str) -> bytes:
        """The page as PDF, among the artefacts too."""
        ARTEFACTS.mkdir(parents=True, exist_ok=True)
        printed = self.driver.execute_cdp_cmd("Page.printToPDF", {"printBackground": True})
        data = base64.b64decode(printed["data"])
        (ARTEFACTS / f"{name}.pdf").write_bytes(data)
        return data
