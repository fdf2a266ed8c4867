// @ts-check
/* What is told of a job under the mouse, and how one is found. */
import {boundedSlowdown, end, report, runs} from './data.js';
import {typeColour} from './colours.js';
import {byId, duration, element, energyText, jobField} from './words.js';
import {moment} from './dates.js';
import {setTime} from './time.js';
import {drawMarked, jobAt, jobName} from './jobs.js';
import {isMarked, mark} from './selection.js';

const tip = byId('tip');

/** Sorted node numbers as names: "n1 to n4, n7".
 * @param {Gantt} gantt
 * @param {number} job
 * @param {number} time
 * @returns {{count: number, text: string}} */
export function nodeRanges(gantt, job, time) {
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
  /** @type {[number, number][]} */
  const joined = [];
  for (const [first, length] of parts) {
    const last = joined[joined.length - 1];
    if (last && last[0] + last[1] === first)
      last[1] += length;
    else
      joined.push([first, length]);
  }
  const names = joined.slice(0, 4).map(([first, length]) =>
    length > 1 ? `${data.nodes[first]} to ${data.nodes[first + length - 1]}` : data.nodes[first]);
  return {count, text: names.join(', ') + (joined.length > 4 ? ` and ${joined.length - 4} more ranges` : '')};
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
    ['Submitted', moment(submit)],
    ['Started', `${moment(start)}, waited ${duration(start - submit)}`],
  ];
  if (ended >= 0)
    list.push(['Ended', `${moment(ended)}, ran ${duration(ended - start)}`],
      ['Slowdown', `${boundedSlowdown(jobs, job).toFixed(2)} (bounded)`]);
  const here = nodeRanges(gantt, job, time);
  const bounds = jobs.nodesMin && jobs.nodesMax && jobs.nodesMin[job] !== jobs.nodesMax[job] ?
    ` (${jobs.nodesMin[job]} to ${jobs.nodesMax[job]} in its life)` : '';
  list.push(['Nodes', `${here.count}${bounds}`]);
  if (here.text)
    list.push(['', here.text]);
  if (jobs.requeues?.[job])
    list.push(['Requeued', `${jobs.requeues[job]} times`]);
  if (jobs.energy)
    list.push(['Energy', energyText(jobs.energy[job])]);
  if (jobs.suspended?.[job])
    list.push(['Suspended', duration(jobs.suspended[job])]);
  const changes = changesByJob.of(job);
  if (changes.length) {
    let taken = 0;
    for (const k of changes)
      taken += data.changes.end[k] - data.changes.begin[k];
    list.push(['Reconfigured', `${changes.length} times${taken > 0 ? `, ${duration(taken)} in all` : ''}`]);
  }
  list.push(['Here', `${data.nodes[Math.min(data.nodes.length - 1, Math.floor(node))]} at ${moment(time)}`]);
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

/** A click on the job that is marked, or on none, ends that.
 * @param {Gantt} gantt
 * @param {MouseEvent} event */
export function click(gantt, event) {
  if (pressed && Math.hypot(event.clientX - pressed[0], event.clientY - pressed[1]) > 4)
    return; /* the end of a drag */
  const {run, hovered: job} = gantt;
  mark(job < 0 || isMarked(run, job) ? null : {run, job});
}

/** Shows when a job waited and ran, on all charts over time.
 * @param {JobOf} found */
export function bringIntoView({run, job}) {
  const {submit, start, end: ends} = run.jobs;
  const from = start[job] >= 0 ? start[job] : submit[job], until = ends[job] >= 0 ? ends[job] : end;
  const margin = Math.max(0.5 * (until - from), 1e-3 * end);
  setTime(from - margin, until + margin);
}

/** Marks the next job that has the number or the name, and brings it into view.
 * @param {string} text */
export function find(text) {
  const wanted = text.trim().toLowerCase();
  if (!wanted)
    return;
  /** @type {JobOf[]} */
  const candidates = [];
  for (const run of runs)
    for (let job = 0; job < run.jobs.id.length; job++)
      if (String(run.jobs.id[job]) === wanted ||
          (!/^\d+$/.test(wanted) && jobName(run.jobs, job).toLowerCase().includes(wanted)))
        candidates.push({run, job});
  const input = jobField();
  input.setCustomValidity(candidates.length ? '' : 'No job has this number or name');
  input.reportValidity();
  if (!candidates.length)
    return;
  const now = candidates.findIndex(({run, job}) => isMarked(run, job));
  const next = candidates[(now + 1) % candidates.length];
  mark(next);
  bringIntoView(next);
}
