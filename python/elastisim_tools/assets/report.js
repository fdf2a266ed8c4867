/* Draws the charts of the report. uPlot draws axes, lines, cursors and zooming; the jobs on the nodes are drawn here,
 * straight onto its canvas: tens of thousands of rectangles are no more than that many fillRect calls. */
(function () {
'use strict';

const report = JSON.parse(document.getElementById('data').textContent);
const runs = report.runs;
const several = runs.length > 1;
const SLOWDOWN_BOUND = 10;

/* --- Data -------------------------------------------------------------------------------------- */

const ARRAYS = {d: Float64Array, I: Uint32Array, B: Uint8Array};

function unpack(packed) {
  const text = atob(packed.data);
  const bytes = new Uint8Array(text.length);
  for (let i = 0; i < text.length; i++)
    bytes[i] = text.charCodeAt(i);
  return new ARRAYS[packed.type](bytes.buffer);
}

/* Unpacks every packed array in an object. */
function unpackAll(value) {
  if (value === null || typeof value !== 'object' || Array.isArray(value))
    return value;
  if ('type' in value && 'data' in value)
    return unpack(value);
  return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, unpackAll(item)]));
}

for (const run of runs) {
  run.jobs = unpackAll(run.jobs);
  run.gantt = unpackAll(run.gantt);
  run.charts = run.charts.map(unpackAll);
}

const end = Math.max(1e-9, ...runs.map(run => run.end));

/* --- Colours ----------------------------------------------------------------------------------- */

const root = document.documentElement;
let colours = new Map();

function colour(name) {
  if (!colours.has(name))
    colours.set(name, getComputedStyle(root).getPropertyValue(`--${name}`).trim());
  return colours.get(name);
}

const typeColour = type => colour(`type-${Math.min(type, 5)}`);
/* Jobs of a type come in shades, so that neighbours can be told apart. */
const SHADES = 3;
const shadeColour = (type, shade) =>
  shade === 0 ? typeColour(type) : `color-mix(in srgb, ${typeColour(type)} 86%, ${shade === 1 ? 'white' : 'black'})`;
const textColour = type => colour(`on-${Math.min(type, 5)}`);

/* A tile of diagonal strokes that marks killed jobs in print, too. */
function hatch(context, scale) {
  const size = Math.round(7 * scale);
  const tile = document.createElement('canvas');
  tile.width = tile.height = size;
  const pen = tile.getContext('2d');
  pen.strokeStyle = colour('mark');
  pen.lineWidth = 1.4 * scale;
  pen.beginPath();
  for (const shift of [-size, 0, size]) {
    pen.moveTo(shift - 1, size + 1);
    pen.lineTo(shift + size + 1, -1);
  }
  pen.stroke();
  return context.createPattern(tile, 'repeat');
}

/* --- Words ------------------------------------------------------------------------------------- */

const two = number => String(number).padStart(2, '0');

/* A point of simulated time: "1 d 03:04:05". */
function clock(seconds, withSeconds = true) {
  const whole = Math.floor(seconds + 1e-6);
  const days = Math.floor(whole / 86400);
  const text = `${two(Math.floor(whole / 3600) % 24)}:${two(Math.floor(whole / 60) % 60)}` +
    (withSeconds ? `:${two(whole % 60)}` : '');
  return days > 0 ? `${days} d ${text}` : text;
}

function duration(seconds) {
  if (seconds < 99.95)
    return `${seconds.toFixed(1)} s`;
  const whole = Math.round(seconds);
  if (whole < 3600)
    return `${Math.floor(whole / 60)} min ${two(whole % 60)} s`;
  const minutes = Math.round(seconds / 60);
  if (minutes < 1440)
    return `${Math.floor(minutes / 60)} h ${two(minutes % 60)} min`;
  const hours = Math.round(seconds / 3600);
  return `${Math.floor(hours / 24)} d ${two(hours % 24)} h`;
}

function rate(value) {
  const units = ['B/s', 'kB/s', 'MB/s', 'GB/s', 'TB/s', 'PB/s'];
  let unit = 0;
  for (; value >= 1000 && unit < units.length - 1; unit++)
    value /= 1000;
  return `${+value.toPrecision(3)} ${units[unit]}`;
}

const SHOW = {
  count: value => +value.toFixed(1) + '',
  percent: value => `${(100 * value).toFixed(1)} %`,
  'bytes/s': rate,
};
const SHOW_TICK = {
  count: value => Number.isInteger(value) ? value.toLocaleString('en') : '',
  percent: value => `${+(100 * value).toPrecision(3)} %`,
  'bytes/s': rate,
};

function element(tag, attributes = {}, ...children) {
  const node = document.createElement(tag);
  for (const [key, value] of Object.entries(attributes))
    node.setAttribute(key, value);
  node.append(...children);
  return node;
}

/* --- The time axis that all charts over time share ----------------------------------------------- */

const MINUTE = 60, HOUR = 3600, DAY = 86400;
const STEPS = [0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5, 10, 15, 30, MINUTE, 2 * MINUTE, 5 * MINUTE,
  10 * MINUTE, 15 * MINUTE, 30 * MINUTE, HOUR, 2 * HOUR, 3 * HOUR, 6 * HOUR, 12 * HOUR, DAY, 2 * DAY, 5 * DAY, 7 * DAY,
  14 * DAY, 28 * DAY, 56 * DAY, 112 * DAY, 364 * DAY, 3640 * DAY];

function timeTicks(u, splits, axis, space, step) {
  if (step < 1)
    return splits.map(value => `${+value.toFixed(3)} s`);
  if (u.scales.x.max < 600)
    return splits.map(value => `${value} s`);
  if (step >= DAY)
    return splits.map(value => `${value / DAY} d`);
  return splits.map(value => clock(value, step < MINUTE));
}

const FONT = '12px system-ui, "Liberation Sans", "DejaVu Sans", sans-serif';
const AXIS_WIDTH = 88;

function axisStyle(extra) {
  return {stroke: () => colour('soft'), font: FONT, ticks: {stroke: () => colour('line'), size: 5, width: 1},
    grid: {stroke: () => colour('grid'), width: 1}, ...extra};
}

const timeAxis = labelled => axisStyle({incrs: STEPS, values: timeTicks, space: 90, size: labelled ? 30 : 8,
  ...(labelled ? {} : {values: (u, splits) => splits.map(() => '')})});

const timeCharts = [];
let syncing = false;

function setTime(min, max) {
  const span = Math.max(max - min, 1e-6 * end);
  if (span >= end)
    [min, max] = [0, end];
  else if (min < 0)
    [min, max] = [0, span];
  else if (max > end)
    [min, max] = [end - span, end];
  else
    max = min + span;
  syncing = true;
  for (const chart of timeCharts) {
    if (chart.viewOf)
      chart.setData(chart.viewOf(min, max), false);
    chart.setScale('x', {min, max});
  }
  syncing = false;
}

const timeRange = () => timeCharts[0].scales.x;

function zoom(factor, around) {
  const {min, max} = timeRange();
  const middle = around ?? (min + max) / 2;
  setTime(middle - (middle - min) * factor, middle + (max - middle) * factor);
}

function move(share) {
  const {min, max} = timeRange();
  const by = Math.max(-min, Math.min(end - max, share * (max - min)));
  setTime(min + by, max + by);
}

function showEverything() {
  setTime(0, end);
  for (const gantt of gantts)
    gantt.plot.setScale('y', {min: 0, max: gantt.data.nodes.length});
}

/* What every chart over time does: follow the others, zoom with ctrl + wheel, reset on a double click. */
function timeChart(container, options, data) {
  const plot = new uPlot({
    ...options,
    padding: [8, 14, 0, 0],
    legend: {show: false},
    cursor: {
      y: false,
      points: {show: false},
      sync: {key: 'time', scales: ['x', null], setSeries: false, filters: {pub: type => type === 'mousemove' || type === 'mouseleave'}},
      bind: {dblclick: () => () => { showEverything(); return null; }},
      ...options.cursor,
    },
    scales: {...options.scales, x: {time: false, range: (u, min, max) => [min, max]}},
    hooks: {
      ...options.hooks,
      setScale: [(u, key) => {
        if (key === 'x' && !syncing && timeCharts.includes(u))
          setTime(u.scales.x.min, u.scales.x.max);
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

/* --- Jobs on nodes ------------------------------------------------------------------------------- */

const gantts = [];
const hiddenTypes = new Set();
let marked = null; /* {gantt, job}: clicked or found */

/* For each job (or allocation) the numbers that refer to it: starts[i] .. starts[i + 1] in `items`. */
function groupBy(keys, count) {
  const starts = new Uint32Array(count + 1), items = new Uint32Array(keys.length);
  for (const key of keys)
    starts[key + 1]++;
  for (let i = 0; i < count; i++)
    starts[i + 1] += starts[i];
  const next = starts.slice();
  keys.forEach((key, i) => { items[next[key]++] = i; });
  return {starts, items, of: key => items.subarray(starts[key], starts[key + 1])};
}

/* The rectangles of a run: one per allocation and contiguous range of nodes. */
function rectangles(run) {
  const data = run.gantt, jobs = run.jobs, lanes = data.lanes || 1;
  const count = data.allocation.length;
  const rects = {count, job: new Uint32Array(count), x0: new Float64Array(count), x1: new Float64Array(count),
    y0: new Float64Array(count), y1: new Float64Array(count)};
  for (let i = 0; i < count; i++) {
    const allocation = data.allocation[i];
    rects.job[i] = data.job[allocation];
    rects.x0[i] = data.begin[allocation];
    rects.x1[i] = data.end[allocation];
    rects.y0[i] = data.first[i] + (data.lane ? data.lane[i] / lanes : 0);
    rects.y1[i] = data.lane ? rects.y0[i] + 1 / lanes : rects.y0[i] + data.count[i];
  }
  const paints = rects.job.map(job => SHADES * jobs.type[job] + jobs.id[job] % SHADES);
  rects.byPaint = groupBy(paints, SHADES * report.types.length);
  rects.byJob = groupBy(rects.job, jobs.id.length);
  return rects;
}

function makeGantt(run, container, height) {
  const data = run.gantt, rects = rectangles(run), jobs = run.jobs;
  const changesByJob = groupBy(data.changes.job, jobs.id.length);
  const gantt = {run, data, rects, jobs, changesByJob};
  gantt.plot = timeChart(container, {
    width: container.clientWidth, height,
    series: [{}, {scale: 'y', show: true, stroke: 'transparent', points: {show: false}}],
    scales: {y: {dir: -1, range: (u, min, max) => max > min ? [min, max] : [0, data.nodes.length]}},
    axes: [timeAxis(true), axisStyle({
      size: AXIS_WIDTH, scale: 'y', incrs: [1, 2, 5, 10, 20, 50, 100, 200, 500, 1000, 2000, 5000, 10000, 20000, 50000],
      grid: {show: false},
      values: (u, splits) => splits.map(value => data.nodes[value] === undefined ? '' : shorten(data.nodes[value])),
    })],
    cursor: {y: true, drag: {x: true, y: true, uni: 24, dist: 4}},
    hooks: {
      drawClear: [u => { u.ctx.fillStyle = colour('free'); u.ctx.fillRect(u.bbox.left, u.bbox.top, u.bbox.width, u.bbox.height); }],
      draw: [() => { drawJobs(gantt); drawMarked(gantt); }],
      setCursor: [() => hover(gantt)],
    },
  }, [[0, end], [0, data.nodes.length]]);
  gantt.overlay = element('canvas', {class: 'overlay'});
  gantt.plot.over.append(gantt.overlay);
  gantt.plot.over.addEventListener('click', event => click(gantt, event));
  gantts.push(gantt);
  return gantt;
}

const shorten = name => name.length > 11 ? `${name.slice(0, 4)}…${name.slice(-6)}` : name;

/* From data to pixels of the canvas. */
function projection(gantt, box) {
  const {x, y} = gantt.plot.scales;
  const kx = box.width / (x.max - x.min), ky = box.height / (y.max - y.min);
  return {kx, ky, x: time => box.left + (time - x.min) * kx, y: node => box.top + (node - y.min) * ky, xs: x, ys: y};
}

function drawJobs(gantt) {
  const {plot, rects, jobs} = gantt;
  const pen = plot.ctx, box = plot.bbox, scale = devicePixelRatio;
  const at = projection(gantt, box);
  pen.save();
  pen.beginPath();
  pen.rect(box.left, box.top, box.width, box.height);
  pen.clip();
  const killed = [], labelled = [];
  for (let paint = 0; paint < SHADES * report.types.length; paint++) {
    const type = Math.floor(paint / SHADES);
    if (hiddenTypes.has(type))
      continue;
    pen.fillStyle = shadeColour(type, paint % SHADES);
    for (const i of rects.byPaint.of(paint)) {
      if (rects.x1[i] < at.xs.min || rects.x0[i] > at.xs.max || rects.y1[i] < at.ys.min || rects.y0[i] > at.ys.max)
        continue;
      /* Whole pixels, at least one: crisp, and nothing is lost when zoomed out. */
      const left = Math.round(at.x(rects.x0[i])), top = Math.round(at.y(rects.y0[i]));
      let width = Math.max(1, Math.round(at.x(rects.x1[i])) - left);
      let height = Math.max(1, Math.round(at.y(rects.y1[i])) - top);
      if (width > 4 * scale)
        width -= Math.round(scale);
      if (height > 4 * scale)
        height -= Math.round(scale);
      pen.fillRect(left, top, width, height);
      if (jobs.status[rects.job[i]] === 1 && width > 2)
        killed.push(left, top, width, height);
      if (width > 34 * scale && height > 12 * scale)
        labelled.push(i);
    }
  }
  pen.globalAlpha = 0.5;
  pen.fillStyle = hatch(pen, scale);
  for (let i = 0; i < killed.length; i += 4)
    pen.fillRect(killed[i], killed[i + 1], killed[i + 2], killed[i + 3]);
  pen.globalAlpha = 1;
  drawChanges(gantt, at, pen, scale);
  if (labelled.length < 600)
    labelled.forEach(i => drawLabel(gantt, at, pen, scale, i));
  pen.restore();
}

/* Reconfigurations: a dark bar over the job's nodes for as long as it lasts, at least a line. */
function drawChanges(gantt, at, pen, scale) {
  const {rects, data, jobs} = gantt, changes = data.changes;
  pen.fillStyle = colour('mark');
  /* Where there are more than a person can tell apart, finer lines leave the jobs visible. */
  let visible = 0;
  for (let k = 0; k < changes.job.length; k++)
    visible += changes.end[k] >= at.xs.min && changes.begin[k] <= at.xs.max;
  const line = visible > 150 ? scale : 1.6 * scale, strength = visible > 600 ? 0.5 : 0.85;
  for (let k = 0; k < changes.job.length; k++) {
    const job = changes.job[k];
    if (changes.end[k] < at.xs.min || changes.begin[k] > at.xs.max || hiddenTypes.has(jobs.type[job]))
      continue;
    const left = at.x(changes.begin[k]), width = Math.max(line, at.x(changes.end[k]) - left);
    pen.globalAlpha = width > 3 * scale ? 0.55 : strength;
    for (const i of rects.byJob.of(job)) {
      if (rects.x1[i] < changes.begin[k] || rects.x0[i] > changes.end[k])
        continue;
      if (at.kx * (rects.x1[i] - rects.x0[i]) < 5 * scale)
        continue; /* would hide the job */
      const top = at.y(rects.y0[i]);
      pen.fillRect(left - (width > 3 * scale ? 0 : width / 2), top, width, Math.max(1, at.y(rects.y1[i]) - top));
    }
  }
  pen.globalAlpha = 1;
}

const jobName = (jobs, job) => jobs.name && jobs.name[job] ? jobs.name[job] : `job ${jobs.id[job]}`;

function drawLabel(gantt, at, pen, scale, i) {
  const {rects, jobs} = gantt, job = rects.job[i];
  const left = Math.max(at.x(rects.x0[i]), at.x(at.xs.min)), right = Math.min(at.x(rects.x1[i]), at.x(at.xs.max));
  const room = right - left - 8 * scale;
  pen.font = `${11 * scale}px system-ui, "Liberation Sans", "DejaVu Sans", sans-serif`;
  const text = [jobName(jobs, job), String(jobs.id[job])].find(option => pen.measureText(option).width <= room);
  if (!text)
    return;
  const top = Math.max(at.y(rects.y0[i]), at.y(at.ys.min)), bottom = Math.min(at.y(rects.y1[i]), at.y(at.ys.max));
  if (bottom - top < 11 * scale)
    return;
  pen.fillStyle = textColour(jobs.type[job]);
  pen.textBaseline = 'middle';
  pen.textAlign = 'left';
  pen.fillText(text, left + 4 * scale, (top + bottom) / 2 + 0.5 * scale);
}

/* The outline of the job under the cursor and of the one that was clicked, on a canvas of their own. */
function drawMarked(gantt) {
  const {plot, overlay, rects} = gantt;
  if (!overlay)
    return;
  const scale = devicePixelRatio, width = plot.over.clientWidth, height = plot.over.clientHeight;
  overlay.width = width * scale;
  overlay.height = height * scale;
  overlay.style.width = `${width}px`;
  overlay.style.height = `${height}px`;
  const pen = overlay.getContext('2d');
  const at = projection(gantt, {left: 0, top: 0, width: overlay.width, height: overlay.height});
  const outline = (job, line) => {
    for (const [style, size] of [[colour('card'), line + 2], [colour('mark'), line]]) {
      pen.strokeStyle = style;
      pen.lineWidth = size * scale;
      for (const i of rects.byJob.of(job)) {
        const left = at.x(rects.x0[i]), top = at.y(rects.y0[i]);
        pen.strokeRect(left, top, Math.max(scale, at.x(rects.x1[i]) - left), Math.max(scale, at.y(rects.y1[i]) - top));
      }
    }
  };
  if (marked && marked.gantt === gantt)
    outline(marked.job, 2.5);
  if (gantt.hovered !== undefined && gantt.hovered >= 0)
    outline(gantt.hovered, 1.5);
}

/* The job at a point: the rectangle there, or else one that is drawn there because it is too small to see. */
function jobAt(gantt, time, node) {
  const {rects, jobs} = gantt;
  const at = projection(gantt, {left: 0, top: 0, width: gantt.plot.over.clientWidth, height: gantt.plot.over.clientHeight});
  for (const slack of [0, 2]) {
    const dx = slack / at.kx, dy = slack / at.ky;
    for (let i = rects.count - 1; i >= 0; i--)
      if (rects.x0[i] - dx <= time && time < rects.x1[i] + dx && rects.y0[i] - dy <= node && node < rects.y1[i] + dy &&
          !hiddenTypes.has(jobs.type[rects.job[i]]))
        return rects.job[i];
  }
  return -1;
}

/* --- The facts of a job -------------------------------------------------------------------------- */

const tip = document.getElementById('tip');

/* Sorted node numbers as names: "n1 to n4, n7". */
function nodeRanges(gantt, job, time) {
  const {rects, data} = gantt, parts = [];
  let count = 0;
  for (const i of rects.byJob.of(job))
    if (rects.x0[i] <= time && time < rects.x1[i]) {
      const first = Math.floor(rects.y0[i]), length = data.lane ? 1 : data.count[i];
      count += length;
      parts.push([first, length]);
    }
  parts.sort((a, b) => a[0] - b[0]);
  const names = parts.slice(0, 4).map(([first, length]) =>
    length > 1 ? `${data.nodes[first]} to ${data.nodes[first + length - 1]}` : data.nodes[first]);
  return {count, text: names.join(', ') + (parts.length > 4 ? ` and ${parts.length - 4} more ranges` : '')};
}

function facts(gantt, job, time, node) {
  const {jobs, data, changesByJob} = gantt;
  const submit = jobs.submit[job], start = jobs.start[job], ended = jobs.end[job];
  const list = [
    ['Type', report.types[jobs.type[job]]],
    ['Status', report.statuses[jobs.status[job]]],
    ['Submitted', clock(submit)],
    ['Started', `${clock(start)}, waited ${duration(start - submit)}`],
  ];
  if (ended >= 0) {
    const run = ended - start;
    list.push(['Ended', `${clock(ended)}, ran ${duration(run)}`],
      ['Slowdown', `${Math.max(1, (ended - submit) / Math.max(run, SLOWDOWN_BOUND)).toFixed(2)} (bounded)`]);
  }
  const here = nodeRanges(gantt, job, time);
  const bounds = jobs.nodesMin && jobs.nodesMin[job] !== jobs.nodesMax[job] ?
    ` (${jobs.nodesMin[job]} to ${jobs.nodesMax[job]} in its life)` : '';
  list.push(['Nodes', `${here.count}${bounds}`]);
  if (here.text)
    list.push(['', here.text]);
  const changes = changesByJob.of(job);
  if (changes.length) {
    let taken = 0;
    for (const k of changes)
      taken += data.changes.end[k] - data.changes.begin[k];
    list.push(['Reconfigured', `${changes.length} times${taken > 0 ? `, ${duration(taken)} in all` : ''}`]);
  }
  list.push(['Here', `${data.nodes[Math.min(data.nodes.length - 1, Math.floor(node))]} at ${clock(time)}`]);
  return list;
}

function showTip(gantt, job, time, node, x, y) {
  const {jobs} = gantt;
  const swatch = element('i');
  swatch.style.background = typeColour(jobs.type[job]);
  const name = jobName(jobs, job), id = `job ${jobs.id[job]}`;
  const list = element('dl');
  for (const [term, text] of facts(gantt, job, time, node))
    list.append(element('dt', {}, term), element('dd', {}, text));
  tip.replaceChildren(element('b', {}, swatch, name === id ? id : `${name} (${id})`), list);
  tip.hidden = false;
  const width = tip.offsetWidth, height = tip.offsetHeight;
  tip.style.left = `${x + 18 + width > innerWidth ? Math.max(4, x - width - 18) : x + 18}px`;
  tip.style.top = `${Math.max(4, Math.min(y + 14, innerHeight - height - 8))}px`;
}

let hovering = null; /* the gantt that the mouse is over */

function hover(gantt) {
  const {plot} = gantt;
  if (hovering !== gantt)
    return; /* moved by another chart's cursor */
  const {left, top} = plot.cursor;
  const inside = left >= 0 && top >= 0 && left <= plot.over.clientWidth && top <= plot.over.clientHeight;
  const time = plot.posToVal(left, 'x'), node = plot.posToVal(top, 'y');
  const job = inside ? jobAt(gantt, time, node) : -1;
  if (job !== (gantt.hovered ?? -1)) {
    gantt.hovered = job;
    drawMarked(gantt);
  }
  if (job < 0) {
    tip.hidden = true;
    return;
  }
  const frame = plot.over.getBoundingClientRect();
  showTip(gantt, job, time, node, frame.left + left, frame.top + top);
}

let pressed = null;

function watchMouse(gantt) {
  const over = gantt.plot.over;
  over.addEventListener('mouseenter', () => { hovering = gantt; });
  over.addEventListener('mouseleave', () => {
    hovering = null;
    gantt.hovered = -1;
    tip.hidden = true;
    drawMarked(gantt);
  });
  over.addEventListener('mousedown', event => { pressed = [event.clientX, event.clientY]; });
}

function click(gantt, event) {
  if (pressed && Math.hypot(event.clientX - pressed[0], event.clientY - pressed[1]) > 4)
    return; /* the end of a drag */
  mark(gantt, gantt.hovered ?? -1);
}

function mark(gantt, job) {
  marked = job < 0 || (marked && marked.gantt === gantt && marked.job === job) ? null : {gantt, job};
  gantts.forEach(drawMarked);
}

/* Marks the next job that has the number or the name, and brings it into view. */
function find(text) {
  const wanted = text.trim().toLowerCase();
  if (!wanted)
    return;
  const candidates = [];
  for (const gantt of gantts)
    for (let job = 0; job < gantt.jobs.id.length; job++)
      if (gantt.jobs.start[job] >= 0 && (String(gantt.jobs.id[job]) === wanted ||
          (!/^\d+$/.test(wanted) && jobName(gantt.jobs, job).toLowerCase().includes(wanted))))
        candidates.push({gantt, job});
  const input = document.getElementById('job');
  input.setCustomValidity(candidates.length ? '' : 'No job that was started has this number or name');
  input.reportValidity();
  if (!candidates.length)
    return;
  const now = candidates.findIndex(item => marked && item.gantt === marked.gantt && item.job === marked.job);
  marked = candidates[(now + 1) % candidates.length];
  const {gantt, job} = marked;
  const start = gantt.jobs.start[job], ended = gantt.jobs.end[job] >= 0 ? gantt.jobs.end[job] : end;
  const margin = Math.max(0.5 * (ended - start), 1e-3 * end);
  setTime(start - margin, ended + margin);
  gantts.forEach(drawMarked);
}

/* --- Charts over time ---------------------------------------------------------------------------- */

const LINES = 4;
const lineColour = number => colour(`line-${number % LINES}`);
/* Lines can be told apart in print, too. */
const DASHES = [undefined, [6, 4], [2, 3], [9, 3, 2, 3]];

/* Several step functions on one time axis: each holds its value up to its own end. */
function merge(lines) {
  const times = Float64Array.from(new Set(lines.flatMap(line => Array.from(line.times)))).sort();
  const columns = lines.map(({times: own, values}) => {
    const column = new Array(times.length).fill(null);
    let at = -1;
    for (let i = 0; i < times.length; i++) {
      while (at + 1 < own.length && own[at + 1] <= times[i])
        at++;
      if (at >= 0 && times[i] <= own[own.length - 1])
        column[i] = values[at];
    }
    return column;
  });
  return [Array.from(times), ...columns];
}

/* The area under a step function up to each of its steps. */
function areas({times, values}) {
  const sums = new Float64Array(times.length);
  for (let i = 1; i < times.length; i++)
    sums[i] = sums[i - 1] + values[i - 1] * (times[i] - times[i - 1]);
  return sums;
}

/* Means of step functions over `count` equal spans: what is to be seen where single steps are not. */
function means(lines, sums, min, max, count) {
  const width = (max - min) / count;
  const times = Array.from({length: count + 1}, (_, i) => min + i * width);
  const columns = lines.map((line, l) => {
    const last = line.times.length - 1;
    const areaTo = time => {
      const at = stepAt(line.times, time);
      return at < 0 ? 0 : sums[l][at] + (at < last ? line.values[at] * (time - line.times[at]) : 0);
    };
    const column = new Array(count + 1).fill(null);
    let before = areaTo(min);
    for (let i = 0; i < count; i++) {
      const from = Math.max(times[i], line.times[0]), until = Math.min(times[i + 1], line.times[last]);
      const area = areaTo(times[i + 1]);
      if (until > from)
        column[i] = (area - before) / (until - from);
      before = area;
    }
    column[count] = column[count - 1];
    return column;
  });
  return [times, ...columns];
}

function legendEntry(label, strokeColour, dash) {
  const line = element('i', {class: 'thin'});
  line.style.borderTopColor = strokeColour;
  if (dash)
    line.style.borderTopStyle = 'dashed';
  const value = element('span', {class: 'value'});
  return {entry: element('span', {}, line, label, value), value, line};
}

function lineChart(container, chart, last) {
  const names = Object.keys(chart.lines);
  const lines = Object.values(chart.lines);
  const data = merge(lines), sums = lines.map(areas);
  const box = element('div', {class: 'chart'}), legend = element('span', {class: 'legend'});
  box.append(element('h3', {}, chart.title, legend));
  container.append(box);
  const entries = names.map((name, i) => legendEntry(name, lineColour(i), DASHES[i % LINES]));
  entries.forEach(({entry, line}, i) => {
    legend.append(entry);
    repaints.push(() => { line.style.borderTopColor = lineColour(i); });
  });
  const full = chart.full || 0;
  const plot = timeChart(box, {
    width: box.clientWidth, height: last ? 156 : 134,
    series: [{}, ...names.map((name, i) => ({
      scale: 'y', width: 1.4, dash: DASHES[i % LINES], paths: uPlot.paths.stepped({align: 1}), points: {show: false},
      stroke: () => lineColour(i),
      fill: i === 0 && !several ? () => `color-mix(in srgb, ${lineColour(0)} 16%, transparent)` : undefined,
    }))],
    scales: {y: {range: (u, min, max) => [0, full || (max > 0 ? 1.06 * max : 1)]}},
    axes: [timeAxis(last), axisStyle({scale: 'y', size: AXIS_WIDTH, space: 28, values: (u, splits) => splits.map(SHOW_TICK[chart.unit])})],
    cursor: {drag: {x: true, y: false, dist: 4}},
    hooks: {
      setCursor: [u => entries.forEach(({value}, i) => {
        const at = stepAt(u.data[0], u.cursor.left < 0 ? NaN : u.posToVal(u.cursor.left, 'x'));
        const figure = at < 0 ? null : u.data[i + 1][at] ?? null;
        value.textContent = figure === null ? '' : SHOW[chart.unit](figure);
      })],
    },
  }, data);
  plot.viewOf = (min, max) => {
    const pixels = plot.over.clientWidth || 1000;
    const most = Math.max(...lines.map(line => stepAt(line.times, max) - stepAt(line.times, min)));
    return most > 2 * pixels ? means(lines, sums, min, max, pixels) : data;
  };
}

/* The last step at or before a time; -1 when there is none. */
function stepAt(times, time) {
  let low = 0, high = times.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (times[middle] <= time)
      low = middle + 1;
    else
      high = middle;
  }
  return Number.isNaN(time) ? -1 : low - 1;
}

/* With one run a chart per figure; with several a chart per line, with a line per run. */
function chartsToDraw() {
  if (!several)
    return runs[0].charts;
  const charts = new Map();
  for (const run of runs)
    for (const chart of run.charts)
      for (const [label, series] of Object.entries(chart.lines)) {
        const key = `${chart.key}/${label}`;
        if (!charts.has(key))
          charts.set(key, {...chart, title: Object.keys(chart.lines).length > 1 ? `${chart.title}: ${label}` : chart.title, lines: {}});
        charts.get(key).lines[run.name] = series;
        charts.get(key).full = Math.max(charts.get(key).full || 0, chart.full || 0) || null;
      }
  return [...charts.values()];
}

/* --- Distributions ------------------------------------------------------------------------------- */

const repaints = []; /* what else changes with the theme */

/* The share of values that are no larger, as steps; values below `least` count as that. */
function shares(values, least) {
  const sorted = Float64Array.from(values, value => Math.max(least, value)).sort();
  const times = [], figures = [];
  sorted.forEach((value, i) => {
    if (i + 1 === sorted.length || sorted[i + 1] !== value) {
      times.push(value);
      figures.push((i + 1) / sorted.length);
    }
  });
  return {times, values: figures};
}

function groupsOf(values) {
  if (several)
    return runs.map((run, i) => ({
      label: run.name, values: values(run, () => true), paint: () => lineColour(i), dash: DASHES[i % LINES], width: 2}));
  const groups = report.types.map((type, i) => ({
    label: type, values: values(runs[0], job => runs[0].jobs.type[job] === i), paint: () => typeColour(i), width: 1.8}));
  if (groups.length > 1)
    groups.unshift({label: 'all', values: values(runs[0], () => true), paint: () => colour('ink'), dash: [6, 3], width: 2});
  return groups;
}

function distributionChart(container, title, least, ticks, show, valuesOf) {
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
  box.append(element('h3', {}, title), legend);
  container.append(box);
  groups.forEach(group => {
    const {entry, line} = legendEntry(group.label, group.paint(), group.dash);
    legend.append(entry);
    repaints.push(() => { line.style.borderTopColor = group.paint(); });
  });
  const data = merge(lines);
  const plot = new uPlot({
    width: box.clientWidth, height: 290, padding: [8, 18, 0, 0], legend: {show: false},
    cursor: {y: false, points: {show: false}, drag: {x: false, y: false}},
    series: [{}, ...groups.map(group => ({
      scale: 'y', stroke: group.paint, width: group.width, dash: group.dash, points: {show: false},
      paths: uPlot.paths.stepped({align: 1})}))],
    scales: {x: {time: false, distr: 3, range: () => [least, 1.15 * largest]}, y: {range: [0, 1.02]}},
    axes: [
      axisStyle({splits: () => spaced(ticks, least, 1.15 * largest, box.clientWidth), values: (u, splits) => splits.map(show), filter: (u, splits) => splits, size: 30}),
      axisStyle({scale: 'y', size: AXIS_WIDTH, splits: () => [0, 0.25, 0.5, 0.75, 1], values: (u, splits) => splits.map(value => `${100 * value} %`)}),
    ],
    hooks: {
      setCursor: [u => {
        const at = u.cursor.left < 0 ? NaN : u.posToVal(u.cursor.left, 'x'), step = stepAt(data[0], at);
        groups.forEach((group, i) => {
          const share = step < 0 ? null : data[i + 1][step];
          legend.children[i].querySelector('.value').textContent = share === null ? '' : `${(100 * share).toFixed(1)} % within ${show(+at.toPrecision(3))}`;
        });
      }],
    },
  }, data, box);
  otherCharts.push(plot);
}

/* Ticks on a logarithmic axis that leave each other room. */
function spaced(ticks, low, high, width) {
  const place = value => (width - 100) * Math.log(value / low) / Math.log(high / low);
  const kept = [];
  for (const tick of ticks)
    if (tick >= low && tick <= high && (!kept.length || place(tick) - place(kept[kept.length - 1]) > 56))
      kept.push(tick);
  return kept;
}

const otherCharts = [];

const TIME_TICKS = [1, 10, MINUTE, 10 * MINUTE, HOUR, 6 * HOUR, DAY, 7 * DAY, 30 * DAY, 365 * DAY];
const FACTOR_TICKS = [1, 2, 5, 10, 20, 50, 100, 200, 500, 1000, 2000, 5000, 1e4, 1e5, 1e6];

function shortTime(seconds) {
  for (const [unit, length] of [['d', DAY], ['h', HOUR], ['min', MINUTE]])
    if (seconds >= length)
      return `${+(seconds / length).toPrecision(3)} ${unit}`;
  return `${+seconds.toPrecision(3)} s`;
}

function figuresOf(figure) {
  return (run, wanted) => {
    const values = [];
    for (let job = 0; job < run.jobs.id.length; job++)
      if (run.jobs.start[job] >= 0 && run.jobs.end[job] >= 0 && wanted(job))
        values.push(figure(run.jobs, job));
    return values;
  };
}

/* --- Legend of the job types ----------------------------------------------------------------------- */

function drawLegend() {
  const legend = document.getElementById('legend');
  report.types.forEach((name, type) => {
    const swatch = element('i');
    const paint = () => { swatch.style.background = typeColour(type); };
    paint();
    repaints.push(paint);
    const button = element('button', {type: 'button', 'aria-pressed': 'true', title: `Show or hide ${name} jobs`}, swatch, name);
    button.addEventListener('click', () => {
      const hide = !hiddenTypes.delete(type);
      if (hide)
        hiddenTypes.add(type);
      button.setAttribute('aria-pressed', String(!hide));
      gantts.forEach(gantt => gantt.plot.redraw(false));
    });
    legend.append(button);
  });
  const sample = (label, draw) => {
    const canvas = element('canvas', {width: 44, height: 26});
    canvas.style.cssText = 'width:22px;height:13px';
    const paint = () => draw(canvas.getContext('2d'));
    paint();
    repaints.push(paint);
    legend.append(element('span', {}, canvas, label));
  };
  const shade = pen => { pen.globalAlpha = 1; pen.fillStyle = colour('line'); pen.fillRect(0, 0, 44, 26); };
  if (runs.some(run => run.gantt && run.gantt.changes.job.length))
    sample('reconfiguration', pen => { shade(pen); pen.fillStyle = colour('mark'); pen.fillRect(20, 0, 4, 26); });
  if (runs.some(run => run.jobs.status.includes(1)))
    sample('killed', pen => { shade(pen); pen.globalAlpha = 0.5; pen.fillStyle = hatch(pen, 2); pen.fillRect(0, 0, 44, 26); });
  sample('free', pen => { pen.fillStyle = colour('free'); pen.fillRect(0, 0, 44, 26); pen.strokeStyle = colour('line'); pen.lineWidth = 2; pen.strokeRect(1, 1, 42, 24); });
}

/* --- The page --------------------------------------------------------------------------------------- */

function drawGantts() {
  const container = document.getElementById('gantts');
  for (const run of runs) {
    const box = element('div', {class: 'chart gantt'});
    if (several)
      box.append(element('h3', {}, run.name));
    container.append(box);
    if (!run.gantt || !run.gantt.nodes.length) {
      box.append(element('p', {class: 'missing'}, 'Who ran where is not known: name a journal (configuration key "events") or ' +
        '"node_utilization" in the configuration.'));
      continue;
    }
    const height = Math.max(200, Math.min(several ? 380 : 560, 12 * run.gantt.nodes.length)) + 40;
    watchMouse(makeGantt(run, box, height));
  }
}

function drawCharts() {
  const container = document.getElementById('charts');
  const charts = chartsToDraw();
  charts.forEach((chart, i) => lineChart(container, chart, i + 1 === charts.length));
}

function drawDistributions() {
  const container = document.getElementById('distributions');
  distributionChart(container, 'Wait', 1, TIME_TICKS, shortTime, figuresOf((jobs, job) => jobs.start[job] - jobs.submit[job]));
  distributionChart(container, 'Bounded slowdown', 1, FACTOR_TICKS, value => String(+value.toPrecision(3)), figuresOf((jobs, job) =>
    (jobs.end[job] - jobs.submit[job]) / Math.max(jobs.end[job] - jobs.start[job], SLOWDOWN_BOUND)));
}

function resize(width) {
  for (const plot of [...timeCharts, ...otherCharts]) {
    const room = width ? width / (otherCharts.includes(plot) ? 2.05 : 1) : plot.root.parentElement.clientWidth;
    if (room > 0 && Math.abs(room - plot.width) >= 1)
      plot.setSize({width: room, height: plot.height});
  }
}

function setTheme(theme) {
  root.dataset.theme = theme;
  colours = new Map();
  document.getElementById('theme').textContent = theme === 'dark' ? 'Light' : 'Dark';
  repaints.forEach(paint => paint());
  for (const plot of [...timeCharts, ...otherCharts])
    plot.redraw(false);
}

function connect() {
  const preferred = matchMedia('(prefers-color-scheme: dark)');
  preferred.addEventListener('change', () => setTheme(preferred.matches ? 'dark' : 'light'));
  document.getElementById('theme').addEventListener('click', () => setTheme(root.dataset.theme === 'dark' ? 'light' : 'dark'));
  document.getElementById('reset').addEventListener('click', showEverything);
  for (const button of document.querySelectorAll('[data-zoom]'))
    button.addEventListener('click', () => zoom(Number(button.dataset.zoom)));
  for (const button of document.querySelectorAll('[data-move]'))
    button.addEventListener('click', () => move(Number(button.dataset.move)));
  document.getElementById('find').addEventListener('submit', event => {
    event.preventDefault();
    find(document.getElementById('job').value);
  });
  document.getElementById('job').addEventListener('input', event => event.target.setCustomValidity(''));
  addEventListener('resize', () => resize());
  let before = 'light';
  addEventListener('beforeprint', () => {
    for (const details of document.querySelectorAll('details'))
      details.open = true;
    before = root.dataset.theme;
    setTheme('light');
    resize(1000);
  });
  addEventListener('afterprint', () => {
    setTheme(before);
    resize();
  });
}

root.dataset.theme = matchMedia('(prefers-color-scheme: dark)').matches ? 'dark' : 'light';
document.getElementById('theme').textContent = root.dataset.theme === 'dark' ? 'Light' : 'Dark';
drawLegend();
drawGantts();
drawCharts();
drawDistributions();
setTime(0, end);
connect();

/* For scripts that look into the page. */
window.elastisim = {gantts, timeCharts, setTime, showEverything, ready: true};
})();
