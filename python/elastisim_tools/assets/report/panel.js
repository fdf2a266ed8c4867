// @ts-check
/* The panel of the job that was clicked or found. */
import {boundedSlowdown, end, report, runs, several} from './data.js';
import {repaints, typeColour} from './colours.js';
import {byId, duration, element, energyText, figureText} from './words.js';
import {moment} from './dates.js';
import {gantts, jobName} from './jobs.js';
import {bringIntoView, nodeRanges} from './facts.js';
import {mark, selection} from './selection.js';
import {waitedFor} from './waited.js';

const MOST_ROWS = 200;

/** @param {Run} run */
const ganttOf = run => gantts.find(gantt => gantt.run === run);

/** @param {Run} run
 * @param {number} job */
function jobButton(run, job) {
  const button = element('button', {type: 'button'}, jobName(run.jobs, job));
  button.addEventListener('click', () => mark({run, job}));
  return button;
}

/** @param {string} title
 * @param {...(Node | string)} content */
const block = (title, ...content) => element('section', {}, element('h4', {}, title), ...content);

/** @param {[string, string][]} facts */
function factList(facts) {
  const list = element('dl');
  for (const [term, text] of facts)
    list.append(element('dt', {}, term), element('dd', {}, text));
  return list;
}

/** @param {string[]} head
 * @param {string[][]} rows */
function smallTable(head, rows) {
  const line = /** @param {'td' | 'th'} tag
    * @param {string[]} cells */ (tag, cells) => element('tr', {}, ...cells.map((cell, i) =>
    element(i === 0 ? 'th' : tag, {scope: i === 0 && tag === 'td' ? 'row' : 'col'}, cell)));
  const table = element('table', {}, element('thead', {}, line('th', head)),
    element('tbody', {}, ...rows.slice(0, MOST_ROWS).map(row => line('td', row))));
  const box = element('div', {class: 'wide', tabindex: 0}, table);
  return rows.length > MOST_ROWS ?
    element('div', {}, box, element('p', {class: 'hint'}, `and ${rows.length - MOST_ROWS} more`)) : box;
}

/** @param {Jobs} jobs
 * @param {number} job
 * @returns {[string, string][]} */
function times(jobs, job) {
  const submit = jobs.submit[job], start = jobs.start[job], ended = jobs.end[job];
  /** @type {[string, string][]} */
  const list = [['Status', report.statuses[jobs.status[job]]], ['Submitted', moment(submit)]];
  if (jobs.reason?.[job])
    list.push(['Reason', jobs.reason[job]]);
  if (start < 0)
    return list;
  list.push(['Wait', duration(start - submit)], ['Started', moment(start)]);
  if (ended >= 0)
    list.push(['Ended', moment(ended)], ['Ran', duration(ended - start)], ['Turnaround', duration(ended - submit)],
      ['Slowdown', `${boundedSlowdown(jobs, job).toFixed(2)} (bounded)`]);
  if (jobs.nodesAtStart && jobs.nodesMin && jobs.nodesMax)
    list.push(['Nodes', jobs.nodesMin[job] === jobs.nodesMax[job] ? String(jobs.nodesMin[job]) :
      `${jobs.nodesAtStart[job]} at first, ${jobs.nodesMin[job]} to ${jobs.nodesMax[job]}`]);
  if (jobs.nodeSeconds)
    list.push(['Node hours', (jobs.nodeSeconds[job] / 3600).toLocaleString('en', {maximumFractionDigits: 2})]);
  if (jobs.suspended?.[job])
    list.push(['Suspended', duration(jobs.suspended[job])]);
  return [...list, ...losses(jobs, job), ...energyOf(jobs, job)];
}

/** @param {Jobs} jobs
 * @param {number} job
 * @returns {[string, string][]} */
function losses({requeues, lostNodeSeconds, lostPhases, nodeSeconds}, job) {
  if (!requeues || !lostNodeSeconds || (!requeues[job] && !lostNodeSeconds[job]))
    return [];
  const of = nodeSeconds?.[job] ? ` (${(100 * lostNodeSeconds[job] / nodeSeconds[job]).toFixed(1)} %)` : '';
  return [['Requeued', requeues[job] === 1 ? 'once' : `${requeues[job]} times`],
    ['Lost', `${figureText(lostNodeSeconds[job] / 3600)} node hours${of}, ${lostPhases?.[job] ?? 0} phase iterations`]];
}

/** @param {Jobs} jobs
 * @param {number} job
 * @returns {[string, string][]} */
function energyOf({energy, cost, emissions}, job) {
  /** @type {[string, string][]} */
  const list = energy ? [['Energy', energyText(energy[job])]] : [];
  if (cost)
    list.push(['Energy cost', figureText(cost[job])]);
  if (emissions)
    list.push(['Emissions', `${figureText(emissions[job])} g CO₂`]);
  return list;
}

/** Each start of a job that had several.
 * @param {Gantt} gantt
 * @param {number} job
 * @returns {HTMLElement[]} */
function attemptTable({data: {attempts}, jobs}, job) {
  const rows = [];
  for (let k = 0; k < attempts.job.length; k++)
    if (attempts.job[k] === job)
      rows.push([String(rows.length + 1), moment(attempts.begin[k]),
        attempts.end[k] < 0 ? '' : duration(attempts.end[k] - attempts.begin[k]),
        attempts.lost[k] ? 'lost its nodes' : report.statuses[jobs.status[job]]]);
  return rows.length ? [block('Attempts', smallTable(['attempt', 'began', 'ran', 'and then'], rows))] : [];
}

/** When a job was suspended, and for how long.
 * @param {Gantt} gantt
 * @param {number} job
 * @returns {HTMLElement[]} */
function suspensionTable({data: {suspensions}}, job) {
  const rows = [];
  for (let k = 0; k < suspensions.job.length; k++)
    if (suspensions.job[k] === job)
      rows.push([moment(suspensions.begin[k]), duration(suspensions.end[k] - suspensions.begin[k])]);
  return rows.length ? [block('Suspended', smallTable(['at', 'for'], rows))] : [];
}

/** The times between which a job has the same nodes.
 * @param {Gantt} gantt
 * @param {number} job */
function spans(gantt, job) {
  const ends = new Set();
  for (const i of gantt.rects.byJob.of(job))
    ends.add(gantt.rects.x0[i]).add(gantt.rects.x1[i]);
  const sorted = [...ends].sort((a, b) => a - b);
  return sorted.slice(1).map((until, k) => ({from: sorted[k], until, ...nodeRanges(gantt, job, sorted[k])}))
    .filter(({count}) => count > 0);
}

/** @param {Gantt} gantt
 * @param {number} job
 * @returns {HTMLElement[]} */
function nodesAndResizes(gantt, job) {
  const held = spans(gantt, job), {changes} = gantt.data;
  const nodes = block('Nodes', smallTable(['from', 'to', 'nodes', 'which'],
    held.map(({from, until, count, text}) => [moment(from), moment(until), String(count), text])));
  const resizes = [...gantt.changesByJob.of(job)].map(k => {
    const begin = changes.begin[k], before = held.filter(span => span.until <= begin).pop();
    const after = held.find(span => span.from >= begin) ?? held[held.length - 1];
    return [moment(begin), `${before?.count ?? '?'} to ${after?.count ?? '?'} nodes`,
      duration(changes.end[k] - begin)];
  });
  return resizes.length ? [nodes, block('Resizes', smallTable(['at', 'nodes', 'took'], resizes))] : [nodes];
}

/** @param {Phases | null} phases
 * @param {number} job
 * @returns {HTMLElement[]} */
function phaseTable(phases, job) {
  if (!phases)
    return [block('Phases', element('p', {class: 'hint'}, 'Not known without a journal (configuration key "events").'))];
  const rows = [];
  for (let k = 0; k < phases.job.length; k++)
    if (phases.job[k] === job)
      rows.push([String(phases.number[k]), String(phases.iterations[k]), moment(phases.begin[k]),
        duration(phases.end[k] - phases.begin[k])]);
  return [block('Phases', smallTable(['phase', 'iterations', 'began', 'took'], rows))];
}

/** @param {Tasks | null} tasks
 * @param {number} job
 * @returns {HTMLElement[]} */
function taskTable(tasks, job) {
  if (!tasks)
    return [block('Tasks', element('p', {class: 'hint'},
      'Not known without task times (configuration keys "log_task_times" and "task_times").'))];
  const rows = [];
  for (let k = 0; k < tasks.job.length; k++)
    if (tasks.job[k] === job)
      rows.push([tasks.names[tasks.name[k]], String(tasks.times[k]), duration(tasks.seconds[k] / tasks.times[k]),
        duration(tasks.longest[k])]);
  return [block('Tasks', smallTable(['task', 'times', 'mean', 'longest'], rows))];
}

/** @param {Run} run
 * @param {Gantt | undefined} gantt
 * @param {number} job */
function waitBlock(run, gantt, job) {
  return block('Waited for', ...waitedFor(run, gantt, job).map(({sentences, jobs}) => {
    const text = element('p', {}, sentences.join(' '));
    jobs.slice(0, 12).forEach(other => text.append(' ', jobButton(run, other)));
    if (jobs.length > 12)
      text.append(` and ${jobs.length - 12} more`);
    return text;
  }));
}

/** @param {JobOf} marked
 * @returns {HTMLElement} */
function titleOf({run, job}) {
  const swatch = element('i'), name = jobName(run.jobs, job), id = `job ${run.jobs.id[job]}`;
  swatch.style.background = typeColour(run.jobs.type[job]);
  const show = element('button', {type: 'button', title: 'Show all of it in the charts'}, 'Show');
  show.addEventListener('click', () => bringIntoView({run, job}));
  const close = element('button', {type: 'button', title: 'Close (Esc)', 'aria-label': 'Close'}, '×');
  close.addEventListener('click', () => mark(null));
  return element('div', {class: 'bar'}, element('h3', {}, swatch, element('span', {}, name === id ? id : `${name} (${id})`),
    element('span', {class: 'note'}, `${report.types[run.jobs.type[job]]}${several ? `, ${run.name}` : ''}`)),
  element('span', {class: 'buttons'}, show, close));
}

export function fillPanel() {
  const panel = byId('panel'), {marked} = selection;
  panel.hidden = !marked;
  if (!marked)
    return panel.replaceChildren();
  const {run, job} = marked, gantt = ganttOf(run);
  panel.replaceChildren(titleOf(marked), element('div', {class: 'blocks'},
    block('Times', factList(times(run.jobs, job))), waitBlock(run, gantt, job),
    ...(gantt ? [...attemptTable(gantt, job), ...suspensionTable(gantt, job)] : []),
    ...(gantt && gantt.rects.byJob.of(job).length ? nodesAndResizes(gantt, job) : []),
    ...(run.jobs.start[job] >= 0 ? [...phaseTable(run.phases, job), ...taskTable(run.tasks, job)] : [])));
}

/** The jobs of a run in the order in which they started.
 * @type {Map<Run, Uint32Array>} */
const startOrders = new Map();

/** Marks the job that started after the one that is marked, or before it.
 * @param {number} step */
export function markNeighbour(step) {
  const run = selection.marked?.run ?? runs[0], {start} = run.jobs;
  const order = startOrders.get(run) ?? Uint32Array.from(start, (_, job) => job).filter(job => start[job] >= 0)
    .sort((a, b) => start[a] - start[b] || a - b);
  startOrders.set(run, order);
  const at = selection.marked ? order.indexOf(selection.marked.job) : step > 0 ? -1 : order.length;
  const job = order[at + step];
  if (job === undefined)
    return;
  mark({run, job});
  const gantt = ganttOf(run), view = gantt?.plot.scales.x ?? {min: 0, max: end};
  if (start[job] < view.min || start[job] > view.max)
    bringIntoView({run, job});
}

repaints.push(fillPanel);
