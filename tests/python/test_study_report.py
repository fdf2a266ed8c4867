"""The report of a study: what stands in it, and in a real browser: sorting, comparing, the address, narrow screens."""

from __future__ import annotations

import csv
import re
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

pytest.importorskip('matplotlib')
pytest.importorskip('scipy')
from made_study import make_study  # noqa: E402

from elastisim_tools.study.command import main  # noqa: E402

CHROMIUM, DRIVER = shutil.which('chromium'), shutil.which('chromedriver')


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    make_study()
    return tmp_path


def test_the_page_holds_all_of_the_study(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(['report', 'study.toml']) == 0
    assert capsys.readouterr().out == 'out/report.html\n'
    page = Path('out/report.html').read_text()
    assert not re.search(r'\{\{\w+\}\}', page)
    for namespace in ('http://www.w3.org', 'http://purl.org', 'http://creativecommons.org'):
        page = page.replace(namespace, '')
    assert 'http://' not in page
    assert '18 of 18 runs done' in page and page.count('<figure id=') == 2
    assert page.count('policy=min &amp; more') >= 3 + 9
    assert '99.00 ± 23.60' in page and '-11.00 (-10 %)*' in page


def test_pages_of_chosen_runs_show_who_ran_where(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(['report', 'study.toml', '--gantt', 'policy=easy,seed=2,share=0.5']) == 2
    assert capsys.readouterr().err == (
        'elastisim-study: error: policy=easy, share=0.5, seed=2: who ran where is not known; add results = '
        '["node_utilization"] to the study\n')
    for place in Path('out/runs').iterdir():
        (place / 'node_utilization.csv').write_text(
            'Time,Node,State,Running jobs,Expected jobs\n0,n0,free,none,none\n'
            '200,n0,allocated,0,none\n500,n0,free,none,none\n')
    assert main(['report', 'study.toml', '--gantt', 'policy=easy,seed=2,share=0.5', '--report', 'page.html']) == 0
    assert 'href="page-e0.52.html"' in Path('page.html').read_text()
    assert '<title>policy=easy, share=0.5, seed=2' in Path('page-e0.52.html').read_text()
    capsys.readouterr()
    for choice, message in (('policy', 'must be AXIS=VALUE,AXIS=VALUE...; axes are policy, share, seed'),
                            ('policy=sjf', 'no run that is done has these values')):
        assert main(['report', 'study.toml', '--gantt', choice]) == 2
        assert capsys.readouterr().err == f'elastisim-study: error: --gantt {choice}: {message}\n'


# --- In a browser ---------------------------------------------------------------------------------------


@pytest.fixture(scope='module')
def browser() -> Iterator[Any]:
    webdriver = pytest.importorskip('selenium.webdriver')
    if not (CHROMIUM and DRIVER):
        pytest.skip('chromium and chromium-driver are not installed')
    options = webdriver.ChromeOptions()
    options.binary_location = CHROMIUM
    for argument in ('--headless=new', '--no-sandbox', '--disable-gpu', '--disable-dev-shm-usage',
                     '--window-size=1200,900', '--force-device-scale-factor=1'):
        options.add_argument(argument)
    options.set_capability('goog:loggingPrefs', {'browser': 'ALL'})
    from selenium.webdriver.chrome.service import Service
    driver = webdriver.Chrome(service=Service(DRIVER), options=options)
    yield driver
    driver.quit()


@pytest.fixture
def page(folder: Path, browser: Any) -> Any:
    assert main(['report', 'study.toml']) == 0
    browser.get((folder / 'out/report.html').as_uri())
    yield browser
    assert browser.get_log('browser') == []


def column(page: Any, table: str, number: int) -> list[str]:
    return list(page.execute_script(
        'return [...document.getElementById(arguments[0]).tBodies[0].rows].map(r => r.cells[arguments[1]].textContent)',
        table, number))


def act(page: Any, script: str, *arguments: Any) -> None:
    """Does something that the address is to say, which it does a moment later."""
    from selenium.webdriver.support.ui import WebDriverWait
    before = page.current_url
    page.execute_script(script, *arguments)
    WebDriverWait(page, 60).until(lambda _: page.current_url != before)


def click_title(page: Any, table: str, number: int) -> None:
    act(page, 'document.querySelectorAll(`#${arguments[0]} th button`)[arguments[1]].click()', table, number)


def test_tables_are_sorted_by_value_and_the_address_keeps_it(page: Any) -> None:
    click_title(page, 'groups', 1)
    means = [float(text.split()[0]) for text in column(page, 'groups', 1)]
    assert means == sorted(means) == [78, 99, 100, 110, 120, 120]
    click_title(page, 'groups', 1)
    assert column(page, 'groups', 1)[-1].startswith('78.00')
    page.get(page.current_url)
    page.refresh()
    assert column(page, 'groups', 1)[-1].startswith('78.00')


def choose(page: Any, name: str, value: str) -> None:
    act(page, 'const s = document.getElementById(arguments[0]); s.value = arguments[1]; '
              's.dispatchEvent(new Event("change"))', name, value)


def compared(page: Any) -> list[str]:
    return list(page.execute_script(
        'return [...document.getElementById("comparison").rows[1].cells].map(c => c.textContent)'))


def test_any_two_groups_stand_side_by_side(page: Any) -> None:
    choose(page, 'first', 'policy=easy, share=0.5')
    choose(page, 'second', 'policy=min & more, share=1.0')
    # Seeds 1, 2, 3: 110 and 78 in the mean; differences -31, -32, -33 with t(0.975, 2) / sqrt(3) = 2.484 around them.
    wanted = ['Wait, mean (s)', '110.0 ± 24.8', '78.00 ± 22.36', '-32.00 ± 2.48']
    assert compared(page) == wanted
    page.refresh()
    assert compared(page) == wanted, 'the address keeps what is chosen'
    page.find_element('link text', 'Runs').click()
    choose(page, 'second', 'policy=min & more, share=0.5')
    page.refresh()
    assert compared(page)[1] == wanted[1], 'a way to a part of the page takes nothing out of it'


def saved(page: Any, name: str, kind: str, folder: Path) -> Path:
    from selenium.webdriver.support.ui import WebDriverWait
    page.execute_cdp_cmd('Browser.setDownloadBehavior', {'behavior': 'allow', 'downloadPath': str(folder)})
    page.find_element('css selector', f'[aria-label="{name}: save as {kind}"]').click()
    path = folder / f'{name}.{kind.lower()}'
    # The browser keeps the name with an empty file until the whole one takes its place.
    WebDriverWait(page, 60).until(lambda _: path.is_file() and path.stat().st_size)
    return path


def test_tables_and_figures_are_saved_as_they_are_shown(page: Any, folder: Path) -> None:
    click_title(page, 'groups', 1)
    rows = list(csv.reader(saved(page, 'groups', 'CSV', folder).read_text().splitlines()))
    assert rows[0][:5] == ['group', 'Wait, mean (s)', 'Wait, mean (s), exact', 'difference', 'difference, exact']
    assert [float(row[2]) for row in rows[1:]] == [78, 99, 100, 110, 120, 120], 'in the order of the page'
    compared_rows = list(csv.reader(saved(page, 'comparison', 'CSV', folder).read_text().splitlines()))
    assert compared_rows[1] == compared(page)
    figures = page.execute_script('return [...document.querySelectorAll("figure")].map(figure => figure.id)')
    assert len(figures) == 2
    assert '<text' in saved(page, figures[0], 'SVG', folder).read_text()
    image = saved(page, figures[0], 'PNG', folder).read_bytes()
    assert image.startswith(b'\x89PNG') and len(image) > 5000


def test_the_keyboard_reaches_every_control(page: Any) -> None:
    from selenium.webdriver.common.action_chains import ActionChains
    from selenium.webdriver.common.keys import Keys
    page.execute_script('document.querySelector("#groups thead th:nth-child(2) button").focus()')
    ActionChains(page).send_keys(Keys.ENTER).perform()
    assert column(page, 'groups', 1)[0].startswith('78.00')
    unreached = page.execute_script(
        'return [...document.querySelectorAll("button, select, a, .wide")].filter(e => e.tabIndex < 0).length')
    assert unreached == 0


@pytest.mark.parametrize('width', [380, 2560])
def test_wide_tables_scroll_with_their_first_column_in_place(page: Any, width: int) -> None:
    page.set_window_size(width, 900)
    page.execute_cdp_cmd('Emulation.setDeviceMetricsOverride',
                         {'width': width, 'height': 900, 'deviceScaleFactor': 1, 'mobile': False})
    assert page.execute_script('return document.documentElement.scrollWidth') <= width, 'the page itself never scrolls'
    before, after = page.execute_script('''
        const wide = document.querySelector('#runs').parentElement, cell = wide.querySelector('tbody th');
        const before = cell.getBoundingClientRect().left;
        wide.scrollLeft = 300;
        return [before, cell.getBoundingClientRect().left];''')
    assert before == after
    page.execute_cdp_cmd('Emulation.clearDeviceMetricsOverride', {})


def test_the_page_is_dark_where_the_reader_is(page: Any) -> None:
    colours = set()
    for scheme in ('light', 'dark'):
        page.execute_cdp_cmd('Emulation.setEmulatedMedia',
                             {'features': [{'name': 'prefers-color-scheme', 'value': scheme}]})
        colours.add(page.execute_script('return getComputedStyle(document.body).backgroundColor'))
    assert len(colours) == 2
