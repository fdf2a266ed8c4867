"""The report in a real browser: what is drawn, what the mouse does, how long it takes, and that nothing is fetched."""

from __future__ import annotations

import base64
import json
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from elastisim_tools.page import build_page
from elastisim_tools.run import load_run
from synthetic import Generator, large_run

selenium = pytest.importorskip('selenium')
from selenium import webdriver  # noqa: E402
from selenium.webdriver.chrome.service import Service  # noqa: E402
from selenium.webdriver.common.action_chains import ActionChains  # noqa: E402

CHROMIUM, DRIVER = shutil.which('chromium'), shutil.which('chromedriver')
pytestmark = pytest.mark.skipif(not (CHROMIUM and DRIVER), reason='chromium and chromium-driver are not installed')


@pytest.fixture(scope='module')
def browser() -> Iterator[webdriver.Chrome]:
    options = webdriver.ChromeOptions()
    options.binary_location = CHROMIUM
    for argument in ('--headless=new', '--no-sandbox', '--disable-gpu', '--disable-dev-shm-usage',
                     '--window-size=1400,1000', '--force-device-scale-factor=1'):
        options.add_argument(argument)
    options.set_capability('goog:loggingPrefs', {'browser': 'ALL', 'performance': 'ALL'})
    driver = webdriver.Chrome(service=Service(DRIVER), options=options)
    yield driver
    driver.quit()


class Page:
    """A report that is open."""

    def __init__(self, browser: webdriver.Chrome, path: Path) -> None:
        self.browser = browser
        browser.get_log('browser'), browser.get_log('performance')  # what came before
        browser.get(path.as_uri())
        assert self.run('return window.elastisim && elastisim.ready')

    def run(self, script: str, *arguments: Any) -> Any:
        return self.browser.execute_script(script, *arguments)

    def place_of(self, job: int) -> tuple[int, int]:
        """Where the middle of a job's first rectangle is, in the window, from its data."""
        x, y = self.run("""
            const gantt = elastisim.gantts[0], plot = gantt.plot, frame = plot.over.getBoundingClientRect();
            const i = gantt.rects.byJob.of(arguments[0])[0], rects = gantt.rects;
            return [frame.left + plot.valToPos((rects.x0[i] + rects.x1[i]) / 2, 'x'),
                    frame.top + plot.valToPos((rects.y0[i] + rects.y1[i]) / 2, 'y')];""", job)
        return round(x), round(y)

    def colour_at(self, x: int, y: int) -> tuple[int, ...]:
        """The colour of the Gantt chart's canvas at a place of the window."""
        return tuple(self.run("""
            const canvas = elastisim.gantts[0].plot.ctx.canvas, frame = canvas.getBoundingClientRect();
            return Array.from(canvas.getContext('2d').getImageData(
                arguments[0] - frame.left, arguments[1] - frame.top, 1, 1).data);""", x, y))[:3]

    def move_to(self, x: int, y: int) -> None:
        actions = ActionChains(self.browser, duration=0)
        actions.w3c_actions.pointer_action.move_to_location(x, y)
        actions.perform()

    def tip(self) -> str:
        return str(self.run('const tip = document.getElementById("tip"); return tip.hidden ? "" : tip.innerText'))

    def times(self) -> list[tuple[float, float]]:
        return [(low, high) for low, high in
                self.run('return elastisim.timeCharts.map(c => [c.scales.x.min, c.scales.x.max])')]

    def settle(self) -> None:
        """Waits until two frames have been drawn."""
        self.browser.execute_async_script('requestAnimationFrame(() => requestAnimationFrame(arguments[0]))')

    def check(self) -> None:
        """No script said anything, and nothing but the page itself was asked for."""
        said = [entry for entry in self.browser.get_log('browser')
                if entry['source'] != 'rendering']  # that is us, looking
        assert said == []
        for entry in self.browser.get_log('performance'):
            message = json.loads(entry['message'])['message']
            if message['method'] == 'Network.requestWillBeSent':
                assert message['params']['request']['url'].startswith(('file:', 'data:', 'blob:'))


@pytest.fixture(scope='module')
def outputs(tmp_path_factory: pytest.TempPathFactory) -> list[Path]:
    folder = tmp_path_factory.mktemp('runs')
    return [Generator(120, 32, seed=seed, load=0.7).write(folder / name, 120) for seed,
            name in ((3, 'one'), (4, 'two'))]


@pytest.fixture
def page(browser: webdriver.Chrome, outputs: list[Path], tmp_path: Path) -> Iterator[Page]:
    path = tmp_path / 'report.html'
    path.write_text(build_page([load_run(str(outputs[0]))]))
    page = Page(browser, path)
    yield page
    page.check()


def largest_job(output: Path, kind: str | None = None) -> int:
    """Of the jobs that have their type's own colour, not a shade of it."""
    jobs = load_run(str(output)).jobs
    return max((job for job in jobs if kind in (None, job.type) and job.id % 3 == 0), key=lambda job: job.node_seconds
               or 0).id


def test_all_charts_are_drawn(page: Page) -> None:
    titles = page.run("return Array.from(document.querySelectorAll('.chart h3')).map(h => h.firstChild.textContent)")
    assert titles == ['Jobs', 'Nodes in use', 'CPU utilization', 'Network activity', 'File system, read',
                      'File system, write', 'Wait', 'Bounded slowdown']
    assert len(page.run("return Array.from(document.querySelectorAll('.uplot canvas')).map(c => c.width)")) >= 9
    blank = page.run("""
        return Array.from(document.querySelectorAll('.uplot canvas:not(.overlay)')).map(canvas => {
            const pixels = canvas.getContext('2d').getImageData(0, 0, canvas.width, canvas.height).data;
            const colours = new Set();
            for (let i = 0; i < pixels.length; i += 4)
                colours.add((pixels[i] << 16) | (pixels[i + 1] << 8) | pixels[i + 2]);
            return colours.size;
        });""")
    assert all(colours > 3 for colours in blank), blank


def test_a_job_has_its_colour_where_its_data_say(page: Page, outputs: list[Path]) -> None:
    for kind, colour in (('rigid', (0x3f, 0x1f, 0xb3)), ('evolving', (0xf7, 0xbb, 0))):
        x, y = page.place_of(largest_job(outputs[0], kind))
        around = {page.colour_at(x + dx, y + dy) for dx in (-6, 0, 6) for dy in (-3, 0, 3)}
        assert colour in around


def test_hovering_a_job_shows_its_facts(page: Page, outputs: list[Path]) -> None:
    job = largest_job(outputs[0])
    page.move_to(*page.place_of(job))
    facts = load_run(str(outputs[0])).jobs[job]
    tip = page.tip()
    for words in (f'{facts.name} (job {job})', facts.type, facts.status, 'Submitted', 'waited', 'ran', 'Slowdown',
                  'node-'):
        assert words in tip, tip
    page.move_to(10, 10)
    assert page.tip() == ''


def test_dragging_zooms_all_charts_and_a_double_click_resets(page: Page) -> None:
    whole = page.times()
    assert len(set(whole)) == 1
    left, top, width, height = page.run(
        'const r = elastisim.gantts[0].plot.over.getBoundingClientRect(); return [r.left, r.top, r.width, r.height]')
    actions = ActionChains(page.browser, duration=0)
    pointer = actions.w3c_actions.pointer_action
    pointer.move_to_location(round(left + 0.25 * width), round(top + 0.4 * height))
    pointer.pointer_down()
    pointer.move_to_location(round(left + 0.4 * width), round(top + 0.41 * height))
    pointer.move_to_location(round(left + 0.5 * width), round(top + 0.41 * height))
    pointer.pointer_up()
    actions.perform()
    page.settle()
    zoomed = page.times()
    assert len(set(zoomed)) == 1
    end = whole[0][1]
    assert zoomed[0] == pytest.approx((0.25 * end, 0.5 * end), rel=0.02)
    over = page.browser.find_element('css selector', '.gantt .u-over')
    ActionChains(page.browser, duration=0).double_click(over).perform()
    page.settle()
    assert page.times() == whole


def test_buttons_and_the_search(page: Page, outputs: list[Path]) -> None:
    whole = page.times()[0]
    page.browser.find_element('css selector', '[data-zoom="0.5"]').click()
    assert page.times()[0] == pytest.approx((whole[1] / 4, whole[1] * 3 / 4))
    page.browser.find_element('css selector', '[data-move="0.5"]').click()
    assert page.times()[0] == pytest.approx((whole[1] / 2, whole[1]))
    page.browser.find_element('id', 'reset').click()
    job = largest_job(outputs[0])
    page.browser.find_element('id', 'job').send_keys(f'{job}\n')
    page.settle()
    facts = load_run(str(outputs[0])).jobs[job]
    low, high = page.times()[0]
    assert low <= facts.start and facts.end <= high and high - low < whole[1]


def test_light_and_dark(page: Page) -> None:
    def background() -> str:
        return str(page.run('return getComputedStyle(document.body).backgroundColor'))

    light = background()
    button = page.browser.find_element('id', 'theme')
    button.click()
    dark = background()
    assert dark != light
    button.click()
    assert background() == light
    page.browser.execute_cdp_cmd('Emulation.setEmulatedMedia', {'features': [
        {'name': 'prefers-color-scheme', 'value': 'dark'}]})
    page.settle()
    assert background() == dark
    page.browser.execute_cdp_cmd('Emulation.setEmulatedMedia', {'features': []})
    page.settle()


def test_job_types_can_be_hidden(page: Page, outputs: list[Path]) -> None:
    job = largest_job(outputs[0], 'rigid')
    place = page.place_of(job)
    page.browser.find_element('xpath', '//*[@id="legend"]/button[contains(., "rigid")]').click()
    page.settle()
    page.move_to(*place)
    assert f'(job {job})' not in page.tip()


def test_it_prints(page: Page) -> None:
    pdf = base64.b64decode(page.browser.print_page())
    assert pdf.startswith(b'%PDF') and len(pdf) > 20000
    page.settle()


def test_two_runs_on_one_page(browser: webdriver.Chrome, outputs: list[Path], tmp_path: Path) -> None:
    path = tmp_path / 'report.html'
    path.write_text(build_page([load_run(str(output)) for output in outputs]))
    page = Page(browser, path)
    assert page.run('return elastisim.gantts.map(gantt => gantt.run.name)') == ['one', 'two']
    legends = page.run("return Array.from(document.querySelectorAll('#charts h3 .legend')).map(l => l.innerText)")
    assert all(words.split() == ['one', 'two'] for words in legends)
    page.run('elastisim.setTime(1000, 5000)')
    page.settle()
    assert set(page.times()) == {(1000, 5000)}
    page.check()


def test_shared_nodes(browser: webdriver.Chrome, tmp_path: Path) -> None:
    """Two jobs on one node lie above each other."""
    (tmp_path / 'job_statistics.csv').write_text(
        'ID,Type,Submit Time,Start Time,End Time,Wait Time,Makespan,Turnaround Time,Status\n'
        '0,rigid,0,0,9,0,9,9,completed\n1,moldable,0,0,9,0,9,9,killed\n')
    (tmp_path / 'node_utilization.csv').write_text(
        'Time,Node,State,Running jobs,Expected jobs\n0,a,free,none,none\n0,a,allocated,0;1,none\n9,a,free,none,none\n')
    path = tmp_path / 'report.html'
    path.write_text(build_page([load_run(str(tmp_path))]))
    page = Page(browser, path)
    (x, upper), (_, lower) = page.place_of(0), page.place_of(1)
    assert lower - upper > 50
    page.move_to(x, upper)
    assert page.tip().startswith('job 0')
    page.move_to(x, lower)
    assert page.tip().startswith('job 1')
    page.check()


def test_a_large_run_is_drawn_zoomed_and_pointed_at(browser: webdriver.Chrome, tmp_path: Path) -> None:
    path = tmp_path / 'report.html'
    path.write_text(build_page([load_run(str(large_run(tmp_path)))]))
    page = Page(browser, path)
    page.settle()
    assert page.run('return elastisim.gantts[0].rects.count') > 50000
    page.run('elastisim.setTime(600000, 700000)')
    page.settle()
    page.move_to(700, 500)
    assert page.tip()
    page.check()
