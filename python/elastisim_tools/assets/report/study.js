// @ts-check
/* The page of a study: tables that can be sorted and saved, figures that can be saved, and two groups side by side.
 * What is chosen stands in the address. */
import {byId, element} from './words.js';
import {keep, kept, watchAddress} from './address.js';
import {saveDrawing, saveImage, saveRows} from './files.js';

/** @typedef {Record<string, number | null>} Metrics
 * @type {{metrics: [string, string][], groups: Record<string, Record<string, Metrics>>, t: (number | null)[]}} */
const study = JSON.parse(byId('data').textContent ?? '');

// --- Sorting -------------------------------------------------------------------------------------------------

/** @param {HTMLTableRowElement} row
 * @param {number} column */
function keyOf(row, column) {
  const cell = row.cells[column], number = Number(cell.dataset.key);
  return cell.dataset.key === undefined || Number.isNaN(number) ? cell.textContent ?? '' : number;
}

/** Numbers before words.
 * @param {string | number} a
 * @param {string | number} b */
function order(a, b) {
  if (typeof a === 'number' && typeof b === 'number')
    return a - b;
  if (typeof a === 'number' || typeof b === 'number')
    return typeof a === 'number' ? -1 : 1;
  return a.localeCompare(b, 'en', {numeric: true});
}

/** @param {HTMLTableElement} table */
const titlesOf = table => [...table.rows[0].cells];

/** @param {HTMLTableElement} table
 * @param {number} column
 * @param {number} direction */
function sortTable(table, column, direction) {
  const body = table.tBodies[0];
  body.append(...[...body.rows].sort((a, b) => direction * order(keyOf(a, column), keyOf(b, column))));
  titlesOf(table).forEach((cell, place) => {
    if (place === column)
      cell.setAttribute('aria-sort', direction > 0 ? 'ascending' : 'descending');
    else
      cell.removeAttribute('aria-sort');
  });
}

/** @param {HTMLTableElement} table */
function makeSortable(table) {
  titlesOf(table).forEach((cell, column) => cell.querySelector('button')?.addEventListener('click', () => {
    const direction = cell.getAttribute('aria-sort') === 'ascending' ? -1 : 1;
    sortTable(table, column, direction);
    keep(table.id, `${column},${direction}`);
  }));
}

/** As the address says; without a word of it, as it stands.
 * @param {HTMLTableElement} table */
function sortAsKept(table) {
  const [column, direction] = (kept(table.id) ?? '').split(',').map(Number);
  if (direction && titlesOf(table)[column])
    sortTable(table, column, direction);
}

// --- Files ---------------------------------------------------------------------------------------------------

/** As the table stands, with the exact figures beside what is shown of them.
 * @param {HTMLTableElement} table */
function rowsOf(table) {
  const rows = [...table.rows];
  const exact = titlesOf(table).map((_, place) => rows.some(row => row.cells[place].dataset.key !== undefined));
  /** @param {HTMLTableCellElement} cell
   * @param {HTMLTableRowElement} row */
  const second = (cell, row) => row === rows[0] ? `${cell.textContent}, exact` : cell.dataset.key ?? '';
  return rows.map(row => [...row.cells].flatMap((cell, place) =>
    exact[place] ? [cell.textContent ?? '', second(cell, row)] : [cell.textContent ?? '']));
}

/** @param {HTMLElement} figure */
function drawingOf(figure) {
  const drawn = /** @type {SVGSVGElement} */ (figure.querySelector('svg')), {width, height} = drawn.getBoundingClientRect();
  return {text: new XMLSerializer().serializeToString(drawn), width, height};
}

/** Buttons before what they save.
 * @param {Element} what
 * @param {string} name
 * @param {Record<string, () => void>} kinds */
function offer(what, name, kinds) {
  what.before(element('p', {class: 'save'}, ...Object.entries(kinds).map(([kind, act]) => {
    const button = element('button', {type: 'button', 'aria-label': `${name}: save as ${kind}`}, kind);
    button.addEventListener('click', act);
    return button;
  })));
}

// --- Two groups ----------------------------------------------------------------------------------------------

/** @param {number} value
 * @param {number} [like] whose digits it gets */
function digits(value, like) {
  const size = Math.abs(like || value);
  const places = size > 0 ? Math.min(6, Math.max(0, 3 - Math.floor(Math.log10(size)))) : 0;
  return value.toLocaleString('en', {minimumFractionDigits: places, maximumFractionDigits: places});
}

/** The mean, and the half-width of the t interval around it.
 * @param {number[]} values */
function withInterval(values) {
  if (values.length === 0)
    return '-';
  const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
  if (values.length < 2)
    return digits(mean);
  const variance = values.reduce((sum, value) => sum + (value - mean) ** 2, 0) / (values.length - 1);
  const half = (study.t[values.length - 1] ?? NaN) * Math.sqrt(variance / values.length);
  return `${digits(mean)} ± ${digits(half, mean)}`;
}

/** The values of a metric by seed.
 * @param {string} group
 * @param {string} metric
 * @returns {Map<string, number>} */
function valuesOf(group, metric) {
  const found = new Map();
  for (const [seed, {[metric]: value}] of Object.entries(study.groups[group]))
    if (value !== null)
      found.set(seed, value);
  return found;
}

const first = /** @type {HTMLSelectElement} */ (byId('first'));
const second = /** @type {HTMLSelectElement} */ (byId('second'));

/** @param {'th' | 'td'} tag
 * @param {string[]} texts */
const line = (tag, texts) =>
  element('tr', {}, ...texts.map((text, place) => element(place === 0 ? 'th' : tag, {}, text)));

function compareGroups() {
  const rows = study.metrics.map(([metric, label]) => {
    const a = valuesOf(first.value, metric), b = valuesOf(second.value, metric);
    const differences = [...b].flatMap(([seed, value]) => {
      const other = a.get(seed);
      return other === undefined ? [] : [value - other];
    });
    return line('td', [label, ...[[...a.values()], [...b.values()], differences].map(withInterval)]);
  });
  byId('comparison').replaceChildren(line('th', ['', first.value, second.value, 'difference']), ...rows);
}

/** @param {HTMLSelectElement} select
 * @param {number} otherwise the place of the group where the address has none */
function chooseAsKept(select, otherwise) {
  const wanted = kept(select.id);
  select.selectedIndex = wanted === null ? Math.min(otherwise, select.options.length - 1) :
    Math.max(0, [...select.options].findIndex(option => option.value === wanted));
}

// --- All of it -----------------------------------------------------------------------------------------------

/** @type {NodeListOf<HTMLTableElement>} */
const sortable = document.querySelectorAll('table.sortable');

function showAsKept() {
  sortable.forEach(sortAsKept);
  chooseAsKept(first, 0);
  chooseAsKept(second, 1);
  compareGroups();
}

sortable.forEach(makeSortable);
for (const select of [first, second])
  select.addEventListener('change', () => {
    keep(select.id, select.value);
    compareGroups();
  });
for (const table of /** @type {NodeListOf<HTMLTableElement>} */ (document.querySelectorAll('table[id]')))
  offer(table.parentElement ?? table, table.id, {CSV: () => saveRows(table.id, rowsOf(table))});
for (const figure of document.querySelectorAll('figure'))
  offer(figure, figure.id, {SVG: () => saveDrawing(figure.id, drawingOf(figure).text),
    PNG: () => void saveImage(figure.id, drawingOf(figure))});
watchAddress(showAsKept);
showAsKept();
