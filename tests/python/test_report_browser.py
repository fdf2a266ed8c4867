"""The report in a real browser: what is drawn, what the mouse does, how long it takes, and that nothing is fetched."""

from __future__ import annotations

import base64
import csv
import io
import json
import shutil
import time
import xml.etree.ElementTree
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from elastisim_tools.page import build_page
from elastisim_tools.run import load_run
from suspended import write_suspended_run
from synthetic import Generator, large_run
from unsteady import write_run

selenium = pytest.importorskip('selenium')
from selenium import webdriver  # noqa: E402
from selenium.webdriver.chrome.service import Service  # noqa: E402
from selenium.webdriver.common.action_chains import ActionChains  # noqa: E402
from selenium.webdriver.common.keys import Keys  # noqa: E402
from selenium.webdriver.support.ui import WebDriverWait  # noqa: E402

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

    def nodes(self) -> tuple[float, float]:
        low, high = self.run('const y = elastisim.gantts[0].plot.scales.y; return [y.min, y.max]')
        return low, high

    def drag(self, begin: tuple[float, float], end: tuple[float, float]) -> None:
        """Over the Gantt chart, from and to shares of its width and height."""
        left, top, width, height = self.run(
            'const r = elastisim.gantts[0].plot.over.getBoundingClientRect();'
            'return [r.left, r.top, r.width, r.height]')
        actions = ActionChains(self.browser, duration=0)
        pointer = actions.w3c_actions.pointer_action
        middle = ((begin[0] + end[0]) / 2, (begin[1] + end[1]) / 2)
        for i, (x, y) in enumerate((begin, middle, end)):
            pointer.move_to_location(round(left + x * width), round(top + y * height))
            if i == 0:
                pointer.pointer_down()
        pointer.pointer_up()
        actions.perform()
        self.settle()

    def click_job(self, job: int) -> None:
        actions = ActionChains(self.browser, duration=0)
        actions.w3c_actions.pointer_action.move_to_location(*self.place_of(job))
        actions.click().perform()
        self.settle()

    def press(self, *keys: str) -> None:
        """Wherever the focus is."""
        for key in keys:
            ActionChains(self.browser, duration=0).send_keys(key).perform()
        self.settle()

    def panel(self) -> str:
        return str(self.run('const p = document.getElementById("panel"); return p.hidden ? "" : p.innerText'))

    def marked(self) -> str:
        """The title of the panel."""
        return self.panel().partition('\n')[0]

    def column(self, title: str) -> list[str]:
        """Of the table of jobs, the rows that are in the page."""
        return list(self.run("""
            const heads = [...document.querySelectorAll('#jobs thead th')];
            const place = heads.findIndex(head => head.innerText.trim().replace(/ [▲▼]$/, '') === arguments[0]);
            return [...document.querySelectorAll('#jobs tbody tr:not(.spacer)')]
                .map(row => row.cells[place].innerText);""", title))

    def sort_by(self, title: str) -> None:
        self.run("""[...document.querySelectorAll('#jobs thead button')]
                    .find(button => button.textContent === arguments[0]).click()""", title)

    def reopen(self) -> None:
        """What somebody sees who is sent the address, as soon as that has been written."""
        wait = WebDriverWait(self.browser, 60)
        before = None
        for _ in range(100):
            now = self.browser.current_url
            if now == before:
                break
            before = now
            time.sleep(0.3)  # longer than the page takes its time with it
        self.browser.get('about:blank')
        self.browser.get(str(before))
        wait.until(lambda _: self.run('return window.elastisim && elastisim.ready'))
        self.settle()

    def save(self, chart: str, kind: str, folder: Path) -> Path:
        """Presses a chart's button; the file, once it is whole."""
        self.browser.execute_cdp_cmd('Browser.setDownloadBehavior', {'behavior': 'allow', 'downloadPath': str(folder)})
        selector = '#save-jobs' if chart == 'jobs-table' else f'[data-chart="{chart}"] button[aria-label$="{kind}"]'
        self.run('document.querySelector(arguments[0]).click()', selector)
        name = 'jobs.csv' if chart == 'jobs-table' else f'{chart}.{kind.lower()}'
        # The browser keeps the name with an empty file until the whole one takes its place.
        WebDriverWait(self.browser, 60).until(lambda _: (folder / name).is_file() and (folder / name).stat().st_size)
        return folder / name

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


def test_a_dragged_box_zooms_time_and_nodes_and_a_double_click_resets(page: Page) -> None:
    whole, all_nodes = page.times(), page.nodes()
    assert len(set(whole)) == 1 and all_nodes == (0, 32)
    page.drag((0.25, 0.5), (0.5, 0.75))
    end = whole[0][1]
    assert len(set(page.times())) == 1, 'all charts over time follow'
    assert page.times()[0] == pytest.approx((0.25 * end, 0.5 * end), rel=0.02)
    assert page.nodes() == pytest.approx((16, 24), rel=0.02)
    page.browser.find_element('css selector', '[data-move="0.5"]').click()
    page.settle()
    assert page.nodes() == pytest.approx((16, 24), rel=0.02), 'time moves alone'
    over = page.browser.find_element('css selector', '.gantt .u-over')
    ActionChains(page.browser, duration=0).double_click(over).perform()
    page.settle()
    assert page.times() == whole and page.nodes() == all_nodes


@pytest.mark.parametrize(('end', 'time_changes', 'nodes_change'),
                         [((0.6, 0.41), True, False), ((0.31, 0.8), False, True)])
def test_a_flat_box_zooms_time_and_a_narrow_one_nodes(page: Page, end: tuple[float, float], time_changes: bool,
                                                      nodes_change: bool) -> None:
    times, nodes = page.times(), page.nodes()
    page.drag((0.3, 0.4), end)
    assert (page.times() != times) == time_changes and (page.nodes() != nodes) == nodes_change


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


def run_with_history(folder: Path, **head: str) -> Path:
    """Three jobs on four nodes: 1 waits for 0, grows from one to three nodes, and 2 waits for its turn."""
    folder.mkdir()
    (folder / 'job_statistics.csv').write_text(
        'ID,Type,Submit Time,Start Time,End Time,Wait Time,Makespan,Turnaround Time,Status,Name,Nodes At Start,'
        'Nodes Min,Nodes Max,Node Seconds,Reconfigurations,Completed Phases\n'
        '0,rigid,0,0,100,0,100,100,completed,first,4,4,4,400,0,1\n'
        '1,malleable,10,100,400,90,300,390,completed,grower,1,1,3,720,1,2\n'
        '2,rigid,20,150,200,130,50,180,killed,"comma, quoted",1,1,1,50,0,1\n')
    events: list[dict[str, Any]] = [
        {'time': 0, 'kind': 'begin', 'version': '0', 'configuration': {}, 'nodes': ['a', 'b', 'c', 'd'], **head},
        {'time': 0, 'kind': 'submit', 'job': 0},
        {'time': 0, 'kind': 'start', 'job': 0, 'nodes': [0, 1, 2, 3]},
        {'time': 0, 'kind': 'phase', 'job': 0, 'phase': 0, 'iterations': 1},
        {'time': 10, 'kind': 'submit', 'job': 1}, {'time': 20, 'kind': 'submit', 'job': 2},
        {'time': 100, 'kind': 'complete', 'job': 0},
        {'time': 100, 'kind': 'start', 'job': 1, 'nodes': [0]},
        {'time': 100, 'kind': 'phase', 'job': 1, 'phase': 0, 'iterations': 5},
        {'time': 150, 'kind': 'start', 'job': 2, 'nodes': [3]},
        {'time': 150, 'kind': 'phase', 'job': 2, 'phase': 0, 'iterations': 1},
        {'time': 180, 'kind': 'grow', 'job': 1, 'nodes': [1, 2]},
        {'time': 180, 'kind': 'reconfiguration_begin', 'job': 1, 'nodes': [0, 1, 2]},
        {'time': 190, 'kind': 'reconfiguration_end', 'job': 1},
        {'time': 200, 'kind': 'kill', 'job': 2, 'reason': 'walltime'},
        {'time': 250, 'kind': 'phase', 'job': 1, 'phase': 1, 'iterations': 7},
        {'time': 400, 'kind': 'complete', 'job': 1}, {'time': 400, 'kind': 'end'}]
    (folder / 'events.jsonl').write_text(''.join(json.dumps(event) + '\n' for event in events))
    (folder / 'task_times.csv').write_text('Time,Job,Node,Task,Duration\n100,0,a,compute,100\n'
                                           '120,1,a,solve,20\n160,1,a,solve,40\n400,1,a,,1\n')
    return folder


@pytest.fixture
def history(browser: webdriver.Chrome, tmp_path: Path) -> Iterator[Page]:
    path = tmp_path / 'report.html'
    path.write_text(build_page([load_run(str(run_with_history(tmp_path / 'run')))]))
    page = Page(browser, path)
    yield page
    page.check()


def blocks(page: Page) -> dict[str, list[str]]:
    """What stands under each title of the panel."""
    return dict(page.run("""
        return Object.fromEntries([...document.querySelectorAll('#panel section')].map(block => {
            const cells = [...block.querySelectorAll('dt, dd, p, tbody th, tbody td')];
            return [block.querySelector('h4').innerText, cells.map(cell => cell.innerText.trim())];
        }));"""))


def test_a_job_that_is_clicked_keeps_a_panel(history: Page) -> None:
    history.click_job(1)
    assert history.marked() == 'grower (job 1)'
    shown = blocks(history)
    assert shown == {
        'Times': ['Status', 'completed', 'Submitted', '00:00:10', 'Wait', '90.0 s', 'Started', '00:01:40',
                  'Ended', '00:06:40', 'Ran', '5 min 00 s', 'Turnaround', '6 min 30 s', 'Slowdown', '1.30 (bounded)',
                  'Nodes', '1 at first, 1 to 3', 'Node hours', '0.2'],
        'Waited for': ['When it was submitted, 0 jobs waited before it, and 0 of 4 nodes were free. It started on '
                       'nodes that came free at that time, from first'],
        'Nodes': ['00:01:40', '00:03:00', '1', 'a', '00:03:00', '00:06:40', '3', 'a to c'],
        'Resizes': ['00:03:00', '1 to 3 nodes', '10.0 s'],
        'Phases': ['0', '5', '00:01:40', '2 min 30 s', '1', '7', '00:04:10', '2 min 30 s'],
        'Tasks': ['solve', '2', '30.0 s', '40.0 s', 'task', '1', '1.0 s', '1.0 s'],
    }
    history.move_to(10, 10)
    assert history.marked() == 'grower (job 1)', 'it stays when the mouse leaves'
    history.browser.find_element('xpath', '//*[@id="panel"]//button[.="first"]').click()
    assert history.marked() == 'first (job 0)'
    assert blocks(history)['Waited for'] == ['Nothing: it started at once.']
    history.browser.find_element('css selector', '#panel [aria-label="Close"]').click()
    assert history.panel() == ''


def test_what_a_job_waited_for_is_its_turn_where_nodes_were_free(history: Page) -> None:
    history.browser.find_element('id', 'job').send_keys('comma\n')
    history.settle()
    assert history.marked() == 'comma, quoted (job 2)', 'what is found has the panel, too'
    assert blocks(history)['Waited for'] == [
        'When it was submitted, 1 job waited before it, and 0 of 4 nodes were free. The last of its nodes came free '
        'at 00:01:40, 50.0 s before it started, from first']
    assert blocks(history)['Times'][:2] == ['Status', 'killed']


def test_a_panel_without_journal_says_what_is_missing(browser: webdriver.Chrome, tmp_path: Path) -> None:
    (tmp_path / 'job_statistics.csv').write_text(
        'ID,Type,Submit Time,Start Time,End Time,Wait Time,Makespan,Turnaround Time,Status,Name,Nodes At Start,'
        'Nodes Min,Nodes Max,Node Seconds,Reconfigurations,Completed Phases,Eligible Time,Reason\n'
        '0,rigid,0,9,19,9,10,19,completed,,1,1,1,10,0,1,5,\n'
        '1,rigid,3,-1,-1,-1,-1,-1,cancelled,,0,0,0,0,0,0,-1,no way\n')
    path = tmp_path / 'report.html'
    path.write_text(build_page([load_run(str(tmp_path))]))
    page = Page(browser, path)
    page.browser.find_element('id', 'job').send_keys('0\n')
    page.settle()
    shown = blocks(page)
    assert shown['Waited for'] == ['Jobs that it depends on, until 00:00:05 (5.0 s). When it was let go, 0 jobs waited '
                                   'before it.']
    assert shown['Phases'] == ['Not known without a journal (configuration key "events").']
    assert shown['Tasks'] == ['Not known without task times (configuration keys "log_task_times" and "task_times").']
    page.browser.find_element('id', 'job').clear()
    page.browser.find_element('id', 'job').send_keys('1\n')
    assert blocks(page) == {'Times': ['Status', 'cancelled', 'Submitted', '00:00:03', 'Reason', 'no way'],
                            'Waited for': ['Jobs that it depends on; they never let it go.']}
    page.check()


def test_the_table_of_jobs_is_sorted_by_any_column(page: Page, outputs: list[Path]) -> None:
    jobs = load_run(str(outputs[0])).jobs
    assert page.column('Job')[:3] == ['0', '1', '2']
    page.sort_by('Wait')
    by_wait = sorted(jobs, key=lambda job: (job.wait if job.has_run else -1, job.id))
    shown = page.column('Job')
    assert len(shown) > 20 and shown == [str(job.id) for job in by_wait][:len(shown)]
    page.sort_by('Wait')
    longest = sorted(jobs, key=lambda job: (-job.wait if job.has_run else 1, job.id))
    assert page.column('Job')[0] == str(longest[0].id)
    page.sort_by('Type')
    assert page.column('Type')[0] == 'adaptive'
    page.run('const box = document.getElementById("jobs"); box.scrollTop = box.scrollHeight')
    page.settle()
    assert page.column('Type')[-1] == 'rigid', 'rows come as one scrolls to them'


def test_a_row_of_the_table_keeps_the_panel_and_the_arrows_go_on(page: Page) -> None:
    page.run("document.querySelectorAll('#jobs tbody tr:not(.spacer)')[2].click()")
    assert '(job 2)' in page.marked()
    assert page.run("return document.querySelector('#jobs [aria-selected=true] th').innerText") == '2'
    page.run("document.getElementById('jobs').focus()")
    page.press(Keys.ARROW_DOWN, Keys.ARROW_DOWN)
    assert '(job 4)' in page.marked()
    page.press(Keys.ARROW_UP)
    assert '(job 3)' in page.marked()
    whole = page.times()[0]
    page.press(Keys.ENTER)
    assert page.times()[0] != whole


def test_the_table_has_those_in_view_and_no_hidden_types(page: Page, outputs: list[Path]) -> None:
    jobs = load_run(str(outputs[0])).jobs
    page.run('elastisim.setTime(1000, 5000)')
    page.browser.find_element('id', 'in-view').click()
    page.settle()
    inside = [job for job in jobs if job.submit <= 5000 and job.end >= 1000]
    assert page.run('return document.getElementById("job-count").innerText') == f'{len(inside)} of 120 jobs'
    page.browser.find_element('xpath', '//*[@id="legend"]/button[contains(., "rigid")]').click()
    page.settle()
    left = [job for job in inside if job.type != 'rigid']
    assert page.run('return document.getElementById("job-count").innerText') == f'{len(left)} of 120 jobs'
    assert page.column('Job') == [str(job.id) for job in left][:len(page.column('Job'))]


def test_the_address_holds_what_is_shown(page: Page) -> None:
    page.drag((0.25, 0.5), (0.5, 0.75))
    page.browser.find_element('xpath', '//*[@id="legend"]/button[contains(., "malleable")]').click()
    page.sort_by('Ran')
    page.sort_by('Ran')
    page.browser.find_element('id', 'in-view').click()
    page.browser.find_element('id', 'theme').click()
    page.run("document.querySelectorAll('#jobs tbody tr:not(.spacer)')[1].click()")
    page.settle()

    def shown() -> list[Any]:
        return [page.times()[0], page.nodes(), page.marked(), page.column('Job'), page.run(
            'return [document.documentElement.dataset.theme, document.getElementById("in-view").checked,'
            '[...document.querySelectorAll("#legend button[aria-pressed=false]")].map(b => b.innerText)]')]

    before = shown()
    page.reopen()
    after = shown()
    assert after[0] == pytest.approx(before[0]) and after[1] == pytest.approx(before[1])
    assert after[2:] == before[2:] and before[4][1:] == [True, ['malleable']] and 'job' in before[2]


def test_an_address_without_sense_shows_everything(page: Page) -> None:
    page.browser.get(page.browser.current_url.partition('#')[0] +
                     '#?time=9,1&nodes0=a,b&job=7,9&sort=nothing,up&hide=none&theme=pink')
    page.reopen()
    assert page.nodes() == (0, 32) and page.times()[0][0] == 0 and page.panel() == ''
    assert page.column('Job')[:2] == ['0', '1']


def test_the_keyboard(page: Page, outputs: list[Path]) -> None:
    end = page.times()[0][1]
    page.press('+')
    assert page.times()[0] == pytest.approx((end / 4, end * 3 / 4))
    page.press('.')
    assert page.times()[0] == pytest.approx((end / 2, end))
    page.press(',', '-', '-')
    assert page.times()[0] == pytest.approx((0, end))
    page.press(']')
    assert page.nodes() == pytest.approx((8, 24))
    page.press('[', '+', ']', '0')
    assert page.nodes() == (0, 32) and page.times()[0] == pytest.approx((0, end))
    starts = sorted(load_run(str(outputs[0])).jobs, key=lambda job: (job.start, job.id))
    page.press('n', 'n')
    assert f'job {starts[1].id})' in page.marked()
    page.press('p')
    assert f'job {starts[0].id})' in page.marked()
    page.press('z')
    assert page.times()[0][1] < end
    page.press(Keys.ESCAPE)
    assert page.panel() == ''
    theme = page.run('return document.documentElement.dataset.theme')
    page.press('t')
    assert page.run('return document.documentElement.dataset.theme') != theme
    page.press('t', '?')
    assert page.run('return document.getElementById("keys").open')
    page.press('0', '/', '+', '7')
    assert page.run('return document.getElementById("job").value') == '+7', 'keys are letters where one writes'
    page.press(Keys.ESCAPE)
    assert page.run('return document.activeElement === document.body')
    assert page.times()[0] == pytest.approx((0, end))


def test_arrow_keys_move_the_chart_that_has_the_focus(page: Page) -> None:
    end = page.times()[0][1]
    page.press('+', ']')
    page.run("document.querySelector('.gantt .u-over').focus()")
    page.press(Keys.ARROW_RIGHT, Keys.ARROW_DOWN)
    assert page.times()[0] == pytest.approx((0.375 * end, 0.875 * end)) and page.nodes() == pytest.approx((12, 28))
    page.press(Keys.ARROW_LEFT, Keys.ARROW_UP)
    assert page.times()[0] == pytest.approx((0.25 * end, 0.75 * end)) and page.nodes() == pytest.approx((8, 24))
    page.press(Keys.HOME)
    assert page.times()[0] == pytest.approx((0, end))


def test_the_page_tells_every_key(page: Page) -> None:
    told = page.run("return [...document.querySelectorAll('#keys kbd')].map(key => key.textContent)")
    assert set(told) >= {'+', '-', ',', '.', '[', ']', '0', '/', 'n', 'p', 'z', 'Esc', 't', '?', '←', '→', '↑', '↓',
                         'Enter', 'Home'}


def test_charts_are_saved_as_vectors_with_text(history: Page, tmp_path: Path) -> None:
    history.click_job(1)
    root = xml.etree.ElementTree.parse(history.save('nodes', 'SVG', tmp_path)).getroot()
    space = '{http://www.w3.org/2000/svg}'
    texts = [text.text for text in root.iter(f'{space}text')]
    assert {'Nodes over time', 'rigid', 'malleable', 'a', 'd', 'first', 'grower'} <= set(texts)
    fills = {path.get('fill') for path in root.iter(f'{space}path')}
    assert {'#3f1fb3', 'url(#killed)'} <= fills, 'jobs in the colour of their type, and the killed one hatched'
    lines = xml.etree.ElementTree.parse(history.save('jobs', 'SVG', tmp_path)).getroot()
    assert {'Jobs', 'waiting', 'running'} <= {text.text for text in lines.iter(f'{space}text')}
    dashes = [path.get('stroke-dasharray') for path in lines.iter(f'{space}path') if path.get('stroke')]
    assert dashes.count('6 4') == 2, 'the second line and its sample'


def test_charts_are_saved_as_images(history: Page, tmp_path: Path) -> None:
    for chart in ('nodes', 'jobs', 'wait'):
        image = history.save(chart, 'PNG', tmp_path).read_bytes()
        assert image.startswith(b'\x89PNG') and int.from_bytes(image[16:20], 'big') > 1000 and len(image) > 5000


def rows_of(path: Path) -> list[list[str]]:
    return list(csv.reader(io.StringIO(path.read_text())))


def test_charts_and_the_table_are_saved_as_csv(history: Page, tmp_path: Path) -> None:
    history.run('elastisim.setTime(0, 160)')
    history.settle()
    assert rows_of(history.save('nodes', 'CSV', tmp_path)) == [
        ['job', 'name', 'type', 'status', 'begin (s)', 'end (s)', 'first node', 'last node', 'nodes'],
        ['0', 'first', 'rigid', 'completed', '0', '100', 'a', 'd', '4'],
        ['1', 'grower', 'malleable', 'completed', '100', '400', 'a', 'a', '1'],
        ['2', 'comma, quoted', 'rigid', 'killed', '150', '200', 'd', 'd', '1']]
    assert rows_of(history.save('jobs', 'CSV', tmp_path)) == [
        ['time (s)', 'waiting', 'running'], ['0', '0', '1'], ['10', '1', '1'], ['20', '2', '1'], ['100', '1', '1'],
        ['150', '0', '2']]
    assert rows_of(history.save('wait', 'CSV', tmp_path))[0] == ['wait', 'all', 'rigid', 'malleable']
    (tmp_path / 'jobs.csv').unlink()
    history.sort_by('Wait')
    history.sort_by('Wait')
    table = rows_of(history.save('jobs-table', 'CSV', tmp_path))
    assert [row[:2] for row in table] == [['job', 'name'], ['2', 'comma, quoted'], ['1', 'grower'], ['0', 'first']]
    assert table[1][table[0].index('wait')] == '130'


# --- Dates ----------------------------------------------------------------------------------------------------

@pytest.fixture
def calendar(browser: webdriver.Chrome, tmp_path: Path) -> Iterator[Page]:
    """The run with a history, two minutes before the day that only leap years have."""
    path = tmp_path / 'report.html'
    folder = run_with_history(tmp_path / 'run', start_date='2024-02-28 23:58:00-03:30')
    path.write_text(build_page([load_run(str(folder))]))
    page = Page(browser, path)
    yield page
    page.check()


def ticks(page: Page) -> list[str]:
    page.settle()
    return list(page.run("""
        const chart = elastisim.timeCharts[0], {x} = chart.scales, {_splits: splits, _values: values} = chart.axes[0];
        return values.filter((_, i) => splits[i] >= x.min && splits[i] <= x.max);"""))


def test_with_a_start_date_the_panel_and_the_table_have_dates(calendar: Page) -> None:
    text = calendar.run('return document.body.innerText')
    assert 'Dates and times are those of the site, at UTC-03:30; time 0 is 2024-02-28 23:58:00.' in text
    calendar.click_job(1)
    shown = blocks(calendar)
    assert shown['Times'][:10] == ['Status', 'completed', 'Submitted', '2024-02-28 23:58:10', 'Wait', '90.0 s',
                                   'Started', '2024-02-28 23:59:40', 'Ended', '2024-02-29 00:04:40']
    assert shown['Nodes'] == ['2024-02-28 23:59:40', '2024-02-29 00:01:00', '1', 'a',
                              '2024-02-29 00:01:00', '2024-02-29 00:04:40', '3', 'a to c']
    assert shown['Resizes'][0] == '2024-02-29 00:01:00'
    assert shown['Phases'][2] == '2024-02-28 23:59:40'
    assert calendar.column('Submitted') == ['2024-02-28 23:58:00', '2024-02-28 23:58:10', '2024-02-28 23:58:20']
    assert calendar.column('Started') == ['2024-02-28 23:58:00', '2024-02-28 23:59:40', '2024-02-29 00:00:30']
    calendar.move_to(*calendar.place_of(2))
    assert 'Started\n2024-02-29 00:00:30, waited 2 min 10 s' in calendar.tip()
    assert 'd at 2024-02-29 00:00:' in calendar.tip()
    calendar.browser.find_element('id', 'job').send_keys('comma\n')
    calendar.settle()
    assert 'came free at 2024-02-28 23:59:40, 50.0 s before' in blocks(calendar)['Waited for'][0]


def test_with_a_start_date_the_axis_has_round_times_of_the_calendar(calendar: Page, tmp_path: Path) -> None:
    assert ticks(calendar) == ['2024-02-28 23:58', '23:59', '2024-02-29', '00:01', '00:02', '00:03', '00:04']
    calendar.run('elastisim.setTime(100, 130)')
    assert ticks(calendar) == ['2024-02-28 23:59:40', *(f'23:59:{second}' for second in (45, 50, 55)), '2024-02-29',
                               '00:00:05', '00:00:10']
    calendar.run('elastisim.setTime(119.5, 121)')
    assert ticks(calendar)[:4] == ['2024-02-28 23:59:59.600', '23:59:59.800', '2024-02-29', '00:00:00.200']
    calendar.run('elastisim.setTime(0, 400)')
    calendar.settle()
    assert '>2024-02-29</text>' in calendar.save('nodes', 'SVG', tmp_path).read_text()
    assert rows_of(calendar.save('jobs', 'CSV', tmp_path))[:3] == [  # files keep to seconds
        ['time (s)', 'waiting', 'running'], ['0', '0', '1'], ['10', '1', '1']]


def test_a_long_run_has_its_ticks_at_midnights_and_on_mondays(browser: webdriver.Chrome, tmp_path: Path) -> None:
    (tmp_path / 'job_statistics.csv').write_text(
        'ID,Type,Submit Time,Start Time,End Time,Wait Time,Makespan,Turnaround Time,Status\n'
        f'0,rigid,0,0,{50 * 86400},0,0,0,completed\n')
    (tmp_path / 'events.jsonl').write_text('{"time": 0, "kind": "begin", "start_date": "2024-02-28 15:00:00+01:00"}\n')
    path = tmp_path / 'report.html'
    path.write_text(build_page([load_run(str(tmp_path))]))
    page = Page(browser, path)
    assert ticks(page) == ['2024-03-04', '2024-03-11', '2024-03-18', '2024-03-25', '2024-04-01', '2024-04-08',
                           '2024-04-15']
    page.run('elastisim.setTime(0, 2 * 86400)')
    assert ticks(page) == ['2024-02-28 18:00', '2024-02-29', '06:00', '12:00', '18:00', '2024-03-01', '06:00', '12:00']
    page.run('elastisim.setTime(0, 5 * 86400)')
    assert ticks(page) == ['2024-02-29', '2024-03-01', '2024-03-02', '2024-03-03', '2024-03-04']
    page.check()


def test_lines_of_many_runs_never_look_alike(browser: webdriver.Chrome, outputs: list[Path], tmp_path: Path) -> None:
    def looks(count: int) -> tuple[list[str], list[str]]:
        path = tmp_path / 'report.html'
        path.write_text(build_page([load_run(f'run-{i}={outputs[0]}') for i in range(count)]))
        page = Page(browser, path)
        page.check()
        lines = page.run("""
            const legend = document.querySelector('#charts .chart .legend');
            return [...legend.querySelectorAll('svg.line')].map(line =>
                `${getComputedStyle(line).stroke} ${line.firstChild.getAttribute('stroke-dasharray')}`)""")
        notes = page.run("return [...document.querySelectorAll('.legend .note')].map(note => note.innerText)")
        return lines, notes

    lines, notes = looks(28)
    assert len(set(lines)) == len(lines) == 28 and notes == []
    lines, notes = looks(29)
    assert len(lines) == 29 and 'colours and line styles come again after 28 lines' in notes


def test_types_beyond_the_known_ones_have_colours_of_their_own(browser: webdriver.Chrome, tmp_path: Path) -> None:
    (tmp_path / 'job_statistics.csv').write_text(
        'ID,Type,Submit Time,Start Time,End Time,Wait Time,Makespan,Turnaround Time,Status\n' +
        ''.join(f'{i},kind{i:02},0,0,9,0,9,9,completed\n' for i in range(12)))
    path = tmp_path / 'report.html'
    path.write_text(build_page([load_run(str(tmp_path))]))
    page = Page(browser, path)
    colours = page.run(
        "return [...document.querySelectorAll('#legend button i')].map(i => getComputedStyle(i).backgroundColor)")
    assert len(set(colours)) == len(colours) == 12
    page.check()


@pytest.mark.parametrize('width', [380, 2560])
def test_wide_tables_scroll_with_their_first_column_in_place(browser: webdriver.Chrome, outputs: list[Path],
                                                             tmp_path: Path, width: int) -> None:
    path = tmp_path / 'report.html'
    path.write_text(build_page([load_run(f'run-number-{i}={outputs[i % 2]}') for i in range(30)]))
    page = Page(browser, path)
    browser.execute_cdp_cmd('Emulation.setDeviceMetricsOverride',
                            {'width': width, 'height': 900, 'deviceScaleFactor': 1, 'mobile': False})
    try:
        page.settle()
        assert page.run('return document.documentElement.scrollWidth') <= width, 'the page itself never scrolls'
        for table in ('.figures', '.settings'):
            before, after, hidden = page.run("""
                const table = document.querySelector(arguments[0]), wide = table.closest('.wide');
                const cell = table.querySelector('tbody th'), other = table.querySelector('tbody td');
                const before = cell.getBoundingClientRect().left, place = other.getBoundingClientRect().left;
                wide.scrollLeft = 200;
                return [before, cell.getBoundingClientRect().left,
                        wide.scrollLeft && place - other.getBoundingClientRect().left];""", table)
            assert before == after and hidden > 0
    finally:
        browser.execute_cdp_cmd('Emulation.clearDeviceMetricsOverride', {})
        page.settle()
    page.check()


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


def test_energy_by_part_use_and_user(browser: webdriver.Chrome, tmp_path: Path) -> None:
    """A table of who has had how much, users with the most first, and as a file with all digits."""
    path = tmp_path / 'report.html'
    path.write_text(build_page([load_run(str(write_run(tmp_path / 'run')))]), encoding='utf-8')
    page = Page(browser, path)
    rows = page.run("""return [...document.querySelectorAll('#shares tr')].map(row =>
        [...row.children].map(cell => cell.innerText));""")
    assert rows == [
        ['Share', 'Of', 'Energy', 'of all', 'Cost', 'kg CO₂'],
        ['Machine', 'all', '0.012639 kWh', '100.0 %', '0.0036', '0.000379'],
        ['Part', 'base', '0.0075556 kWh', '59.8 %', '0.002', '0.0002'],
        ['Part', 'cpus', '0.005 kWh', '39.6 %', '0.0015', '0.00017'],
        ['Part', 'off', '0.000038889 kWh', '0.3 %', '0.00005', '0.000005'],
        ['Part', 'stopping', '0.000044444 kWh', '0.4 %', '0.00005', '0.000004'],
        ['Use', 'jobs', '0.0084019 kWh', '66.5 %', '0.0024', '0.0002519'],
        ['Use', 'unused', '0.0041536 kWh', '32.9 %', '0.0011', '0.0001181'],
        ['User', 'ada', '0.0075561 kWh', '59.8 %', '0.0022', '0.0002266'],
        ['User', 'nobody', '0.00084583 kWh', '6.7 %', '0.0002', '0.0000253']]
    saved = rows_of(page.save('energy', 'CSV', tmp_path))
    assert saved[0] == ['run', 'share', 'name', 'energy (J)', 'energy cost', 'emissions (g)']
    assert saved[1] == ['run', 'machine', '', '45500', '0.0036', '0.379'] and saved[-1][1:4] == ['user', '', '3045']
    page.check()


def test_without_energy_the_page_has_no_section_of_it(page: Page) -> None:
    assert page.run('return document.getElementById("energy").hidden') is True


def strokes(page: Page, time: float, node: float) -> int:
    """How many colours there are around a place of the chart."""
    return int(page.run("""
        const plot = elastisim.gantts[0].plot, scale = devicePixelRatio;
        const x = plot.bbox.left + plot.valToPos(arguments[0], 'x') * scale;
        const y = plot.bbox.top + plot.valToPos(arguments[1], 'y') * scale;
        const pixels = plot.ctx.getImageData(x - 8, y - 8, 16, 16).data;
        return new Set(new Uint32Array(pixels.buffer)).size;""", time, node))


def test_jobs_that_lost_their_nodes_and_nodes_that_are_not_up(browser: webdriver.Chrome, tmp_path: Path) -> None:
    path = tmp_path / 'report.html'
    path.write_text(build_page([load_run(str(write_run(tmp_path / 'run')))]), encoding='utf-8')
    page = Page(browser, path)
    legend = page.run('return document.getElementById("legend").innerText')
    for label in ('lost its nodes', 'node draining', 'node down', 'node off', 'node booting', 'node stopping'):
        assert label in legend

    assert strokes(page, 34, 0.5) == 1  # free
    for time_there, node in ((20, 3.5), (10, 1.5), (13, 5.5), (20, 4.5), (47.5, 2.5)):
        assert strokes(page, time_there, node) > 1, (time_there, node)
    page.click_job(0)
    panel = page.panel()
    assert 'Requeued\nonce' in panel
    assert 'lost its nodes' in panel and 'Attempts' in panel.title()
    assert '0.00203 kWh' in panel and '0.0609 g CO₂' in panel
    assert page.column('Requeues') == ['1', '0', '0', '1']
    assert page.column('Energy')[3] == '0.00406 kWh'
    assert blocks(page)['Waited for'] == [
        'Nothing: it started at once.',
        'When it lost its nodes at 00:00:08, 0 jobs waited before it, and 1 of 6 nodes were free. It started when the '
        'last of its nodes was up again.']
    page.click_job(3)
    assert blocks(page)['Waited for'] == [
        'Nothing: it started at once.', 'When it lost its nodes at 00:00:45, it started again at once.']
    titles = page.run('return [...document.querySelectorAll("#charts h3")].map(head => head.innerText)')
    assert any(title.startswith('Power') for title in titles)
    assert not [entry for entry in browser.get_log('browser') if entry['level'] == 'SEVERE']


def test_suspended_jobs_are_hatched_while_they_are(browser: webdriver.Chrome, tmp_path: Path) -> None:
    path = tmp_path / 'report.html'
    path.write_text(build_page([load_run(str(write_suspended_run(tmp_path / 'run')))]), encoding='utf-8')
    page = Page(browser, path)
    assert 'suspended' in page.run('return document.getElementById("legend").innerText')
    assert strokes(page, 17, 0.4) == 1
    for time_there, node in ((7, 0.4), (13, 1.6), (4, 2.4)):
        assert strokes(page, time_there, node) > 1, (time_there, node)
    page.click_job(0)
    panel = page.panel()
    assert 'Suspended\n7.0 s' in panel
    assert all(row in panel for row in ('4\t5.0 s', '12\t2.0 s')), panel
    assert page.column('Suspended') == ['7.0 s', '5.0 s']
    page.click_job(1)
    assert '0 jobs waited before it, and 1 of 3 nodes were free, while suspended jobs had 2.' in page.panel()
    page.check()
