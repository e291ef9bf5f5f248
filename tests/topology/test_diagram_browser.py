"""The page in a real browser: going in and out, search, details, keys and paper."""

from __future__ import annotations

import base64
import json
import re
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tests.topology import facts_sample
from topology.diagram.drawing import Pictures, html_page, pictures

if TYPE_CHECKING:
    from selenium.webdriver import Chrome
    from selenium.webdriver.remote.webelement import WebElement

MISSING = [program for program in ("dot", "chromium", "chromedriver") if shutil.which(program) is None]
pytestmark = pytest.mark.skipif(bool(MISSING), reason=f"not installed: {', '.join(MISSING)}")

FLAGS = (
    "--headless", "--no-sandbox", "--disable-gpu", "--no-first-run", "--disable-background-networking", "--disable-component-update",
    "--disable-sync", "--window-size=1680,1050",
)  # fmt: skip


@pytest.fixture(scope="module")
def drawn() -> Pictures:
    return pictures(facts_sample.city(counties=2, townships=4), None, "zh")


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


@pytest.fixture(scope="module")
def address(drawn: Pictures, tmp_path_factory: pytest.TempPathFactory) -> str:
    path: Path = tmp_path_factory.mktemp("page") / "index.html"
    path.write_text(html_page(drawn), encoding="utf-8")
    return path.as_uri()


@pytest.fixture
def page(browser: Chrome, address: str) -> Chrome:
    """The page as it opens: on the city."""
    browser.get("about:blank")
    _log(browser, "performance")  # what the browser itself did until now
    browser.get(address)
    return browser


def _log(page: Chrome, kind: str) -> list[dict[str, str]]:
    entries: list[dict[str, str]] = page.get_log(kind)  # type: ignore[no-untyped-call]
    return entries


def _one(page: Chrome, selector: str) -> WebElement:
    return page.find_element("css selector", selector)


def _shown(page: Chrome) -> str:
    views = page.find_elements("css selector", ".view.shown")
    assert len(views) == 1
    return str(views[0].get_dom_attribute("data-view"))


def _until(page: Chrome, view: str) -> None:
    from selenium.webdriver.support.wait import WebDriverWait  # noqa: PLC0415

    WebDriverWait(page, 5).until(lambda driver: _shown(driver) == view)


def _press(page: Chrome, *keys: str) -> None:
    from selenium.webdriver import ActionChains  # noqa: PLC0415

    ActionChains(page).send_keys(*keys).perform()


def _key(name: str) -> str:
    from selenium.webdriver import Keys  # noqa: PLC0415

    return str(getattr(Keys, name))


def _search(page: Chrome, query: str) -> list[str]:
    field = _one(page, "#search")
    field.clear()
    field.send_keys(query)
    return [hit.text for hit in page.find_elements("css selector", "#hits [data-hit]")]


def test_the_page_opens_on_the_city_without_a_word_in_the_console_or_a_request(page: Chrome) -> None:
    assert _shown(page) == "city"
    assert _log(page, "browser") == []
    events = [json.loads(entry["message"])["message"] for entry in _log(page, "performance")]
    asked = {event["params"]["request"]["url"] for event in events if event["method"] == "Network.requestWillBeSent"}
    assert {url.partition(":")[0] for url in asked} <= {"file", "data", "about"}


def test_from_city_to_county_to_township_and_back(page: Chrome) -> None:
    _one(page, '.view.shown .node[data-open="qingzhen"]').click()
    _until(page, "qingzhen")
    _one(page, '.view.shown .node[data-open="qingzhen/hongfenghu"]').click()
    _until(page, "qingzhen/hongfenghu")
    assert [step.text for step in page.find_elements("css selector", "#path li")][1:] == ["清镇市", "红枫湖镇"]
    assert page.title == "红枫湖镇"
    page.back()
    _until(page, "qingzhen")
    _one(page, "#path a").click()
    _until(page, "city")


def test_keys_do_what_the_mouse_does(page: Chrome) -> None:
    page.execute_script("document.querySelector('.view.shown [data-open=qingzhen]').focus()")
    _press(page, _key("ENTER"))
    _until(page, "qingzhen")
    assert page.execute_script("return document.querySelectorAll('.view.shown .node:not([tabindex=\"0\"])').length") == 0
    _press(page, _key("BACKSPACE"))
    _until(page, "city")
    _press(page, "/")
    assert page.switch_to.active_element.get_dom_attribute("id") == "search"
    _press(page, "红枫湖镇", _key("ENTER"))
    _until(page, "qingzhen/hongfenghu")
    before = _one(page, ".view.shown .picture").get_dom_attribute("viewBox")
    _press(page, "+")
    assert _one(page, ".view.shown .picture").get_dom_attribute("viewBox") != before
    _press(page, "0")
    assert _one(page, ".view.shown .picture").get_dom_attribute("viewBox") == before


@pytest.mark.parametrize(
    ("query", "first"),
    [
        ("红枫湖", "红枫湖镇"),
        ("hongfenghu", "红枫湖镇"),
        ("qingzhen-r2", "qingzhen-r2"),
        ("黔电 0005", "unicom 黔电 0005"),
        ("10.60.100.7", "红枫湖镇政府"),
        ("duct-2", "unicom 黔电 0005"),
    ],
)
def test_search_finds_names_slugs_devices_circuits_and_addresses(page: Chrome, query: str, first: str) -> None:
    hits = _search(page, query)
    assert any(hit.startswith(first) for hit in hits[: 1 if first[0] in "红q" else 40]), hits


def test_search_says_when_there_is_nothing(page: Chrome) -> None:
    assert _search(page, "atlantis") == []
    assert _one(page, "#hits").text


def test_a_click_on_a_line_tells_its_circuit_and_its_risk_leads_to_those_that_share_it(page: Chrome) -> None:
    page.get(page.current_url.partition("#")[0] + "#qingzhen")
    _until(page, "qingzhen")
    page.execute_script("document.querySelector('.view.shown .edge.circuit .hit').dispatchEvent(new MouseEvent('click', {bubbles: true}))")
    panel = _one(page, "#panel")
    assert "黔电" in panel.text
    assert "Mbit/s" in panel.text
    assert page.find_elements("css selector", ".view.shown .edge.chosen")
    panel.find_element("css selector", ".chip").click()
    assert len(page.find_elements("css selector", "#hits [data-hit]")) > 1


def test_a_device_tells_its_ports_and_where_they_lead(page: Chrome) -> None:
    _search(page, "qingzhen-hongfenghu-r")
    _press(page, _key("ENTER"))
    _until(page, "qingzhen/hongfenghu")
    panel = _one(page, "#panel")
    assert "GE0/0/1" in panel.text
    panel.find_element("link text", "qingzhen-r1 GE0/0/4").click()
    _until(page, "qingzhen")
    assert _one(page, "#panel h3").text == "qingzhen-r1"


def test_texts_stay_inside_their_boxes(page: Chrome) -> None:
    script = """
      const over = [];
      for (const view of document.querySelectorAll('.view')) {
        view.style.display = 'block';
        for (const node of view.querySelectorAll('.node')) {
          const shape = node.querySelector('.shape').getBBox();
          for (const text of node.querySelectorAll('text')) {
            const box = text.getBBox();
            if (box.x < shape.x || box.x + box.width > shape.x + shape.width) over.push(view.dataset.view + ': ' + text.textContent);
          }
        }
        view.style.display = '';
      }
      return over;
    """
    assert page.execute_script(script) == []


@pytest.mark.parametrize("everything", [False, True])
def test_on_paper_it_is_a3_landscape_one_picture_a_sheet(page: Chrome, drawn: Pictures, everything: bool) -> None:
    page.execute_script("document.documentElement.classList.toggle('all', arguments[0])", everything)
    printed = page.execute_cdp_cmd("Page.printToPDF", {"preferCSSPageSize": True, "printBackground": True})
    pdf = base64.b64decode(printed["data"])
    assert len(re.findall(rb"/Type /Page\b(?!s)", pdf)) == (len(drawn.placed) if everything else 1)
    width, height = (float(size) for size in re.findall(rb"/MediaBox \[0 0 ([\d.]+) ([\d.]+)\]", pdf)[0])
    assert (round(width / 72 * 25.4), round(height / 72 * 25.4)) == (420, 297)
