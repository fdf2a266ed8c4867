// @ts-check
/* What a job waited for, as far as the results tell: other jobs, its turn, nodes and who had them. */
import {duration} from './words.js';
import {moment} from './dates.js';

/** Nodes that jobs hold at a time, but for one job.
 * @param {Gantt} gantt
 * @param {number} time
 * @param {number} but */
function heldNodes({rects, data}, time, but) {
  const held = new Set();
  for (let i = 0; i < rects.count; i++)
    if (rects.x0[i] <= time && time < rects.x1[i] && rects.job[i] !== but)
      for (let node = Math.floor(rects.y0[i]), n = data.lane ? 1 : data.count[i]; n > 0; node++, n--)
        held.add(node);
  return held.size;
}

/** Jobs that held the nodes of a job until it started on them, and when the last of all was gone.
 * @param {Gantt} gantt
 * @param {number} job
 * @returns {{jobs: number[], last: number}} */
function predecessors({rects, jobs}, job) {
  const start = jobs.start[job], own = [...rects.byJob.of(job)].filter(i => rects.x0[i] === start);
  const before = new Set();
  let last = 0;
  for (let i = 0; i < rects.count; i++)
    if (rects.x1[i] <= start && rects.job[i] !== job && rects.x1[i] >= last &&
        own.some(k => rects.y0[i] < Math.ceil(rects.y1[k]) && Math.floor(rects.y0[k]) < rects.y1[i])) {
      if (rects.x1[i] > last)
        before.clear();
      last = rects.x1[i];
      before.add(rects.job[i]);
    }
  return {jobs: [...before], last};
}

/** Jobs that were submitted before and had not started then.
 * @param {Jobs} jobs
 * @param {number} job
 * @param {number} time */
function queueAt(jobs, job, time) {
  let count = 0;
  for (let other = 0; other < jobs.id.length; other++)
    if (other !== job && jobs.submit[other] <= time && (jobs.start[other] > time || jobs.start[other] < 0) &&
        (jobs.submit[other] < jobs.submit[job] || other < job) && !(jobs.end[other] >= 0 && jobs.end[other] <= time))
      count++;
  return count;
}

/** @param {number} number
 * @param {string} name */
const counted = (number, name) => `${number} ${name}${number === 1 ? '' : 's'}`;

/** Sentences, and the jobs whose end it started after.
 * @param {Run} run
 * @param {Gantt | undefined} gantt
 * @param {number} job
 * @returns {{sentences: string[], jobs: number[]}} */
export function waitedFor(run, gantt, job) {
  const {jobs} = run, submit = jobs.submit[job], start = jobs.start[job];
  const eligible = Math.max(submit, jobs.eligible?.[job] ?? submit);
  const sentences = [];
  if (jobs.eligible && jobs.eligible[job] < 0)
    return {sentences: ['Jobs that it depends on; they never let it go.'], jobs: []};
  if (eligible > submit)
    sentences.push(`Jobs that it depends on, until ${moment(eligible)} (${duration(eligible - submit)}).`);
  if (start >= 0 && start <= eligible)
    return {sentences: sentences.length ? sentences : ['Nothing: it started at once.'], jobs: []};
  const ahead = queueAt(jobs, job, eligible);
  let text = `${counted(ahead, 'job')} waited before it`;
  if (gantt)
    text += `, and ${gantt.data.nodes.length - heldNodes(gantt, eligible, job)} of ` +
      `${counted(gantt.data.nodes.length, 'node')} were free`;
  sentences.push(`When it ${eligible > submit ? 'was let go' : 'was submitted'}, ${text}.`);
  if (start < 0)
    return {sentences: [...sentences, 'It never started.'], jobs: []};
  if (!gantt)
    return {sentences, jobs: []};
  const before = predecessors(gantt, job);
  if (before.last >= start && before.jobs.length)
    return {sentences: [...sentences, 'It started on nodes that came free at that time, from'], jobs: before.jobs};
  sentences.push(before.last > eligible ?
    `The last of its nodes came free at ${moment(before.last)}, ${duration(start - before.last)} before it started, from` :
    'All of its nodes were free already: it waited for the scheduler to start it.');
  return {sentences, jobs: before.last > eligible ? before.jobs : []};
}
