"""elastisim-report: the page as text, the data in it, and figures for papers."""

from __future__ import annotations

import base64
import json
import re
import shutil
import subprocess
import xml.etree.ElementTree as ElementTree
from array import array
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pytest
from elastisim_tools import report
from elastisim_tools.page import UPLOT_VERSION, build_page, report_data, script_of, story_of
from elastisim_tools.run import OutputError, Run, load_run
from synthetic import TYPES, Generator
from unsteady import write_run

TOOLS = Path(report.__file__).resolve().parent


@pytest.fixture(scope='module')
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return Generator(200, 24, seed=5).write(tmp_path_factory.mktemp('run') / 'fcfs', 600)


@pytest.fixture(scope='module')
def other(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return Generator(150, 24, seed=6).write(tmp_path_factory.mktemp('run') / 'easy', 600)


class Elements(HTMLParser):
    """The elements of a page with their attributes, and its text outside of scripts and styles."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.found: list[tuple[str, dict[str, str | None]]] = []
        self.text = ''
        self.feed(page)

    def handle_starttag(self, tag: str, attributes: list[tuple[str, str | None]]) -> None:
        self.found.append((tag, dict(attributes)))

    def handle_data(self, data: str) -> None:
        if self.found and self.found[-1][0] not in ('script', 'style'):
            self.text += data + ' '


def unpacked(packed: dict[str, str]) -> list[Any]:
    return list(array(packed['type'], base64.b64decode(packed['data'])))


def data_of(page: str) -> dict[str, Any]:
    found = re.search('<script type="application/json" id="data">(.*?)</script>', page, re.DOTALL)
    assert found
    data: dict[str, Any] = json.loads(found[1])
    return data


def test_the_page_fetches_nothing(folder: Path) -> None:
    page = build_page([load_run(str(folder))])
    for tag, attributes in Elements(page).found:
        assert tag not in ('iframe', 'img', 'object', 'embed', 'base'), tag
        for name, value in attributes.items():
            if name in ('src', 'href', 'srcset', 'action', 'data'):
                assert (tag, name, value) == ('link', 'href', 'data:,')
    assert '@import' not in page
    assert not re.findall(r'url\((?!data:|#)', page)


def test_no_two_modules_of_the_page_have_a_name_in_common() -> None:
    """They become one script, in which the later one would take the name."""
    named: dict[str, str] = {}
    for path in sorted((TOOLS / 'assets' / 'report').glob('*.js')):
        for found in re.finditer(r'^(?:export )?(?:async )?(?:function|class|const|let) (?:\{([^}]*)\}|(\w+))',
                                 path.read_text(), re.MULTILINE):
            for name in (found[1] or found[2]).split(','):
                assert named.setdefault(name.strip(), path.name) == path.name, name


def test_the_library_comes_with_licence_and_version(folder: Path) -> None:
    page = build_page([load_run(str(folder))])
    assert f'uPlot {UPLOT_VERSION}' in page
    assert 'The MIT License' in page and 'Copyright' in page
    assert UPLOT_VERSION in (TOOLS / 'vendor' / 'README.md').read_text()


def test_the_data_holds_every_job_and_node_second(folder: Path) -> None:
    run = load_run(str(folder))
    data = data_of(build_page([run]))
    assert data['types'] == list(TYPES)
    jobs, gantt = data['runs'][0]['jobs'], data['runs'][0]['gantt']
    assert unpacked(jobs['id']) == [job.id for job in run.jobs]
    assert unpacked(jobs['start']) == [job.start for job in run.jobs]
    assert [data['types'][i] for i in unpacked(jobs['type'])] == [job.type for job in run.jobs]
    of, begin, end, owner = (unpacked(gantt[key]) for key in ('allocation', 'begin', 'end', 'job'))
    held = [0.0] * len(run.jobs)
    for allocation, count in zip(of, unpacked(gantt['count'])):
        held[owner[allocation]] += count * (end[allocation] - begin[allocation])
    assert held == pytest.approx([job.node_seconds for job in run.jobs])


def test_charts_there_are(folder: Path) -> None:
    charts = data_of(build_page([load_run(str(folder))]))['runs'][0]['charts']
    assert [chart['key'] for chart in charts] == ['jobs', 'nodes', 'cpu', 'network', 'pfs_read', 'pfs_write']
    assert max(unpacked(charts[1]['lines']['allocated']['values'])) <= charts[1]['full'] == 24


def test_names_cannot_break_the_page(tmp_path: Path) -> None:
    generator = Generator(5, 4, seed=1)
    generator.write(tmp_path)
    rows = (tmp_path / 'job_statistics.csv').read_text().replace(f',{generator.jobs[0].type}-0,', ',</script><b>&x,')
    (tmp_path / 'job_statistics.csv').write_text(rows)
    page = build_page([load_run(f'<i>={tmp_path}')], 'a < b & "c"')
    assert data_of(page)['runs'][0]['jobs']['name'][0] == '</script><b>&x'
    tags = [tag for tag, _ in Elements(page).found]
    assert 'b' in tags and 'i' not in tags
    assert '<title>a &lt; b &amp; &quot;c&quot; - elastisim</title>' in page


def test_statistics_and_configuration_are_text(folder: Path, other: Path) -> None:
    text = Elements(build_page([load_run(str(folder)), load_run(str(other))])).text
    for words in ('fcfs and easy', 'Wait, 95th percentile', 'Evolving', 'platform_file', 'synthetic.xml',
                  'builtin:fcfs'):
        assert words in text


def test_a_run_with_job_statistics_alone(tmp_path: Path) -> None:
    Generator(20, 4, seed=2).write_job_statistics(tmp_path / 'job_statistics.csv', extended=False)
    page = build_page([load_run(str(tmp_path))])
    assert data_of(page)['runs'][0]['gantt'] is None
    assert 'The configuration is not known' in page


def test_lanes_of_shared_nodes(tmp_path: Path) -> None:
    """Jobs that share a node never share a lane at one time."""
    (tmp_path / 'job_statistics.csv').write_text(
        'ID,Type,Submit Time,Start Time,End Time,Wait Time,Makespan,Turnaround Time,Status\n'
        + ''.join(f'{i},rigid,0,{i},{i + 3},{i},3,{i + 3},completed\n' for i in range(4)))
    running = [(0, '0'), (1, '0;1'), (2, '0;1;2'), (3, '1;2;3'), (4, '2;3'), (5, '3'), (6, 'none')]
    (tmp_path / 'node_utilization.csv').write_text(
        'Time,Node,State,Running jobs,Expected jobs\n'
        + ''.join(f'{time},a,{"free" if jobs == "none" else "allocated"},{jobs},none\n' for time, jobs in running))
    gantt = report_data([story_of(load_run(str(tmp_path)))])['runs'][0]['gantt']
    assert gantt['lanes'] == 3
    begin, end, lane = (unpacked(gantt[key]) for key in ('begin', 'end', 'lane'))
    spans = list(zip(lane, begin, end))
    assert len(spans) == 4
    for i, (own, start, stop) in enumerate(spans):
        assert all(own != lane or stop <= first or last <= start for lane, first, last in spans[:i])


def test_the_same_run_gives_the_same_page(folder: Path) -> None:
    assert build_page([load_run(str(folder))]) == build_page([load_run(str(folder))])


def test_the_command_writes_the_page(folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert report.main([str(folder), '-o', str(tmp_path / 'page.html'), '--title', 'A title']) == 0
    assert '<h1>A title</h1>' in (tmp_path / 'page.html').read_text()
    monkeypatch.chdir(tmp_path)
    assert report.main([str(folder)]) == 0
    assert (tmp_path / 'report.html').exists()


def test_what_is_wrong_is_said(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert report.main([str(tmp_path / 'nothing')]) == 2
    assert 'elastisim-report: error: ' in capsys.readouterr().err


# --- Dates ----------------------------------------------------------------------------------------------------

def dated(folder: Path, date: Any, end: float = 10) -> Run:
    folder.mkdir(exist_ok=True)
    (folder / 'job_statistics.csv').write_text(
        'ID,Type,Submit Time,Start Time,End Time,Wait Time,Makespan,Turnaround Time,Status\n'
        f'0,rigid,0,0,{end},0,{end},{end},completed\n')
    (folder / 'events.jsonl').write_text(json.dumps({'time': 0, 'kind': 'begin', 'start_date': date}) + '\n')
    return load_run(str(folder))


@pytest.mark.parametrize('dates, end, seconds, hint', [
    (['2024-02-28 23:59:58+01:00'], 10, 1709164798, 'at UTC+01:00; time 0 is 2024-02-28 23:59:58.'),
    (['2024-02-28 23:59:58+01:00'] * 2, 10, 1709164798, 'at UTC+01:00; time 0 is 2024-02-28 23:59:58.'),
    (['2024-02-28 23:59:58+01:00', '2024-02-28 23:59:58+02:00'], 10, None, 'time 0 is not the same date in all runs'),
    (['2024-02-28 23:59:58+01:00', None], 10, None, 'time 0 is not the same date in all runs'),
    (['0001-01-01 00:00:00+01:00'], 10, -62135596800, 'time 0 is 0001-01-01 00:00:00.'),
    (['9999-12-30 00:00:00+01:00'], 2 * 86400, None, None),  # no calendar has its end
    ([None], 10, None, None), ([''], 10, None, None),
])
def test_the_page_has_dates_where_all_runs_have_the_same(dates: list[Any], end: float, seconds: float | None,
                                                         hint: str | None, tmp_path: Path) -> None:
    page = build_page([dated(tmp_path / str(number), date, end) for number, date in enumerate(dates)])
    assert data_of(page)['calendar'] == ({'seconds': seconds} if seconds else None)
    text = Elements(page).text
    assert hint in text if hint else 'time 0' not in text


@pytest.mark.parametrize('date', [5, 'soon', '2024-02-28 23:59:58'])
def test_a_journal_whose_date_is_none_is_told(date: Any, tmp_path: Path) -> None:
    with pytest.raises(OutputError) as told:
        dated(tmp_path, date)
    assert str(told.value) == (f'{tmp_path}/events.jsonl:1: start_date: {date!r} is not a date with a time zone; must '
                               'be like "2024-02-29 12:30:00+01:00"')


# --- Figures --------------------------------------------------------------------------------------------------

KINDS = ('gantt', 'jobs', 'utilization', 'wait', 'slowdown')


@pytest.mark.parametrize('kind', KINDS)
def test_figures(folder: Path, other: Path, tmp_path: Path, kind: str) -> None:
    pytest.importorskip('matplotlib')
    svg, png, pdf = tmp_path / f'{kind}.svg', tmp_path / 'x.png', tmp_path / 'x.pdf'
    assert report.main([str(folder), '--figure', str(svg), '--figure', f'{kind}={png}']) == 0
    assert report.main([f'a={folder}', f'b={other}', '--figure', f'{kind}={pdf}']) == 0
    assert ElementTree.parse(svg).getroot().tag == '{http://www.w3.org/2000/svg}svg'
    assert png.read_bytes().startswith(b'\x89PNG') and pdf.read_bytes().startswith(b'%PDF')
    assert sorted(path.name for path in tmp_path.iterdir()) == sorted([svg.name, 'x.png', 'x.pdf'])


def test_a_figure_is_the_same_each_time(folder: Path, tmp_path: Path) -> None:
    pytest.importorskip('matplotlib')
    for name in ('1', '2'):
        (tmp_path / name).mkdir()
        assert report.main([str(folder), '--figure', str(tmp_path / name / 'gantt.svg')]) == 0
    assert (tmp_path / '1' / 'gantt.svg').read_bytes() == (tmp_path / '2' / 'gantt.svg').read_bytes()


@pytest.mark.parametrize('figure, message', [
    ('pie.svg', "no figure is called 'pie'; there are gantt, jobs, utilization, wait, slowdown"),
    ('gantt.docx', "'.docx' is not a format"),
])
def test_unknown_figures(folder: Path, figure: str, message: str, capsys: pytest.CaptureFixture[str]) -> None:
    pytest.importorskip('matplotlib')
    assert report.main([str(folder), '--figure', figure]) == 2
    assert message in capsys.readouterr().err


# --- The page's modules -----------------------------------------------------------------------------------------

MODULES = sorted((TOOLS / 'assets' / 'report').glob('*.js'))


def test_every_module_is_in_a_page_after_those_it_imports_from() -> None:
    scripts = [script_of('page.js'), script_of('study.js')]
    assert not any(word in script for word in ('import ', 'export ') for script in scripts)
    for module in MODULES:
        text = module.read_text()
        about = text.splitlines()[1]
        having = [script for script in scripts if about in script]
        assert having, module
        for script in having:
            assert script.count(about) == 1, module
            for needed in re.findall(r"from './(.*)'", text):
                before = (module.parent / needed).read_text().splitlines()[1]
                assert script.index(before) < script.index(about), f'{module} and {needed} import from each other'


@pytest.mark.skipif(not shutil.which('tsc'), reason='node-typescript is not installed')
def test_types_of_the_page_fit() -> None:
    said = subprocess.run(['tsc', '--project', str(TOOLS / 'assets' / 'jsconfig.json')], capture_output=True, text=True)
    assert (said.returncode, said.stdout) == (0, '')


def test_the_page_has_attempts_conditions_and_energy(tmp_path: Path) -> None:
    page = build_page([load_run(str(write_run(tmp_path)))])
    data = data_of(page)
    gantt, jobs = data['runs'][0]['gantt'], data['runs'][0]['jobs']
    outages, attempts = gantt['outages'], gantt['attempts']
    assert [data['conditions'][kind] for kind in unpacked(outages['kind'])] == [
        'stopping', 'draining', 'off', 'down', 'down', 'booting', 'down']
    assert unpacked(outages['first']) == [5, 4, 5, 1, 3, 5, 2] and unpacked(outages['end'])[3:5] == [12, 30]
    assert unpacked(gantt['lost']) == [1, 0, 0, 0, 0, 1, 0]
    assert (unpacked(attempts['job']), unpacked(attempts['lost'])) == ([0, 0, 3, 3], [1, 0, 1, 0])
    assert unpacked(jobs['requeues']) == [1, 0, 0, 1] and unpacked(jobs['lostNodeSeconds']) == [4, 2, 0, 8]
    assert unpacked(jobs['energy'])[3] == 14616
    text = Elements(page).text
    assert 'Requeues 2 0.003889 node hours lost, 9.4% of all used' in re.sub(r'\s+', ' ', text)
    assert 'Energy of the machine 0.01264 kWh cost 0.0036, 0.000379 kg CO2' in re.sub(r'\s+', ' ', text)
    assert 'Energy of jobs 0.008402 kWh 66.5% of all, cost 0.0024, 0.0002519 kg CO2' in re.sub(r'\s+', ' ', text)
    assert [(share['kind'], share['name']) for share in data['runs'][0]['shares']][-3:] == [
        ('use', 'unused'), ('user', ''), ('user', 'ada')]
