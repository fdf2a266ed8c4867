// @ts-check
/* Which part of the jobs waited how long. */
import {report, runs, several} from './data.js';
import {colour, lineColour, lineDash, repaints, typeColour} from './colours.js';
import {DAY, HOUR, MINUTE, element} from './words.js';
import {AXIS_WIDTH, axisStyle, otherCharts} from './time.js';
import {merge, stepAt} from './steps.js';
import {legendEntry, repeated} from './lines.js';
import {addSaving, rowsInView} from './saving.js';

/** The share of values that are no larger, as steps; values below `least` count as that.
 * @param {number[]} values
 * @param {number} least
 * @returns {{times: number[], values: number[]}} */
function shares(values, least) {
  const sorted = Float64Array.from(values, value => Math.max(least, value)).sort();
  /** @type {number[]} */
  const times = [];
  /** @type {number[]} */
  const figures = [];
  sorted.forEach((value, i) => {
    if (i + 1 === sorted.length || sorted[i + 1] !== value) {
      times.push(value);
      figures.push((i + 1) / sorted.length);
    }
  });
  return {times, values: figures};
}

/** @param {ValuesOf} values
 * @returns {Group[]} */
function groupsOf(values) {
  if (several)
    return runs.map((run, i) => ({
      label: run.name, values: values(run, () => true), width: 2,
      paint: () => lineColour(i), dash: lineDash(i)}));
  /** @type {Group[]} */
  const groups = report.types.map((type, i) => ({
    label: type, values: values(runs[0], job => runs[0].jobs.type[job] === i), width: 1.8,
    paint: () => typeColour(i)}));
  if (groups.length > 1)
    groups.unshift({label: 'all', values: values(runs[0], () => true), width: 2,
      paint: () => colour('ink'), dash: [6, 3]});
  return groups;
}

/** @param {HTMLElement} container
 * @param {string} title
 * @param {number} least
 * @param {number[]} ticks
 * @param {(value: number) => string} show
 * @param {ValuesOf} valuesOf */
export function distributionChart(container, title, least, ticks, show, valuesOf) {
  const groups = groupsOf(valuesOf).filter(group => group.values.length);
  if (!groups.length)
    return;
  const lines = groups.map(group => shares(group.values, least));
  const largest = Math.max(10 * least, ...lines.map(line => line.times[line.times.length - 1]));
  for (const line of lines) {
    /* From nothing at the left end to everything at the right. */
    if (line.times[0] > least) {
      line.times.unshift(least);
      line.values.unshift(0);
    }
    if (line.times[line.times.length - 1] < 1.15 * largest) {
      line.times.push(1.15 * largest);
      line.values.push(1);
    }
  }
  const box = element('div', {class: 'chart'}), legend = element('span', {class: 'legend'});
  box.append(element('h3', {}, title, legend));
  container.append(box);
  const values = groups.map(group => {
    const {entry, line, value} = legendEntry(group.label, group.paint(), group.dash);
    legend.append(entry);
    repaints.push(() => { line.style.stroke = group.paint(); });
    return value;
  });
  legend.append(...repeated(groups.length));
  const data = merge(lines);
  const plot = new uPlot({
    width: box.clientWidth, height: 290, padding: [8, 18, 0, 0], legend: {show: false},
    cursor: {y: false, points: {show: false}, drag: {x: false, y: false}},
    series: [{}, ...groups.map(group => ({
      scale: 'y', stroke: group.paint, width: group.width, dash: group.dash, points: {show: false},
      paths: uPlot.paths.stepped({align: 1})}))],
    scales: {x: {time: false, distr: 3, range: () => [least, 1.15 * largest]}, y: {range: [0, 1.02]}},
    axes: [
      axisStyle({
        size: 30, splits: () => spaced(ticks, least, 1.15 * largest, box.clientWidth),
        values: (u, splits) => splits.map(show), filter: (u, splits) => splits}),
      axisStyle({
        scale: 'y', size: AXIS_WIDTH, splits: () => [0, 0.25, 0.5, 0.75, 1],
        values: (u, splits) => splits.map(value => `${100 * value} %`)}),
    ],
    hooks: {
      setCursor: [u => {
        const at = u.cursor.left < 0 ? NaN : u.posToVal(u.cursor.left, 'x'), step = stepAt(data[0], at);
        values.forEach((value, i) => {
          const share = step < 0 ? null : data[i + 1][step];
          value.textContent =
            share === null ? '' : `${(100 * share).toFixed(1)} % within ${show(+at.toPrecision(3))}`;
        });
      }],
    },
  }, data, box);
  otherCharts.push(plot);
  addSaving(box, {
    name: title.toLowerCase().replace(' ', '-'), title, plot,
    legend: () => groups.map(group => ({label: group.label, paint: group.paint(), dash: group.dash})),
    table: () => ({head: [title.toLowerCase(), ...groups.map(group => group.label)], rows: rowsInView(plot)}),
  });
}

/** Ticks on a logarithmic axis that leave each other room.
 * @param {number[]} ticks
 * @param {number} low
 * @param {number} high
 * @param {number} width */
function spaced(ticks, low, high, width) {
  /** @param {number} value */
  const place = value => (width - 100) * Math.log(value / low) / Math.log(high / low);
  const kept = [];
  for (const tick of ticks)
    if (tick >= low && tick <= high && (!kept.length || place(tick) - place(kept[kept.length - 1]) > 56))
      kept.push(tick);
  return kept;
}

export const TIME_TICKS = [1, 10, MINUTE, 10 * MINUTE, HOUR, 6 * HOUR, DAY, 7 * DAY, 30 * DAY, 365 * DAY];
export const FACTOR_TICKS = [1, 2, 5, 10, 20, 50, 100, 200, 500, 1000, 2000, 5000, 1e4, 1e5, 1e6];

/** @param {(jobs: Jobs, job: number) => number} figure
 * @returns {ValuesOf} */
export function figuresOf(figure) {
  return (run, wanted) => {
    const values = [];
    for (let job = 0; job < run.jobs.id.length; job++)
      if (run.jobs.start[job] >= 0 && run.jobs.end[job] >= 0 && wanted(job))
        values.push(figure(run.jobs, job));
    return values;
  };
}
