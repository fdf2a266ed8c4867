// @ts-check
/* A chart as an SVG file: what uPlot draws on a canvas is written once more, as shapes and as text that stays text. */
import {HATCHES, colour, penOf, solid} from './colours.js';

const FONT_FAMILY = "system-ui, 'Liberation Sans', 'DejaVu Sans', sans-serif";
const HEAD = 22, LEGEND_LINE = 18;
const measure = penOf(document.createElement('canvas'));

/** @param {string} text */
const escape = text => text.replace(/[&<>"]/g, sign => `&#${sign.charCodeAt(0)};`);
/** @param {number} value */
const number = value => String(Math.round(100 * value) / 100);

/** Writes what is drawn with it.
 * @implements {Pen} */
export class SvgPen {
  constructor() {
    /** @type {string[]} */
    this.parts = [];
    this.fillStyle = this.strokeStyle = '#000000';
    this.lineWidth = this.globalAlpha = 1;
    this.font = '12px sans-serif';
    /** @type {CanvasTextBaseline} */
    this.textBaseline = 'alphabetic';
    /** @type {CanvasTextAlign} */
    this.textAlign = 'left';
    /** Rectangles of the style and strength that came last, which are one path: a chart has many thousands.
     * @type {Set<string>} */
    this.rects = new Set();
    this.rectStyle = '';
  }

  alpha() {
    return this.globalAlpha < 1 ? ` opacity="${number(this.globalAlpha)}"` : '';
  }

  /** @param {string | CanvasGradient | CanvasPattern} style */
  paint(style) {
    return typeof style !== 'string' ? '#000000' : style.startsWith('url(#') ? style : solid(style);
  }

  /** @param {number} x
   * @param {number} y
   * @param {number} width
   * @param {number} height */
  fillRect(x, y, width, height) {
    const style = `fill="${this.paint(this.fillStyle)}"${this.alpha()}`;
    if (style !== this.rectStyle)
      this.flush();
    this.rectStyle = style;
    this.rects.add(`M${number(x)} ${number(y)}h${number(width)}v${number(height)}h${number(-width)}z`);
  }

  /** @param {number} x
   * @param {number} y
   * @param {number} width
   * @param {number} height */
  strokeRect(x, y, width, height) {
    this.add(`<rect x="${number(x)}" y="${number(y)}" width="${number(width)}" height="${number(height)}" fill="none" ` +
      `stroke="${this.paint(this.strokeStyle)}" stroke-width="${number(this.lineWidth)}"${this.alpha()}/>`);
  }

  /** @param {string} text
   * @param {number} x
   * @param {number} y */
  fillText(text, x, y) {
    const size = Number.parseFloat(this.font) || 12;
    const anchor = {left: 'start', center: 'middle', right: 'end', start: 'start', end: 'end'}[this.textAlign];
    const lower = this.textBaseline === 'middle' ? 0.35 * size : 0;
    this.add(`<text x="${number(x)}" y="${number(y + lower)}" font-size="${number(size)}" text-anchor="${anchor}" ` +
      `fill="${this.paint(this.fillStyle)}"${this.alpha()}>${escape(text)}</text>`);
  }

  /** @param {string} text */
  measureText(text) {
    measure.font = this.font;
    return {width: measure.measureText(text).width};
  }

  /** @param {string} shape */
  add(shape) {
    this.flush();
    this.parts.push(shape);
  }

  flush() {
    if (this.rects.size)
      this.parts.push(`<path ${this.rectStyle} d="${[...this.rects].join('')}"/>`);
    this.rects.clear();
  }

  text() {
    this.flush();
    return this.parts.join('\n');
  }
}

/** A step function from each point to the next, with nothing where it is not known.
 * @param {ArrayLike<number>} times
 * @param {ArrayLike<number | null>} values
 * @param {(value: number) => number} x
 * @param {(value: number) => number} y
 * @param {Scale} scale */
function stepPath(times, values, x, y, scale) {
  const parts = [];
  let level = null;
  for (let i = 0; i < times.length; i++) {
    if (i + 1 < times.length && times[i + 1] < scale.min)
      continue;
    const value = values[i] ?? null, place = number(x(times[i]));
    if (level !== null)
      parts.push(`H${place}`);
    if (value !== null)
      parts.push(level === null ? `M${place} ${number(y(value))}` : value === level ? '' : `V${number(y(value))}`);
    level = value;
    if (times[i] > scale.max)
      break;
  }
  return parts.join('');
}

/** @param {Shown} shown
 * @param {SvgPen} pen
 * @param {Box} box */
function drawLines({plot, legend}, pen, box) {
  const looks = legend();
  /** @param {string} scale */
  const onto = scale => /** @param {number} value */ value =>
    plot.valToPos(value, scale) + (scale === 'x' ? box.left : box.top);
  plot.data.slice(1).forEach((values, i) => {
    const {paint, dash} = looks[i];
    const path = stepPath(plot.data[0], values, onto('x'), onto('y'), plot.scales.x);
    pen.add(`<path d="${path}" fill="none" stroke="${solid(paint)}" stroke-width="1.6"` +
      `${dash ? ` stroke-dasharray="${dash.join(' ')}"` : ''}/>`);
  });
}

/** @param {Plot} plot
 * @param {SvgPen} pen
 * @param {Box} box */
function drawAxes(plot, pen, box) {
  plot.axes.forEach((axis, i) => {
    (axis._splits ?? []).forEach((split, k) => {
      const text = axis._values?.[k];
      if (!text)
        return;
      const place = plot.valToPos(split, i === 0 ? 'x' : 'y');
      pen.fillStyle = colour('line');
      if (i === 0)
        pen.fillRect(box.left + place, box.top + box.height, 1, 5);
      else
        pen.fillRect(box.left - 5, box.top + place, 5, 1);
      pen.fillStyle = colour('soft');
      pen.font = '12px';
      pen.textAlign = i === 0 ? 'center' : 'right';
      pen.textBaseline = i === 0 ? 'alphabetic' : 'middle';
      pen.fillText(text, i === 0 ? box.left + place : box.left - 9, i === 0 ? box.top + box.height + 19 : box.top + place);
    });
  });
}

/** @param {LegendItem[]} items
 * @param {SvgPen} pen
 * @param {number} width
 * @returns {number} how high it is */
function drawLegendOf(items, pen, width) {
  let x = 8, y = HEAD + 12;
  pen.font = '12px';
  pen.textAlign = 'left';
  pen.textBaseline = 'middle';
  for (const {label, paint, dash, filled} of items) {
    const needed = 34 + pen.measureText(label).width + 18;
    if (x > 8 && x + needed > width)
      [x, y] = [8, y + LEGEND_LINE];
    pen.add(filled ? `<rect x="${x}" y="${y - 6}" width="22" height="12" rx="2" fill="${pen.paint(paint)}"/>` :
      `<path d="M${x} ${y}h28" fill="none" stroke="${solid(paint)}" stroke-width="2"` +
      `${dash ? ` stroke-dasharray="${dash.join(' ')}"` : ''}/>`);
    pen.fillStyle = colour('ink');
    pen.fillText(label, x + 34, y);
    x += needed;
  }
  return items.length ? y + LEGEND_LINE / 2 + 4 : HEAD + 6;
}

/** @param {string} name of HATCHES */
export const svgHatch = name => `url(#${name})`;

const PATTERNS = () => Object.entries(HATCHES).map(([name, strokes]) => `<pattern id="${name}" width="7" height="7" ` +
  `patternUnits="userSpaceOnUse"><path d="${strokes}" stroke="${solid(colour('mark'))}" stroke-width="1.4"/></pattern>`)
  .join('');

/** The whole file, and how large it is.
 * @param {Shown} shown
 * @returns {{text: string, width: number, height: number}} */
export function svgOf(shown) {
  const {plot, title} = shown, ratio = plot.bbox.width / plot.over.clientWidth || 1;
  const pen = new SvgPen(), head = new SvgPen();
  const top = drawLegendOf(shown.legend(), head, plot.width);
  const box = {left: plot.bbox.left / ratio, top: top + plot.bbox.top / ratio,
    width: plot.bbox.width / ratio, height: plot.bbox.height / ratio};
  const size = {width: Math.ceil(plot.width), height: Math.ceil(top + plot.height + 14)};
  head.fillStyle = colour('ink');
  head.font = '15px';
  head.fillText(title, 8, 14);
  drawAxes(plot, head, box);
  if (shown.draw)
    shown.draw(pen, box);
  else
    drawLines(shown, pen, box);
  const area = `x="${number(box.left)}" y="${number(box.top)}" width="${number(box.width)}" height="${number(box.height)}"`;
  return {...size, text: `<svg xmlns="http://www.w3.org/2000/svg" width="${size.width}" height="${size.height}" ` +
    `viewBox="0 0 ${size.width} ${size.height}" font-family="${FONT_FAMILY}">\n<defs>` +
    `<clipPath id="area"><rect ${area}/></clipPath>${PATTERNS()}</defs>\n<rect width="100%" height="100%" fill="${solid(colour('card'))}"/>\n` +
    `${head.text()}\n<rect ${area} fill="${solid(colour(shown.draw ? 'free' : 'card'))}" ` +
    `stroke="${solid(colour('line'))}"/>\n<g clip-path="url(#area)">\n${pen.text()}\n</g>\n</svg>\n`};
}
