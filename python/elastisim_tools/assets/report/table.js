// @ts-check
/* The table of jobs: sorted by any column, and only the rows that are seen are in the page. */
import {boundedSlowdown, report, runs, several} from './data.js';
import {byId, duration, element, energyText, figureText} from './words.js';
import {moment} from './dates.js';
import {timeRange, viewWatchers} from './time.js';
import {gantts, hiddenTypes} from './jobs.js';
import {bringIntoView} from './facts.js';
import {isMarked, mark, selection, selectionWatchers} from './selection.js';
import {keep, kept} from './address.js';
import {saveTable} from './saving.js';

const ROW = 28, SPARE = 12;

/** @typedef {{key: string, title: string, of: (jobs: Jobs, job: number, run: Run) => string | number,
 *   show?: (value: number) => string, numeric?: boolean}} Column */

/** Nothing where it is not known.
 * @param {(value: number) => string} show
 * @returns {(value: number) => string} */
const known = show => value => value < 0 ? '' : show(value);
/** @param {Jobs} jobs
 * @param {number} job */
const isOver = (jobs, job) => jobs.start[job] >= 0 && jobs.end[job] >= 0;

/** @type {Column[]} */
const COLUMNS = [
  {key: 'id', title: 'Job', of: (jobs, job) => jobs.id[job], numeric: true},
  {key: 'name', title: 'Name', of: (jobs, job) => jobs.name?.[job] ?? ''},
  {key: 'run', title: 'Run', of: (jobs, job, run) => run.name},
  {key: 'type', title: 'Type', of: (jobs, job) => report.types[jobs.type[job]]},
  {key: 'status', title: 'Status', of: (jobs, job) => report.statuses[jobs.status[job]]},
  {key: 'submitted', title: 'Submitted', of: (jobs, job) => jobs.submit[job], show: moment, numeric: true},
  {key: 'started', title: 'Started', of: (jobs, job) => jobs.start[job], show: known(moment),
    numeric: true},
  {key: 'wait', title: 'Wait', of: (jobs, job) => jobs.start[job] >= 0 ? jobs.start[job] - jobs.submit[job] : -1,
    show: known(duration), numeric: true},
  {key: 'ran', title: 'Ran', of: (jobs, job) => isOver(jobs, job) ? jobs.end[job] - jobs.start[job] : -1,
    show: known(duration), numeric: true},
  {key: 'turnaround', title: 'Turnaround', of: (jobs, job) => isOver(jobs, job) ? jobs.end[job] - jobs.submit[job] : -1,
    show: known(duration), numeric: true},
  {key: 'slowdown', title: 'Slowdown', of: (jobs, job) => isOver(jobs, job) ? boundedSlowdown(jobs, job) : -1,
    show: known(value => value.toFixed(2)), numeric: true},
  {key: 'nodes', title: 'Nodes', of: (jobs, job) => jobs.nodesAtStart?.[job] ?? -1, show: known(String), numeric: true},
  {key: 'resizes', title: 'Resizes', of: (jobs, job) => jobs.reconfigurations?.[job] ?? -1, show: known(String),
    numeric: true},
  {key: 'requeues', title: 'Requeues', of: (jobs, job) => jobs.requeues?.[job] ?? -1, show: known(String), numeric: true},
  {key: 'lost', title: 'Lost node h', of: (jobs, job) => jobs.lostNodeSeconds ? jobs.lostNodeSeconds[job] / 3600 : -1,
    show: known(figureText), numeric: true},
  {key: 'suspended', title: 'Suspended', of: (jobs, job) => jobs.suspended?.[job] ?? -1, show: known(duration),
    numeric: true},
  {key: 'energy', title: 'Energy', of: (jobs, job) => jobs.energy?.[job] ?? -1, show: known(energyText), numeric: true},
  {key: 'cost', title: 'Energy cost', of: (jobs, job) => jobs.cost?.[job] ?? NaN,
    show: value => Number.isNaN(value) ? '' : figureText(value), numeric: true},
  {key: 'emissions', title: 'CO₂ (g)', of: (jobs, job) => jobs.emissions?.[job] ?? -1, show: known(figureText),
    numeric: true},
];

/** @param {string} key */
const isNeeded = key => key === 'run' ? several : key === 'name' ? runs.some(run => run.jobs.name) :
  key === 'nodes' ? runs.some(run => run.jobs.nodesAtStart) :
    key === 'resizes' ? runs.some(run => run.jobs.reconfigurations) :
      key === 'lost' ? runs.some(run => run.jobs.lostNodeSeconds) :
        key === 'requeues' || key === 'suspended' || key === 'energy' || key === 'cost' || key === 'emissions' ?
          runs.some(run => run.jobs[key]) : true;
const columns = COLUMNS.filter(({key}) => isNeeded(key));

/* Jobs of all runs are numbered through. */
const firstOf = runs.map((_, i) => runs.slice(0, i).reduce((sum, run) => sum + run.jobs.id.length, 0));
const total = runs.reduce((sum, run) => sum + run.jobs.id.length, 0);

/** @param {number} row
 * @returns {JobOf} */
function jobOfRow(row) {
  let i = runs.length - 1;
  while (firstOf[i] > row)
    i--;
  return {run: runs[i], job: row - firstOf[i]};
}

/** @param {JobOf} of */
const rowOfJob = ({run, job}) => firstOf[runs.indexOf(run)] + job;

/** @param {Column} column
 * @param {number} row */
function valueOf(column, row) {
  const {run, job} = jobOfRow(row);
  return column.of(run.jobs, job, run);
}

const sorting = {column: columns[0], down: false};
/** The rows that are shown, in order. */
let shownRows = new Uint32Array(0);

/** @param {Uint32Array} rows */
function sortRows(rows) {
  const {column, down} = sorting, sign = down ? -1 : 1;
  if (column.numeric) {
    const keys = new Float64Array(total);
    for (const row of rows)
      keys[row] = Number(valueOf(column, row));
    return rows.sort((a, b) => sign * (keys[a] - keys[b]) || a - b);
  }
  /** @type {string[]} */
  const texts = [];
  for (const row of rows)
    texts[row] = String(valueOf(column, row));
  const order = new Map([...new Set(texts)].sort((a, b) => (a < b ? -1 : 1)).map((text, i) => [text, i]));
  return rows.sort((a, b) => sign * ((order.get(texts[a]) ?? 0) - (order.get(texts[b]) ?? 0)) || a - b);
}

const inViewBox = () => /** @type {HTMLInputElement} */ (byId('in-view'));

/** Whether the job waited or ran in the time that is shown.
 * @param {JobOf} of */
function isInView({run, job}) {
  const {min, max} = timeRange(), {submit, end: ends} = run.jobs;
  return submit[job] <= max && (ends[job] < 0 || ends[job] >= min);
}

function chooseRows() {
  const onlyInView = inViewBox().checked && gantts.length > 0, chosen = new Uint32Array(total);
  let count = 0;
  for (let row = 0; row < total; row++) {
    const of = jobOfRow(row);
    if (!hiddenTypes.has(of.run.jobs.type[of.job]) && (!onlyInView || isInView(of)))
      chosen[count++] = row;
  }
  shownRows = sortRows(chosen.subarray(0, count));
  byId('job-count').textContent = count === total ? `${total} jobs` : `${count} of ${total} jobs`;
}

const scroller = byId('jobs');
const body = element('tbody');

/** @param {number} place
 * @returns {HTMLElement} */
function tableRow(place) {
  const row = shownRows[place], {run, job} = jobOfRow(row);
  const cells = columns.map((column, i) => {
    const value = valueOf(column, row);
    const text = typeof value === 'number' ? (column.show ?? String)(value) : value;
    return i === 0 ? element('th', {scope: 'row'}, text) : element('td', column.numeric ? {class: 'number'} : {}, text);
  });
  const line = element('tr', {'aria-rowindex': place + 2, 'aria-selected': String(isMarked(run, job))}, ...cells);
  line.addEventListener('click', () => mark({run, job}));
  return line;
}

/** @param {number} rows */
function spacer(rows) {
  const line = element('tr', {class: 'spacer', 'aria-hidden': 'true'}, element('td', {colspan: columns.length}));
  line.style.height = `${rows * ROW}px`;
  return line;
}

function drawRows() {
  const first = Math.max(0, Math.floor(scroller.scrollTop / ROW) - SPARE);
  const last = Math.min(shownRows.length, first + Math.ceil(scroller.clientHeight / ROW) + 2 * SPARE);
  const lines = [];
  for (let place = first; place < last; place++)
    lines.push(tableRow(place));
  body.replaceChildren(spacer(first), ...lines, spacer(shownRows.length - last));
}

export function refreshTable() {
  chooseRows();
  drawRows();
}

/** @param {Column} column
 * @param {boolean} down */
function sortBy(column, down) {
  Object.assign(sorting, {column, down});
  for (const head of scroller.querySelectorAll('thead th'))
    if (head instanceof HTMLElement && head.dataset.key === column.key)
      head.setAttribute('aria-sort', down ? 'descending' : 'ascending');
    else
      head.removeAttribute('aria-sort');
  refreshTable();
}

function headRow() {
  return element('tr', {}, ...columns.map(column => {
    const button = element('button', {type: 'button'}, column.title);
    button.addEventListener('click', () => {
      sortBy(column, sorting.column === column && !sorting.down);
      keep('sort', column === columns[0] && !sorting.down ? null : `${column.key},${sorting.down ? 'down' : 'up'}`);
    });
    return element('th', {scope: 'col', 'data-key': column.key, ...(column.numeric ? {class: 'number'} : {})}, button);
  }));
}

/** @param {number} step */
function markRow(step) {
  const {marked} = selection;
  const at = marked ? shownRows.indexOf(rowOfJob(marked)) : -1;
  const place = Math.max(0, Math.min(shownRows.length - 1, at + step));
  if (!shownRows.length)
    return;
  mark(jobOfRow(shownRows[place]));
  const top = place * ROW;
  if (top < scroller.scrollTop)
    scroller.scrollTop = top;
  else if (top + 2 * ROW > scroller.scrollTop + scroller.clientHeight)
    scroller.scrollTop = top + 2 * ROW - scroller.clientHeight;
}

/** @type {Record<string, () => void>} */
const TABLE_KEYS = {
  ArrowDown: () => markRow(1), ArrowUp: () => markRow(-1),
  Enter: () => selection.marked && bringIntoView(selection.marked),
};

export function drawTable() {
  scroller.append(element('table', {'aria-rowcount': total + 1}, element('thead', {}, headRow()), body));
  scroller.addEventListener('scroll', drawRows);
  scroller.addEventListener('keydown', event => {
    const act = event.target === scroller ? TABLE_KEYS[event.key] : undefined;
    if (!act)
      return;
    event.preventDefault();
    act();
  });
  inViewBox().addEventListener('change', () => {
    keep('jobs', inViewBox().checked ? 'in-view' : null);
    refreshTable();
  });
  byId('save-jobs').addEventListener('click', () => saveTable('jobs', {
    head: columns.map(({title}) => title.toLowerCase()),
    rows: [...shownRows].map(row => columns.map(column => {
      const value = valueOf(column, row);
      return typeof value === 'number' && value < 0 ? '' : value;
    })),
  }));
  viewWatchers.push(() => inViewBox().checked && refreshTable());
  selectionWatchers.push(drawRows);
}

export function restoreTable() {
  const [key, direction] = (kept('sort') ?? '').split(',');
  inViewBox().checked = kept('jobs') === 'in-view';
  sortBy(columns.find(column => column.key === key) ?? columns[0], direction === 'down');
}
