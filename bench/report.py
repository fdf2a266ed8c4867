#!/usr/bin/env python3
"""Opens, zooms and points at the report of a large synthetic run in a headless Chromium, and prints how long each took.

usage: python3 bench/report.py [--repeat N]

The run is the one that tests/python/synthetic.py makes: 12,000 jobs on 13,249 nodes. A person waits three seconds for a
page and one for an answer without thinking of something else, so those are the aims.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

from selenium import webdriver
from selenium.webdriver.chrome.service import Service

ROOT = Path(__file__).resolve().parent.parent
sys.path[:0] = [str(ROOT / "python"), str(ROOT / "tests" / "python")]

from elastisim_tools.page import build_page  # noqa: E402
from elastisim_tools.run import load_run  # noqa: E402
from synthetic import large_run  # noqa: E402

AIMS = {"open": 3.0, "zoom": 3.0, "point": 1.0}
TWO_FRAMES = "requestAnimationFrame(() => requestAnimationFrame(arguments[0]))"


def start_browser() -> webdriver.Chrome:
    options = webdriver.ChromeOptions()
    options.binary_location = "/usr/bin/chromium"
    for argument in ("--headless=new", "--no-sandbox", "--disable-gpu", "--window-size=1400,1000"):
        options.add_argument(argument)
    return webdriver.Chrome(service=Service("/usr/bin/chromedriver"), options=options)


def seconds(browser: webdriver.Chrome, act: Callable[[], object]) -> float:
    """From the act until two frames have been drawn."""
    start = time.perf_counter()
    act()
    browser.execute_async_script(TWO_FRAMES)
    return time.perf_counter() - start


def measure(browser: webdriver.Chrome, page: Path) -> dict[str, float]:
    move = "elastisim.gantts[0].plot.setCursor({left: 500, top: 300})"
    return {"open": seconds(browser, lambda: browser.get(page.as_uri())),
            "zoom": seconds(browser, lambda: browser.execute_script("elastisim.setTime(600000, 700000)")),
            "point": seconds(browser, lambda: browser.execute_script(move))}


def main() -> int:
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--repeat", type=int, default=1, metavar="N", help="the fastest of N counts (default: 1)")
    repeat = parser.parse_args().repeat
    with tempfile.TemporaryDirectory() as folder:
        page = Path(folder) / "report.html"
        page.write_text(build_page([load_run(str(large_run(Path(folder))))]))
        browser = start_browser()
        try:
            taken = [measure(browser, page) for _ in range(repeat)]
        finally:
            browser.quit()
    best = {act: min(figures[act] for figures in taken) for act in AIMS}
    for act, aim in AIMS.items():
        print(f"{act:6} {best[act]:6.2f} s   aim {aim:g} s{'' if best[act] <= aim else '   missed'}")
    return int(any(best[act] > aim for act, aim in AIMS.items()))


if __name__ == "__main__":
    sys.exit(main())
