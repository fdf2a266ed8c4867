// @ts-check
/* What is saved as files: texts, tables as CSV, drawings as PNG. */
import {element} from './words.js';

/** @param {string} name
 * @param {Blob} blob */
export function save(name, blob) {
  const link = element('a', {href: URL.createObjectURL(blob), download: name});
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 10000);
}

/** @param {string | number} value */
const field = value => /[",\n\r]/.test(String(value)) ? `"${String(value).replace(/"/g, '""')}"` : String(value);

/** @param {string} name
 * @param {(string | number)[][]} rows */
export function saveRows(name, rows) {
  save(`${name}.csv`, new Blob(rows.map(row => `${row.map(field).join(',')}\n`), {type: 'text/csv'}));
}

/** @param {string} name
 * @param {string} text */
export function saveDrawing(name, text) {
  save(`${name}.svg`, new Blob([text], {type: 'image/svg+xml'}));
}

/** Twice as large as on the screen, for print, on white where the drawing leaves it open.
 * @param {string} name
 * @param {{text: string, width: number, height: number}} drawing */
export async function saveImage(name, {text, width, height}) {
  const address = URL.createObjectURL(new Blob([text], {type: 'image/svg+xml'})), scale = 2;
  const image = new Image();
  image.src = address;
  await image.decode();
  const canvas = element('canvas', {width: scale * width, height: scale * height});
  const pen = /** @type {Context} */ (canvas.getContext('2d'));
  pen.fillStyle = '#fff';
  pen.fillRect(0, 0, canvas.width, canvas.height);
  pen.drawImage(image, 0, 0, canvas.width, canvas.height);
  URL.revokeObjectURL(address);
  canvas.toBlob(blob => blob && save(`${name}.png`, blob), 'image/png');
}
