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

const TYPES = 6;
/** Types beyond those that have a colour of their own get one that no other has.
 * @param {number} type */
export const typeColour = type =>
  type < TYPES ? colour(`type-${type}`) : `hsl(${Math.round(137.5 * type) % 360} 45% ${50 + 12 * (type % 2)}%)`;
/* Jobs of a type come in shades, so that neighbours can be told apart. */
export const SHADES = 3;
/** @param {number} type
 * @param {number} shade */
export const shadeColour = (type, shade) =>
  shade === 0 ? typeColour(type) : `color-mix(in srgb, ${typeColour(type)} 86%, ${shade === 1 ? 'white' : 'black'})`;
/** @param {number} type */
export const textColour = type => type < TYPES ? colour(`on-${type}`) : '#16161a';

/** @param {HTMLCanvasElement} canvas
 * @returns {Context} */
export const penOf = canvas => /** @type {Context} */ (canvas.getContext('2d'));

/** Strokes on a tile of 7 by 7 that tell in print, too, what became of a job or of a node. */
export const HATCHES = {
  killed: 'M-1 8L8 -1M-1 1L1 -1M6 8L8 6',
  lost: 'M-1 -1L8 8M6 -1L8 1M-1 6L1 8',
  suspended: 'M2 1V6M5 1V6',
  draining: 'M0 1.5H3.5',
  down: 'M-1 8L8 -1M-1 1L1 -1M6 8L8 6M-1 -1L8 8M6 -1L8 1M-1 6L1 8',
  off: 'M0 3.5H7',
  booting: 'M3.5 0V7',
  stopping: 'M3.5 0V3.5',
};

/** A tile of strokes.
 * @param {Context} context
 * @param {number} scale
 * @param {string} name of HATCHES */
export function hatch(context, scale, name = 'killed') {
  const size = Math.round(7 * scale);
  const tile = document.createElement('canvas');
  tile.width = tile.height = size;
  const pen = penOf(tile);
  pen.scale(size / 7, size / 7);
  pen.strokeStyle = colour('mark');
  pen.lineWidth = 1.4;
  pen.stroke(new Path2D(Object(HATCHES)[name]));
  return /** @type {CanvasPattern} */ (context.createPattern(tile, 'repeat'));
}

/* Seven colours and four dashes go on by one each, so that no pair comes twice, and neighbours differ in both. */
const LINE_COLOURS = 7;
const DASHES = [undefined, [6, 4], [2, 3], [9, 3, 2, 3]];
/** As many lines can be told apart; where there are more, the page says so. */
export const MOST_LINES = LINE_COLOURS * DASHES.length;
/** @param {number} number */
export const lineColour = number => colour(`line-${number % LINE_COLOURS}`);
/** @param {number} number */
export const lineDash = number => DASHES[number % DASHES.length];

/** @type {Map<string, string>} */
const solids = new Map();
/** A colour as #rrggbb, which every program reads.
 * @param {string} style */
export function solid(style) {
  let found = solids.get(style);
  if (found)
    return found;
  const canvas = document.createElement('canvas');
  canvas.width = canvas.height = 1;
  const pen = penOf(canvas);
  pen.fillStyle = style;
  pen.fillRect(0, 0, 1, 1);
  found = `#${[...pen.getImageData(0, 0, 1, 1).data.slice(0, 3)].map(part => part.toString(16).padStart(2, '0')).join('')}`;
  solids.set(style, found);
  return found;
}
