"""The page in a real browser: languages, filters, paper, and not a word to anybody."""

from __future__ import annotations

import base64
import json
import re
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from isolation_checks.report.html import as_html
from tests.isolation_checks.report import samples

if TYPE_CHECKING:
    from selenium.webdriver import Chrome

MISSING = [program for program in ("chromium", "chromedriver") if shutil.which(program) is None]
pytestmark = pytest.mark.skipif(bool(MISSING), reason=f"not installed: {', '.join(MISSING)}")

FLAGS = (
    "--headless", "--no-sandbox", "--disable-gpu", "--no-first-run", "--disable-background-networking", "--disable-component-update",
    "--disable-sync", "--window-size=1240,1000",
)  # fmt: skip


@pytest.fixture(scope="module")
def browser(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Chrome]:
    from selenium.webdriver import Chrome, ChromeOptions, ChromeService  # noqa: PLC0415 - only where it can run

    options = ChromeOptions()
    options.binary_location = shutil.which("chromium") or ""
    options.set_capability("goog:loggingPrefs", {"browser": "ALL", "performance": "ALL"})
    for flag in (*FLAGS, f"--user-data-dir={tmp_path_factory.mktemp('profile')}"):
        options.add_argument(flag)
    chrome = Chrome(options=options, service=ChromeService(shutil.which("chromedriver")))
    yield chrome
    chrome.quit()


@pytest.fixture
def page(browser: Chrome, tmp_path: Path) -> Chrome:
    path = tmp_path / "proof.html"
    path.write_text(as_html(samples.violated(), samples.PLACES, "zh"), encoding="utf-8")
    browser.get("about:blank")
    browser.get_log("performance")  # type: ignore[no-untyped-call] # what the browser itself did until now
    browser.get(path.as_uri())
    return browser


def visible(page: Chrome, selector: str) -> list[str]:
    return [element.text for element in page.find_elements("css selector", selector) if element.is_displayed()]


def test_it_opens_without_an_error_or_a_request(page: Chrome) -> None:
    assert page.get_log("browser") == []  # type: ignore[no-untyped-call]
    events = [json.loads(entry["message"])["message"] for entry in page.get_log("performance")]  # type: ignore[no-untyped-call]
    asked = {event["params"]["request"]["url"] for event in events if event["method"] == "Network.requestWillBeSent"}
    assert {url.partition(":")[0] for url in asked} <= {"file", "data", "about"}


def test_languages_change_places(page: Chrome) -> None:
    assert visible(page, "h1")[0].startswith("东山市")
    assert visible(page, "main span.en") == visible(page, "svg text.en") == []
    page.find_element("css selector", '[data-speak="en"]').click()
    assert visible(page, "h1")[0].startswith("Dongshan")
    assert visible(page, "main span.zh") == visible(page, "svg text.zh") == []
    assert page.title.startswith("Dongshan")


def test_filters_by_verdict_and_by_word(page: Chrome) -> None:
    rows = "#rules tbody tr"
    assert len(visible(page, rows)) == 6
    button = page.find_element("css selector", '[data-filter="violated"]')
    button.click()
    assert len(visible(page, rows)) == len(visible(page, "section.rule")) == 3
    page.find_element("id", "search").send_keys("PHY-")
    assert len(visible(page, rows)) == 1
    button.click()
    page.find_element("id", "search").clear()
    page.execute_script("document.getElementById('search').dispatchEvent(new Event('input'))")
    assert len(visible(page, rows)) == 6


def test_words_stay_inside_their_boxes_in_both_languages(page: Chrome) -> None:
    script = """
      const over = [];
      for (const node of document.querySelectorAll('.witness .node')) {
        const box = node.querySelector('rect').getBBox();
        for (const text of node.querySelectorAll('text')) {
          const words = text.getBBox();
          if (words.width && (words.x < box.x || words.x + words.width > box.x + box.width
              || words.y < box.y || words.y + words.height > box.y + box.height)) over.push(text.textContent);
        }
      }
      return over;
    """
    for lang in ("zh", "en"):
        page.find_element("css selector", f'[data-speak="{lang}"]').click()
        assert page.execute_script(script) == []
        assert page.execute_script("return document.documentElement.scrollWidth <= innerWidth")


def test_on_paper_it_is_a4_and_whole(page: Chrome) -> None:
    page.find_element("css selector", '[data-filter="proved"]').click()
    printed = page.execute_cdp_cmd("Page.printToPDF", {"preferCSSPageSize": True, "printBackground": True})
    pdf = base64.b64decode(printed["data"])
    width, height = (float(size) for size in re.findall(rb"/MediaBox \[0 0 ([\d.]+) ([\d.]+)\]", pdf)[0])
    assert (round(width / 72 * 25.4), round(height / 72 * 25.4)) == (210, 297)
    page.execute_cdp_cmd("Emulation.setEmulatedMedia", {"media": "print"})
    assert len(visible(page, "#rules tbody tr")) == 6
    assert len(visible(page, "section.rule")) == 3
    assert visible(page, ".bar") == []
    page.execute_cdp_cmd("Emulation.setEmulatedMedia", {"media": ""})
