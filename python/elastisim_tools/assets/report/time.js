// @ts-check
/* How the charts over time show the same span: axis, zoom and move. */
import {end} from './data.js';
import {colour} from './colours.js';
import {DAY, HOUR, MINUTE, clock} from './words.js';
import {dateSplits, dateTicks, dated} from './dates.js';

const STEPS = [0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5, 10, 15, 30, MINUTE, 2 * MINUTE,
  5 * MINUTE, 10 * MINUTE, 15 * MINUTE, 30 * MINUTE, HOUR, 2 * HOUR, 3 * HOUR, 6 * HOUR, 12 * HOUR, DAY, 2 * DAY,
  5 * DAY, 7 * DAY,
  14 * DAY, 28 * DAY, 56 * DAY, 112 * DAY, 364 * DAY, 3640 * DAY];

/** @param {uPlot} u
 * @param {number[]} splits
 * @param {number} axis
 * @param {number} space
 * @param {number} step */
function timeTicks(u, splits, axis, space, step) {
  if (dated)
    return dateTicks(splits, step);
  if (step < 1)
    return splits.map(value => `${+value.toFixed(3)} s`);
  if (u.scales.x.max < 600)
    return splits.map(value => `${value} s`);
  if (step >= DAY)
    return splits.map(value => `${value / DAY} d`);
  return splits.map(value => clock(value, step < MINUTE));
}

const FONT = '12px system-ui, "Liberation Sans", "DejaVu Sans", sans-serif';
export const AXIS_WIDTH = 88;

/** @param {Axis} extra
 * @returns {Axis} */
export function axisStyle(extra) {
  return {stroke: () => colour('soft'), font: FONT, ticks: {stroke: () => colour('line'), size: 5, width: 1},
    grid: {stroke: () => colour('grid'), width: 1}, ...extra};
}

/** @param {boolean} labelled */
export const timeAxis = labelled => axisStyle({incrs: STEPS, space: dated ? 120 : 90, size: labelled ? 30 : 8,
  values: labelled ? timeTicks : (u, splits) => splits.map(() => ''),
  ...(dated ? {splits: (u, axis, min, max, step) => dateSplits(min, max, step)} : {})});

/** @type {Plot[]} */
export const timeCharts = [];
/** The others, which are not over time.
 * @type {Plot[]} */
export const otherCharts = [];
/** What else shows everything again.
 * @type {(() => void)[]} */
export const resets = [];
/** Who is told when another span, or other nodes, are shown.
 * @type {(() => void)[]} */
export const viewWatchers = [];
/* What all charts show, or will as soon as uPlot has come to it. */
const shown = {min: NaN, max: NaN};
let changed = 0;

/** Tells them once for all that changes in a frame. */
function viewChanged() {
  changed = changed || requestAnimationFrame(() => {
    changed = 0;
    viewWatchers.forEach(watch => watch());
  });
}

/** @param {number} min
 * @param {number} max */
export function setTime(min, max) {
  const span = Math.max(max - min, 1e-6 * end);
  if (span >= end)
    [min, max] = [0, end];
  else if (min < 0)
    [min, max] = [0, span];
  else if (max > end)
    [min, max] = [end - span, end];
  else
    max = min + span;
  Object.assign(shown, {min, max});
  for (const chart of timeCharts) {
    if (chart.viewOf)
      chart.setData(chart.viewOf(min, max), false);
    chart.setScale('x', {min, max});
  }
  viewChanged();
}

export const timeRange = () => timeCharts[0].scales.x;

/** @param {number} factor
 * @param {number} [around] */
export function zoom(factor, around) {
  const {min, max} = timeRange();
  const middle = around ?? (min + max) / 2;
  setTime(middle - (middle - min) * factor, middle + (max - middle) * factor);
}

/** @param {number} share */
export function move(share) {
  const {min, max} = timeRange();
  const by = Math.max(-min, Math.min(end - max, share * (max - min)));
  setTime(min + by, max + by);
}

export function showEverything() {
  setTime(0, end);
  resets.forEach(reset => reset());
}

/** What every chart over time does: follow the others, zoom with ctrl + wheel, reset on a double click.
 * @param {HTMLElement} container
 * @param {Options} options
 * @param {Columns} data
 * @returns {Plot} */
export function timeChart(container, options, data) {
  const plot = new uPlot({
    ...options,
    padding: [8, 14, 0, 0],
    legend: {show: false},
    cursor: {
      y: false,
      points: {show: false},
      sync: {
        key: 'time', scales: ['x', null], setSeries: false,
        filters: {pub: /** @param {string} type */ type => type === 'mousemove' || type === 'mouseleave'},
      },
      bind: {dblclick: () => () => { showEverything(); return null; }},
      ...options.cursor,
    },
    scales: {...options.scales, x: {time: false, range: (u, min, max) => [min, max]}},
    hooks: {
      ...options.hooks,
      setScale: [(u, key) => {
        const {min, max} = u.scales.x;
        if (key === 'x' && timeCharts.includes(u) && (min !== shown.min || max !== shown.max))
          setTime(min, max);
        if (key === 'y' && timeCharts.includes(u))
          viewChanged();
      }],
    },
  }, data, container);
  plot.over.addEventListener('wheel', event => {
    if (!event.ctrlKey)
      return;
    event.preventDefault();
    zoom(event.deltaY < 0 ? 0.7 : 1 / 0.7, plot.posToVal(event.offsetX, 'x'));
  }, {passive: false});
  timeCharts.push(plot);
  return plot;
}
