// @ts-check
/* What is told of a job under the mouse, and how one is found. */
import {SLOWDOWN_BOUND, end, report} from './data.js';
import {typeColour} from './colours.js';
import {byId, clock, duration, element, jobField} from './words.js';
import {setTime} from './time.js';
import {drawMarked, gantts, jobAt, jobName, selection} from './jobs.js';

const tip = byId('tip');

/** Sorted node numbers as names: "n1 to n4, n7".
 * @param {Gantt} gantt
 * @param {number} job
 * @param {number} time
 * @returns {{count: number, text: string}} */
function nodeRanges(gantt, job, time) {
  const {rects, data} = gantt;
  /** @type {[number, number][]} */
  const parts = [];
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

/** @param {Gantt} gantt
 * @param {number} job
 * @param {number} time
 * @param {number} node
 * @returns {[string, string][]} */
function facts(gantt, job, time, node) {
  const {jobs, data, changesByJob} = gantt;
  const submit = jobs.submit[job], start = jobs.start[job], ended = jobs.end[job];
  /** @type {[string, string][]} */
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
  const bounds = jobs.nodesMin && jobs.nodesMax && jobs.nodesMin[job] !== jobs.nodesMax[job] ?
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

/** @param {Gantt} gantt
 * @param {number} job
 * @param {number} time
 * @param {number} node
 * @param {number} x
 * @param {number} y */
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

/** The one that the mouse is over.
 * @type {Gantt | null} */
let hovering = null;

/** @param {Gantt} gantt */
export function hover(gantt) {
  const {plot} = gantt;
  if (hovering !== gantt)
    return; /* moved by another chart's cursor */
  const {left, top} = plot.cursor;
  const inside = left >= 0 && top >= 0 && left <= plot.over.clientWidth && top <= plot.over.clientHeight;
  const time = plot.posToVal(left, 'x'), node = plot.posToVal(top, 'y');
  const job = inside ? jobAt(gantt, time, node) : -1;
  if (job !== gantt.hovered) {
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

/** Where the button of the mouse went down.
 * @type {[number, number] | null} */
let pressed = null;

/** @param {Gantt} gantt */
export function watchMouse(gantt) {
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

/** @param {Gantt} gantt
 * @param {MouseEvent} event */
export function click(gantt, event) {
  if (pressed && Math.hypot(event.clientX - pressed[0], event.clientY - pressed[1]) > 4)
    return; /* the end of a drag */
  mark(gantt, gantt.hovered);
}

/** @param {Gantt} gantt
 * @param {number} job */
function mark(gantt, job) {
  const {marked} = selection;
  selection.marked = job < 0 || (marked?.gantt === gantt && marked.job === job) ? null : {gantt, job};
  gantts.forEach(drawMarked);
}

/** Marks the next job that has the number or the name, and brings it into view.
 * @param {string} text */
export function find(text) {
  const wanted = text.trim().toLowerCase();
  if (!wanted)
    return;
  const candidates = [];
  for (const gantt of gantts)
    for (let job = 0; job < gantt.jobs.id.length; job++)
      if (gantt.jobs.start[job] >= 0 && (String(gantt.jobs.id[job]) === wanted ||
          (!/^\d+$/.test(wanted) && jobName(gantt.jobs, job).toLowerCase().includes(wanted))))
        candidates.push({gantt, job});
  const input = jobField();
  input.setCustomValidity(candidates.length ? '' : 'No job that was started has this number or name');
  input.reportValidity();
  if (!candidates.length)
    return;
  const {marked} = selection;
  const now = candidates.findIndex(item => item.gantt === marked?.gantt && item.job === marked.job);
  const {gantt, job} = selection.marked = candidates[(now + 1) % candidates.length];
  const start = gantt.jobs.start[job], ended = gantt.jobs.end[job] >= 0 ? gantt.jobs.end[job] : end;
  const margin = Math.max(0.5 * (ended - start), 1e-3 * end);
  setTime(start - margin, ended + margin);
  gantts.forEach(drawMarked);
}
