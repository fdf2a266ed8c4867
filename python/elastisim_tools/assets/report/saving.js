// @ts-check
/* What a chart or table shows as a file: SVG, PNG, CSV. */
import {element} from './words.js';
import {penOf} from './colours.js';
import {svgOf} from './svg.js';

/** @param {string} name
 * @param {Blob} blob */
function save(name, blob) {
  const link = element('a', {href: URL.createObjectURL(blob), download: name});
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 10000);
}

/** @param {string | number} value */
const field = value => /[",\n\r]/.test(String(value)) ? `"${String(value).replace(/"/g, '""')}"` : String(value);

/** @param {string} name
 * @param {{head: string[], rows: Row[]}} table */
export function saveTable(name, {head, rows}) {
  const lines = [head, ...rows].map(row => row.map(field).join(','));
  save(`${name}.csv`, new Blob([lines.join('\n'), '\n'], {type: 'text/csv'}));
}

/** @param {Shown} shown */
function saveVector(shown) {
  save(`${shown.name}.svg`, new Blob([svgOf(shown).text], {type: 'image/svg+xml'}));
}

/** Twice as large as on the screen, for print.
 * @param {Shown} shown */
async function saveImage(shown) {
  const {text, width, height} = svgOf(shown), scale = 2;
  const address = URL.createObjectURL(new Blob([text], {type: 'image/svg+xml'}));
  const image = new Image();
  image.src = address;
  await image.decode();
  const canvas = element('canvas', {width: scale * width, height: scale * height});
  penOf(canvas).drawImage(image, 0, 0, scale * width, scale * height);
  URL.revokeObjectURL(address);
  canvas.toBlob(blob => blob && save(`${shown.name}.png`, blob), 'image/png');
}

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
    button('SVG', () => saveVector(shown)), button('PNG', () => void saveImage(shown)),
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
