// @ts-check
/* Everything on the page, and what its buttons do. */
import {boundedSlowdown, end, report, runs, several} from './data.js';
import {colours, repaints, root} from './colours.js';
import {byId, element, jobField, shortTime} from './words.js';
import {move, otherCharts, setTime, showEverything, timeCharts, timeRange, viewWatchers, zoom} from './time.js';
import {drawMarked, gantts, hiddenTypes} from './jobs.js';
import {find, watchMouse} from './facts.js';
import {makeGantt, setNodes} from './gantt.js';
import {chartsToDraw, lineChart} from './lines.js';
import {FACTOR_TICKS, TIME_TICKS, distributionChart, figuresOf} from './distributions.js';
import {drawLegend, showHiddenTypes} from './legend.js';
import {mark, selection, selectionWatchers} from './selection.js';
import {fillPanel} from './panel.js';
import {drawTable, refreshTable, restoreTable} from './table.js';
import {drawShares} from './shares.js';
import {keep, kept, keptRange, short, watchAddress} from './address.js';
import {watchKeys} from './keys.js';

function drawGantts() {
  const container = byId('gantts');
  for (const run of runs) {
    const box = element('div', {class: 'chart gantt'});
    if (several)
      box.append(element('h3', {}, run.name));
    container.append(box);
    if (!run.gantt || !run.gantt.nodes.length) {
      box.append(element('p', {class: 'missing'}, 'Who ran where is not known: name a journal (configuration key ' +
        '"events") or "node_utilization" in the configuration.'));
      continue;
    }
    const height = Math.max(200, Math.min(several ? 380 : 560, 12 * run.gantt.nodes.length)) + 40;
    watchMouse(makeGantt(run, run.gantt, box, height));
  }
}

function drawCharts() {
  const container = byId('charts');
  const charts = chartsToDraw();
  charts.forEach((chart, i) => lineChart(container, chart, i + 1 === charts.length));
}

function drawDistributions() {
  const container = byId('distributions');
  distributionChart(container, 'Wait', 1, TIME_TICKS, shortTime,
    figuresOf((jobs, job) => jobs.start[job] - jobs.submit[job]));
  distributionChart(container, 'Bounded slowdown', 1, FACTOR_TICKS, value => String(+value.toPrecision(3)),
    figuresOf(boundedSlowdown));
}

/** @param {number} [width] */
function resize(width) {
  for (const plot of [...timeCharts, ...otherCharts]) {
    const room = width ? width / (otherCharts.includes(plot) ? 2.05 : 1) : (plot.root.parentElement?.clientWidth ?? 0);
    if (room > 0 && Math.abs(room - plot.width) >= 1)
      plot.setSize({width: room, height: plot.height});
  }
}

/** @param {string} theme */
function setTheme(theme) {
  root.dataset.theme = theme;
  colours.clear();
  byId('theme').textContent = theme === 'dark' ? 'Light' : 'Dark';
  repaints.forEach(paint => paint());
  for (const plot of [...timeCharts, ...otherCharts])
    plot.redraw(false);
}

/** @param {string} attribute
 * @returns {NodeListOf<HTMLElement>} */
const buttons = attribute => document.querySelectorAll(`[${attribute}]`);

/* --- The address ---------------------------------------------------------------------------------- */

function keepView() {
  const {min, max} = timeRange();
  keep('time', min <= 0 && max >= end ? null : `${short(min)},${short(max)}`);
  gantts.forEach(({plot, data}, i) => {
    const {min: low, max: high} = plot.scales.y;
    keep(`nodes${i}`, low <= 0 && high >= data.nodes.length ? null : `${short(low)},${short(high)}`);
  });
}

function keepMarked() {
  const {marked} = selection;
  keep('job', marked && `${runs.indexOf(marked.run)},${marked.run.jobs.id[marked.job]}`);
}

function restoreMarked() {
  const [number, id] = (kept('job') ?? '-1,').split(',').map(Number), run = runs[number];
  const job = run ? run.jobs.id.indexOf(id) : -1;
  mark(job < 0 ? null : {run, job});
}

function restore() {
  const wanted = kept('theme');
  if (wanted === 'light' || wanted === 'dark')
    setTheme(wanted);
  hiddenTypes.clear();
  for (const name of (kept('hide') ?? '').split(','))
    if (report.types.includes(name))
      hiddenTypes.add(report.types.indexOf(name));
  showHiddenTypes();
  setTime(...keptRange('time') ?? [0, end]);
  gantts.forEach((gantt, i) => setNodes(gantt, ...keptRange(`nodes${i}`) ?? [0, gantt.data.nodes.length]));
  restoreTable();
  restoreMarked();
}

function watchWhatIsShown() {
  viewWatchers.push(keepView);
  selectionWatchers.push(fillPanel, keepMarked, () => gantts.forEach(drawMarked));
  watchAddress(restore);
}

/* -------------------------------------------------------------------------------------------------- */

function connect() {
  const preferred = matchMedia('(prefers-color-scheme: dark)');
  preferred.addEventListener('change', () => {
    keep('theme', null);
    setTheme(preferred.matches ? 'dark' : 'light');
  });
  byId('theme').addEventListener('click', () => {
    setTheme(root.dataset.theme === 'dark' ? 'light' : 'dark');
    keep('theme', root.dataset.theme ?? null);
  });
  byId('reset').addEventListener('click', showEverything);
  for (const button of buttons('data-zoom'))
    button.addEventListener('click', () => zoom(Number(button.dataset.zoom)));
  for (const button of buttons('data-move'))
    button.addEventListener('click', () => move(Number(button.dataset.move)));
  byId('find').addEventListener('submit', event => {
    event.preventDefault();
    find(jobField().value);
  });
  jobField().addEventListener('input', () => jobField().setCustomValidity(''));
  addEventListener('resize', () => resize());
  let before = 'light';
  addEventListener('beforeprint', () => {
    for (const details of document.querySelectorAll('details'))
      details.open = true;
    before = root.dataset.theme ?? before;
    setTheme('light');
    resize(1000);
  });
  addEventListener('afterprint', () => {
    setTheme(before);
    resize();
  });
}

root.dataset.theme = matchMedia('(prefers-color-scheme: dark)').matches ? 'dark' : 'light';
byId('theme').textContent = root.dataset.theme === 'dark' ? 'Light' : 'Dark';
drawLegend(refreshTable);
drawGantts();
drawCharts();
drawDistributions();
drawTable();
drawShares();
watchWhatIsShown();
setTime(0, end);
restore();
connect();
watchKeys();

/* For scripts that look into the page. */
window.elastisim = {gantts, timeCharts, setTime, showEverything, ready: true};
