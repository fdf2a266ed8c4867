// @ts-check
/* Where on the chart of nodes a job is, and how it is drawn. */
import {groupBy, report, runs} from './data.js';
import {SHADES, colour, hatch, penOf, shadeColour, textColour} from './colours.js';
import {selection} from './selection.js';
import {svgHatch} from './svg.js';

/** @type {Gantt[]} */
export const gantts = [];
/** @type {Set<number>} */
export const hiddenTypes = new Set();
/** The rectangles of a run: one per allocation and contiguous range of nodes.
 * @param {Run} run
 * @param {GanttData} data
 * @returns {Rectangles} */
export function rectangles(run, data) {
  const jobs = run.jobs, lanes = data.lanes || 1;
  const count = data.allocation.length;
  const rects = {
    count, job: new Uint32Array(count), x0: new Float64Array(count), x1: new Float64Array(count),
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
  const byPaint = groupBy(paints, SHADES * report.types.length), byJob = groupBy(rects.job, jobs.id.length);
  return {...rects, byPaint, byJob};
}

/** From data to pixels of the canvas.
 * @param {Gantt} gantt
 * @param {Box} box
 * @returns {Projection} */
function projection(gantt, box) {
  const {x, y} = gantt.plot.scales;
  const kx = box.width / (x.max - x.min), ky = box.height / (y.max - y.min);
  return {kx, ky, x: time => box.left + (time - x.min) * kx, y: node => box.top + (node - y.min) * ky, xs: x, ys: y};
}

/** On the chart's canvas.
 * @param {Gantt} gantt */
export function drawJobs(gantt) {
  const {plot} = gantt, {left, top, width, height} = plot.bbox, pen = plot.ctx;
  pen.save();
  pen.beginPath();
  pen.rect(left, top, width, height);
  pen.clip();
  drawJobsWith(gantt, pen, plot.bbox, devicePixelRatio, name => hatch(pen, devicePixelRatio, name));
  pen.restore();
}

/** In an SVG file, with the job that is marked.
 * @param {Gantt} gantt
 * @param {Pen} pen
 * @param {Box} box */
export function drawJobsInto(gantt, pen, box) {
  drawJobsWith(gantt, pen, box, 1, svgHatch);
  if (selection.marked?.run === gantt.run)
    outline(gantt, pen, projection(gantt, box), 1, selection.marked.job, 2.5);
}

/** @param {Gantt} gantt
 * @param {Pen} pen
 * @param {Box} box
 * @param {number} scale
 * @param {(name: string) => string | CanvasPattern} patternOf what HATCHES has under a name */
function drawJobsWith(gantt, pen, box, scale, patternOf) {
  const {rects, jobs, data} = gantt;
  const at = projection(gantt, box);
  /** @type {number[]} */
  const killed = [], lost = [], labelled = [];
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
      if (width > 2 && data.lost[data.allocation[i]])
        lost.push(left, top, width, height);
      else if (jobs.status[rects.job[i]] === 1 && width > 2)
        killed.push(left, top, width, height);
      if (width > 34 * scale && height > 12 * scale)
        labelled.push(i);
    }
  }
  pen.globalAlpha = 0.5;
  for (const {boxes, name} of [{boxes: killed, name: 'killed'}, {boxes: lost, name: 'lost'}]) {
    pen.fillStyle = patternOf(name);
    for (let i = 0; i < boxes.length; i += 4)
      pen.fillRect(boxes[i], boxes[i + 1], boxes[i + 2], boxes[i + 3]);
  }
  pen.globalAlpha = 1;
  drawSuspensions(gantt, at, pen, patternOf);
  drawOutages(gantt, at, pen, patternOf);
  drawChanges(gantt, at, pen, scale);
  if (labelled.length < 600)
    labelled.forEach(i => drawLabel(gantt, at, pen, scale, i));
}

/** The conditions that nodes of some run were in, by number. */
export const conditionsThere = report.conditions.map((_, kind) => kind)
  .filter(kind => runs.some(run => run.gantt?.outages.kind.includes(kind)));

/** Nodes that are not up: a hatch for each condition, over the jobs that a draining node still has.
 * @param {Gantt} gantt
 * @param {Projection} at
 * @param {Pen} pen
 * @param {(name: string) => string | CanvasPattern} patternOf */
function drawOutages({data: {outages}}, at, pen, patternOf) {
  pen.globalAlpha = 0.7;
  for (const kind of conditionsThere) {
    pen.fillStyle = patternOf(report.conditions[kind]);
    for (let i = 0; i < outages.outage.length; i++) {
      const k = outages.outage[i], low = outages.first[i], high = low + outages.count[i];
      if (outages.kind[k] !== kind || outages.end[k] < at.xs.min || outages.begin[k] > at.xs.max || high < at.ys.min ||
          low > at.ys.max)
        continue;
      const left = Math.round(at.x(outages.begin[k])), top = Math.round(at.y(low));
      pen.fillRect(left, top, Math.max(1, Math.round(at.x(outages.end[k])) - left),
        Math.max(1, Math.round(at.y(high)) - top));
    }
  }
  pen.globalAlpha = 1;
}

/** Suspended jobs: a hatch over their nodes for as long as they stand still.
 * @param {Gantt} gantt
 * @param {Projection} at
 * @param {Pen} pen
 * @param {(name: string) => string | CanvasPattern} patternOf */
function drawSuspensions({rects, jobs, data: {suspensions}}, at, pen, patternOf) {
  pen.globalAlpha = 0.7;
  pen.fillStyle = patternOf('suspended');
  for (let k = 0; k < suspensions.job.length; k++) {
    const job = suspensions.job[k], begin = suspensions.begin[k], end = suspensions.end[k];
    if (end < at.xs.min || begin > at.xs.max || hiddenTypes.has(jobs.type[job]))
      continue;
    for (const i of rects.byJob.of(job)) {
      const left = Math.round(at.x(Math.max(begin, rects.x0[i]))), right = Math.round(at.x(Math.min(end, rects.x1[i])));
      const top = Math.round(at.y(rects.y0[i])), height = Math.max(1, Math.round(at.y(rects.y1[i])) - top);
      if (right > left && rects.y1[i] >= at.ys.min && rects.y0[i] <= at.ys.max)
        pen.fillRect(left, top, right - left, height);
    }
  }
  pen.globalAlpha = 1;
}

/** Reconfigurations: a dark bar over the job's nodes for as long as it lasts, at least a line.
 * @param {Gantt} gantt
 * @param {Projection} at
 * @param {Pen} pen
 * @param {number} scale */
function drawChanges(gantt, at, pen, scale) {
  const {rects, data, jobs} = gantt, changes = data.changes;
  pen.fillStyle = colour('mark');
  /* Where there are more than a person can tell apart, finer lines leave the jobs visible. */
  let visible = 0;
  for (let k = 0; k < changes.job.length; k++)
    visible += changes.end[k] >= at.xs.min && changes.begin[k] <= at.xs.max ? 1 : 0;
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

/** @param {Jobs} jobs
 * @param {number} job */
export const jobName = (jobs, job) => jobs.name && jobs.name[job] ? jobs.name[job] : `job ${jobs.id[job]}`;

/** @param {Gantt} gantt
 * @param {Projection} at
 * @param {Pen} pen
 * @param {number} scale
 * @param {number} i */
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

/** @param {Gantt} gantt
 * @param {Pen} pen
 * @param {Projection} at
 * @param {number} scale
 * @param {number} job
 * @param {number} line how wide */
function outline({rects}, pen, at, scale, job, line) {
  for (const {style, size} of [{style: colour('card'), size: line + 2}, {style: colour('mark'), size: line}]) {
    pen.strokeStyle = style;
    pen.lineWidth = size * scale;
    for (const i of rects.byJob.of(job)) {
      const left = at.x(rects.x0[i]), top = at.y(rects.y0[i]);
      pen.strokeRect(left, top, Math.max(scale, at.x(rects.x1[i]) - left), Math.max(scale, at.y(rects.y1[i]) - top));
    }
  }
}

/** The outline of the job under the cursor and of the one that was clicked, on a canvas of their own.
 * @param {Gantt} gantt */
export function drawMarked(gantt) {
  const {plot, overlay} = gantt;
  if (!overlay)
    return;
  const scale = devicePixelRatio, width = plot.over.clientWidth, height = plot.over.clientHeight;
  overlay.width = width * scale;
  overlay.height = height * scale;
  overlay.style.width = `${width}px`;
  overlay.style.height = `${height}px`;
  const pen = penOf(overlay);
  const at = projection(gantt, {left: 0, top: 0, width: overlay.width, height: overlay.height});
  if (selection.marked?.run === gantt.run)
    outline(gantt, pen, at, scale, selection.marked.job, 2.5);
  if (gantt.hovered >= 0)
    outline(gantt, pen, at, scale, gantt.hovered, 1.5);
}

/** The job at a point: the rectangle there, or else one that is drawn there because it is too small to see.
 * @param {Gantt} gantt
 * @param {number} time
 * @param {number} node */
export function jobAt(gantt, time, node) {
  const {rects, jobs} = gantt;
  const {clientWidth: width, clientHeight: height} = gantt.plot.over;
  const at = projection(gantt, {left: 0, top: 0, width, height});
  for (const slack of [0, 2]) {
    const dx = slack / at.kx, dy = slack / at.ky;
    for (let i = rects.count - 1; i >= 0; i--)
      if (rects.x0[i] - dx <= time && time < rects.x1[i] + dx && rects.y0[i] - dy <= node && node < rects.y1[i] + dy &&
          !hiddenTypes.has(jobs.type[rects.job[i]]))
        return rects.job[i];
  }
  return -1;
}
