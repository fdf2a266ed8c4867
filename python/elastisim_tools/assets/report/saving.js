// @ts-check
/* What a chart or table shows as a file: SVG, PNG, CSV. */
import {element} from './words.js';
import {saveDrawing, saveImage, saveRows} from './files.js';
import {svgOf} from './svg.js';

/** @param {string} name
 * @param {{head: string[], rows: Row[]}} table */
export const saveTable = (name, {head, rows}) => saveRows(name, [head, ...rows]);

/** Buttons under a chart's title.
 * @param {HTMLElement} box
 * @param {Shown} shown */
export function addSaving(box, shown) {
  /** @param {string} label
   * @param {() => void} act */
  const button = (label, act) => {
    const made = element('button', {type: 'button', title: `Save what is shown as ${label}`,
      'aria-label': `${shown.title}: save as ${label}`}, label);
    made.addEventListener('click', act);
    return made;
  };
  box.prepend(element('span', {class: 'save', 'data-chart': shown.name},
    button('SVG', () => saveDrawing(shown.name, svgOf(shown).text)),
    button('PNG', () => void saveImage(shown.name, svgOf(shown))),
    button('CSV', () => saveTable(shown.name, shown.table()))));
}

/** The figures of a chart's lines between its ends.
 * @param {Plot} plot
 * @returns {Row[]} */
export function rowsInView(plot) {
  const {min, max} = plot.scales.x, [times, ...lines] = plot.data;
  /** @type {Row[]} */
  const rows = [];
  times.forEach((time, i) => {
    const until = i + 1 < times.length ? times[i + 1] : Infinity;
    if (time <= max && until > min)
      rows.push([time, ...lines.map(line => line[i] ?? '')]);
  });
  return rows;
}
