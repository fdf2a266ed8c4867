// @ts-check
/* Which charts there are over time, and how their lines are drawn. */
import {runs, several} from './data.js';
import {MOST_LINES, lineColour, lineDash, repaints} from './colours.js';
import {SHOW, SHOW_TICK, element} from './words.js';
import {AXIS_WIDTH, axisStyle, timeAxis, timeChart} from './time.js';
import {areas, means, merge, stepAt} from './steps.js';
import {addSaving, rowsInView} from './saving.js';

/** @param {string} paint
 * @param {number[] | undefined} dash */
function lineSample(paint, dash) {
  const sample = document.createElementNS('http://www.w3.org/2000/svg', 'svg');
  const line = document.createElementNS('http://www.w3.org/2000/svg', 'path');
  sample.setAttribute('class', 'line');
  sample.setAttribute('viewBox', '0 0 34 8');
  line.setAttribute('d', 'M0 4H34');
  line.setAttribute('stroke-dasharray', (dash ?? []).join(' '));
  sample.append(line);
  sample.style.stroke = paint;
  return sample;
}

/** What a legend says where there are more lines than looks.
 * @param {number} count
 * @returns {Node[]} */
export const repeated = count => count <= MOST_LINES ? [] :
  [element('span', {class: 'note'}, `colours and line styles come again after ${MOST_LINES} lines`)];

/** @param {string} label
 * @param {string} strokeColour
 * @param {number[] | undefined} dash */
export function legendEntry(label, strokeColour, dash) {
  const line = lineSample(strokeColour, dash);
  const value = element('span', {class: 'value'});
  return {entry: element('span', {}, line, label, value), value, line};
}

/** @param {HTMLElement} container
 * @param {ChartData} chart
 * @param {boolean} last */
export function lineChart(container, chart, last) {
  const names = Object.keys(chart.lines);
  const lines = Object.values(chart.lines);
  const data = merge(lines), sums = lines.map(areas);
  const box = element('div', {class: 'chart'}), legend = element('span', {class: 'legend'});
  box.append(element('h3', {}, chart.title, legend));
  container.append(box);
  const entries = names.map((name, i) => legendEntry(name, lineColour(i), lineDash(i)));
  entries.forEach(({entry, line}, i) => {
    legend.append(entry);
    repaints.push(() => { line.style.stroke = lineColour(i); });
  });
  legend.append(...repeated(names.length));
  const full = chart.full || 0;
  const plot = timeChart(box, {
    width: box.clientWidth, height: last ? 156 : 134,
    series: [{}, ...lines.map((_, i) => ({
      scale: 'y', width: 1.4, dash: lineDash(i), paths: uPlot.paths.stepped({align: 1}), points: {show: false},
      stroke: () => lineColour(i),
      fill: i === 0 && !several ? () => `color-mix(in srgb, ${lineColour(0)} 16%, transparent)` : undefined,
    }))],
    scales: {y: {range: (u, min, max) => [0, full || (max > 0 ? 1.06 * max : 1)]}},
    axes: [timeAxis(last), axisStyle({
      scale: 'y', size: AXIS_WIDTH, space: 28, values: (u, splits) => splits.map(SHOW_TICK[chart.unit])})],
    cursor: {drag: {x: true, y: false, dist: 4}},
    hooks: {
      setCursor: [u => entries.forEach(({value}, i) => {
        const at = stepAt(u.data[0], u.cursor.left < 0 ? NaN : u.posToVal(u.cursor.left, 'x'));
        const figure = at < 0 ? null : u.data[i + 1][at] ?? null;
        value.textContent = figure === null ? '' : SHOW[chart.unit](figure);
      })],
    },
  }, data);
  addSaving(box, {
    name: chart.key, title: chart.title, plot,
    legend: () => names.map((label, i) => ({label, paint: lineColour(i), dash: lineDash(i)})),
    table: () => ({head: ['time (s)', ...names], rows: rowsInView(plot)}),
  });
  plot.viewOf = (min, max) => {
    const pixels = plot.over.clientWidth || 1000;
    const most = Math.max(...lines.map(line => stepAt(line.times, max) - stepAt(line.times, min)));
    return most > 2 * pixels ? means(lines, sums, min, max, pixels) : data;
  };
}

/** @param {ChartData} chart */
const alone = chart => Object.keys(chart.lines).length <= 1;

/** With one run a chart per figure; with several a chart per line, with a line per run.
 * @returns {ChartData[]} */
export function chartsToDraw() {
  if (!several)
    return runs[0].charts;
  const charts = new Map();
  for (const run of runs)
    for (const chart of run.charts)
      for (const [label, series] of Object.entries(chart.lines)) {
        const key = `${chart.key}/${label}`;
        if (!charts.has(key))
          charts.set(key, {...chart, title: alone(chart) ? chart.title : `${chart.title}: ${label}`, lines: {}});
        charts.get(key).lines[run.name] = series;
        charts.get(key).full = Math.max(charts.get(key).full || 0, chart.full || 0) || null;
      }
  return [...charts.values()];
}
