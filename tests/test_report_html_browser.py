"""The page in a real browser: it renders, says nothing in the console, and its switches, sorting and keys work."""

from __future__ import annotations

import struct
from collections.abc import Iterator
from pathlib import Path

import pytest
from browser import Browser, chromium
from realistic_reports import bert_base, by_methods, estimate, hostile, huge

PRICES = {"grid_intensity_g_per_kwh": 380.0, "price_per_kwh": 0.25, "currency": "EUR", "source": "grid operator, 2025"}
WIDE, PHONE = 1280, 390


@pytest.fixture(scope="module")
def browser(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Browser]:
    with chromium(tmp_path_factory.mktemp("chromium")) as opened:
        yield opened


@pytest.fixture(scope="module")
def pages(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    folder = tmp_path_factory.mktemp("pages")
    found = {name: folder / f"{name}.html" for name in ("methods", "tax", "estimate", "hostile", "huge")}
    by_methods().to_html(found["methods"], **PRICES)
    bert_base().to_html(found["tax"], eager=bert_base(scale=1.2, execution="eager"))
    estimate().to_html(found["estimate"])
    hostile().to_html(found["hostile"])
    huge().to_html(found["huge"])
    return found


def wider_than_the_screen(browser: Browser) -> bool:
    return bool(browser.run("return document.documentElement.scrollWidth > window.innerWidth"))


@pytest.mark.parametrize("name", ["methods", "tax", "estimate", "hostile", "huge"])
def test_renders_without_complaint_at_any_width(browser: Browser, pages: dict[str, Path], name: str) -> None:
    for width in (WIDE, PHONE):
        browser.open(pages[name], width)
        assert browser.run("return document.readyState") == "complete"
        assert browser.complaints() == []
        assert not wider_than_the_screen(browser)
    assert browser.run("return performance.getEntriesByType('resource').length") == 0, "it loads something"


def test_charts_are_there(browser: Browser, pages: dict[str, Path]) -> None:
    browser.open(pages["methods"])
    assert len(browser.shown(".tiles li")) == 8
    assert len(browser.shown(".flame .slice")) == 1 + 5 + 52
    assert len(browser.shown("section[aria-labelledby=flops] .chart")) == 2
    assert len(browser.shown(".roof")) == 2
    assert len(browser.shown(".bar")) == 15
    assert len(browser.shown(".heat td[style]")) == 52
    assert len(browser.shown("section[aria-labelledby=windows] circle")) == 143
    inside = """
        const box = document.querySelector('section[aria-labelledby=windows] svg').getBoundingClientRect();
        return [...document.querySelectorAll('section[aria-labelledby=windows] div:not([hidden]) > .chart circle')]
          .every((c) => { const at = c.getBoundingClientRect();
            return at.left > box.left - 5 && at.right < box.right + 5
              && at.top > box.top - 5 && at.bottom < box.bottom + 5; })
    """
    assert browser.run(inside)


def test_widths_are_shares_of_the_energy(browser: Browser, pages: dict[str, Path]) -> None:
    browser.open(pages["methods"])
    widths = {
        slice.text: slice.size["width"]
        for slice in browser.shown(".flame .slice[data-depth='0'], .flame .slice[data-depth='1']")
        if slice.text
    }
    assert widths["mlp"] / widths["bert-base"] == pytest.approx(70.08 / 181.36, abs=0.01)


def test_switch_of_the_flame_graph(browser: Browser, pages: dict[str, Path]) -> None:
    browser.open(pages["methods"])
    for number, (what, slices) in enumerate([("joules", 58), ("seconds", 58), ("FLOPs", 4)]):
        browser.all("input[name=flame]")[number].click()
        (flame,) = browser.shown(".flame")
        assert flame.get_attribute("aria-label").startswith(what)
        assert len(browser.shown(".flame .slice")) == slices


def test_switches_of_the_other_charts(browser: Browser, pages: dict[str, Path]) -> None:
    browser.open(pages["methods"])
    seen = []
    for button in browser.all("input[name=windows]"):
        button.click()
        (label,) = browser.shown("section[aria-labelledby=windows] .y-label")
        seen.append(label.text)
    assert seen == ["mean power", "energy over its target's median", "SM clock", "memory clock", "temperature"]
    browser.all("input[name=heat]")[1].click()
    assert all("J" in cell.text for cell in browser.shown(".heat td[style]")[:5])


def test_flame_graph_enlarges_by_click_and_by_keyboard(browser: Browser, pages: dict[str, Path]) -> None:
    browser.open(pages["methods"])
    root, parts = browser.shown(".flame .slice")[0], browser.shown(".flame .slice[data-depth='1']")
    attention = next(part for part in parts if part.text == "attention")
    attention.click()
    assert attention.size["width"] == pytest.approx(root.size["width"], abs=3)
    assert len(browser.shown(".flame .slice")) == 1 + 1 + 12
    assert browser.shown("[data-detail]")[0].text.startswith("attention · 69.12 ± 0.57 mJ · 38.1 %")
    browser.press("\ue00c")  # Escape
    assert len(browser.shown(".flame .slice")) == 58
    for key in ("\ue015", "\ue014", "\ue014", "\ue015"):  # down, right, right, down
        browser.press(key)
    assert browser.shown("[data-detail]")[0].text.startswith("attention 0 · ")
    browser.press("\ue007")  # Enter
    assert browser.shown(".flame .slice[data-depth='2']")[0].size["width"] == pytest.approx(root.size["width"], abs=3)


def test_tab_reaches_every_kind_of_control(browser: Browser, pages: dict[str, Path]) -> None:
    browser.open(pages["methods"])
    reached = set()
    browser.run("document.body.focus()")
    for _ in range(70):
        browser.driver.switch_to.active_element.send_keys("\ue004")
        element = browser.driver.switch_to.active_element
        reached.add((element.tag_name, (element.get_attribute("class") or "").split(" ")[0]))
        assert element.get_attribute("aria-label") or element.text or element.get_attribute("value")
    expected = {("a", "skip"), ("a", ""), ("button", ""), ("button", "slice"), ("input", ""), ("circle", "point")}
    assert reached >= {*expected, ("summary", ""), ("div", "scroll")}


def test_sorting(browser: Browser, pages: dict[str, Path]) -> None:
    browser.open(pages["methods"])
    table = browser.all("table.sortable")[0]

    def names() -> list[str]:
        return [cell.text for cell in table.find_elements("css selector", "tbody th")]

    energy, flops = (table.find_elements("css selector", "thead button")[number] for number in (1, 5))
    energy.click()
    assert names() == ["embedding", "norm", "lm_head", "attention", "mlp"]
    energy.click()
    assert names() == ["mlp", "attention", "lm_head", "norm", "embedding"]
    assert table.find_elements("css selector", "thead th")[1].get_attribute("aria-sort") == "descending"
    flops.click()
    assert names()[:3] == ["lm_head", "attention", "mlp"], "absent ones come last"
    flops.click()
    assert names()[:3] == ["mlp", "attention", "lm_head"], "absent ones come last"
    assert "model" in table.find_elements("css selector", "tfoot th")[1].text


def test_names_are_text(browser: Browser, pages: dict[str, Path]) -> None:
    browser.open(pages["hostile"])
    assert browser.driver.title == "Energy of <script>document.title='taken'</script>"
    assert browser.run("return document.scripts.length") == 1
    assert "<script>document.title='taken'</script>attention" in [part.text for part in browser.shown("tbody th")]


def luminance(browser: Browser, element: str, what: str) -> float:
    """0 to 1, of a colour as it is computed."""
    colour = browser.run(f"return getComputedStyle(document.querySelector('{element}')).{what}")
    red, green, blue = (int(part) / 255 for part in colour[colour.index("(") + 1 : -1].split(",")[:3])
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


@pytest.mark.parametrize("scheme", ["light", "dark", "print"])
def test_text_stands_out(browser: Browser, pages: dict[str, Path], scheme: str) -> None:
    browser.open(pages["methods"], dark=scheme != "light", printed=scheme == "print")
    ground = luminance(browser, "body", "backgroundColor")
    assert (ground < 0.2) == (scheme == "dark")
    for element in ("body", ".subtitle", ".tiles strong", ".slice", ".heat td"):
        assert abs(luminance(browser, element, "color") - ground) > 0.4, element


def test_paper(browser: Browser, pages: dict[str, Path]) -> None:
    browser.open(pages["methods"], dark=True, printed=True)
    assert not browser.shown("nav, .switch")
    assert browser.shown(".flame .slice")
    browser.open(pages["methods"])
    assert browser.paper("paper").startswith(b"%PDF")


@pytest.mark.parametrize(
    ("name", "width", "dark", "printed"),
    [
        ("wide", WIDE, False, False),
        ("phone", PHONE, False, False),
        ("dark", WIDE, True, False),
        ("print", 800, False, True),
    ],
)
def test_screenshot(browser: Browser, pages: dict[str, Path], name: str, width: int, dark: bool, printed: bool) -> None:
    browser.open(pages["methods"], width, dark, printed)
    path = browser.screenshot(name)
    size = struct.unpack(">II", path.read_bytes()[16:24])
    assert size[0] == width
    assert size[1] > 3000
