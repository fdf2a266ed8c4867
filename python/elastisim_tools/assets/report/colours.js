// @ts-check
/* Which colour something has; the themes are in report.css. */

export const root = document.documentElement;
/** @type {Map<string, string>} */
export const colours = new Map();
/** What else has to be painted again when the theme changes.
 * @type {(() => void)[]} */
export const repaints = [];

/** @param {string} name
 * @returns {string} */
export function colour(name) {
  const known = colours.get(name) ?? getComputedStyle(root).getPropertyValue(`--${name}`).trim();
  colours.set(name, known);
  return known;
}

/** @param {number} type */
export const typeColour = type => colour(`type-${Math.min(type, 5)}`);
/* Jobs of a type come in shades, so that neighbours can be told apart. */
export const SHADES = 3;
/** @param {number} type
 * @param {number} shade */
export const shadeColour = (type, shade) =>
  shade === 0 ? typeColour(type) : `color-mix(in srgb, ${typeColour(type)} 86%, ${shade === 1 ? 'white' : 'black'})`;
/** @param {number} type */
export const textColour = type => colour(`on-${Math.min(type, 5)}`);

/** @param {HTMLCanvasElement} canvas
 * @returns {Context} */
export const penOf = canvas => /** @type {Context} */ (canvas.getContext('2d'));

/** A tile of diagonal strokes that marks killed jobs in print, too.
 * @param {Context} context
 * @param {number} scale */
export function hatch(context, scale) {
  const size = Math.round(7 * scale);
  const tile = document.createElement('canvas');
  tile.width = tile.height = size;
  const pen = penOf(tile);
  pen.strokeStyle = colour('mark');
  pen.lineWidth = 1.4 * scale;
  pen.beginPath();
  for (const shift of [-size, 0, size]) {
    pen.moveTo(shift - 1, size + 1);
    pen.lineTo(shift + size + 1, -1);
  }
  pen.stroke();
  return /** @type {CanvasPattern} */ (context.createPattern(tile, 'repeat'));
}

export const LINES = 4;
/** @param {number} number */
export const lineColour = number => colour(`line-${number % LINES}`);
/* Lines can be told apart in print, too. */
export const DASHES = [undefined, [6, 4], [2, 3], [9, 3, 2, 3]];
