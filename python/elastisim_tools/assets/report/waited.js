// @ts-check
/* What a job waited for, as far as the results tell: other jobs, its turn, nodes and who had them. */
import {duration} from './words.js';
import {moment} from './dates.js';

/** The nodes of some jobs at a time.
 * @param {Gantt} gantt
 * @param {number} time
 * @param {(job: number) => boolean} counts
 * @returns {Set<number>} */
function heldNodes({rects, data}, time, counts) {
  const held = new Set();
  for (let i = 0; i < rects.count; i++)
    if (rects.x0[i] <= time && time < rects.x1[i] && counts(rects.job[i]))
      for (let node = Math.floor(rects.y0[i]), n = data.lane ? 1 : data.count[i]; n > 0; node++, n--)
        held.add(node);
  return held;
}

/** Nodes that could not be had at a time: jobs but for one hold them, or they are not up.
 * @param {Gantt} gantt
 * @param {number} time
 * @param {number} but */
function takenNodes(gantt, time, but) {
  const taken = heldNodes(gantt, time, job => job !== but), {outages} = gantt.data;
  for (let i = 0; i < outages.outage.length; i++)
    if (outages.begin[outages.outage[i]] <= time && time < outages.end[outages.outage[i]])
      for (let node = outages.first[i], n = outages.count[i]; n > 0; node++, n--)
        taken.add(node);
  return taken.size;
}

/** Nodes of jobs that are suspended at a time.
 * @param {Gantt} gantt
 * @param {number} time */
function suspendedNodes(gantt, time) {
  const {suspensions} = gantt.data, jobs = new Set();
  for (let k = 0; k < suspensions.job.length; k++)
    if (suspensions.begin[k] <= time && time < suspensions.end[k])
      jobs.add(suspensions.job[k]);
  return jobs.size ? heldNodes(gantt, time, job => jobs.has(job)).size : 0;
}

/** Jobs that held the nodes of a job until it started on them at a time, and when the last of all was gone.
 * @param {Gantt} gantt
 * @param {number} job
 * @param {number} start
 * @returns {{jobs: number[], last: number}} */
function predecessors({rects}, job, start) {
  const own = [...rects.byJob.of(job)].filter(i => rects.x0[i] === start);
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

/** When the last of the nodes that a job started on at a time had come up again; 0 where all of them always were.
 * @param {Gantt} gantt
 * @param {number} job
 * @param {number} start */
function lastReturn({rects, data: {outages}}, job, start) {
  const own = [...rects.byJob.of(job)].filter(i => rects.x0[i] === start);
  let last = 0;
  for (let i = 0; i < outages.outage.length; i++) {
    const until = outages.end[outages.outage[i]], first = outages.first[i];
    if (until <= start && until > last &&
        own.some(k => first < Math.ceil(rects.y1[k]) && Math.floor(rects.y0[k]) < first + outages.count[i]))
      last = until;
  }
  return last;
}

/** Times at which a job that started several times began and ended, in order.
 * @param {Gantt | undefined} gantt
 * @param {number} job */
function attemptsOf(gantt, job) {
  const found = [];
  if (gantt)
    for (let {attempts} = gantt.data, k = 0; k < attempts.job.length; k++)
      if (attempts.job[k] === job)
        found.push({begin: attempts.begin[k], end: attempts.end[k], lost: attempts.lost[k] === 1});
  return found;
}

/** Of jobs that started several times: whether they ran at a time.
 * @param {Gantt | undefined} gantt
 * @param {number} time
 * @returns {Map<number, boolean>} */
function startedAgain(gantt, time) {
  const ran = new Map();
  if (gantt)
    for (let {attempts} = gantt.data, k = 0; k < attempts.job.length; k++) {
      const runs = attempts.begin[k] <= time && (attempts.end[k] < 0 || time < attempts.end[k]);
      ran.set(attempts.job[k], runs || ran.get(attempts.job[k]) === true);
    }
  return ran;
}

/** Jobs that were submitted before and waited then.
 * @param {Jobs} jobs
 * @param {Gantt | undefined} gantt
 * @param {number} job
 * @param {number} time */
function queueAt(jobs, gantt, job, time) {
  const again = startedAgain(gantt, time);
  let count = 0;
  for (let other = 0; other < jobs.id.length; other++) {
    const waits = again.has(other) ? !again.get(other) : jobs.start[other] > time || jobs.start[other] < 0;
    if (other !== job && jobs.submit[other] <= time && waits &&
        (jobs.submit[other] < jobs.submit[job] || other < job) && !(jobs.end[other] >= 0 && jobs.end[other] <= time))
      count++;
  }
  return count;
}

/** @param {number} number
 * @param {string} name */
const counted = (number, name) => `${number} ${name}${number === 1 ? '' : 's'}`;

/** @typedef {{sentences: string[], jobs: number[]}} Story sentences, and the jobs whose end it started after */

/** What held it up between a time and its start (none: -1).
 * @param {Run} run
 * @param {Gantt | undefined} gantt
 * @param {number} job
 * @param {{from: number, start: number, when: string, again: boolean}} wait
 * @returns {Story} */
function storyOf({jobs}, gantt, job, {from, start, when, again}) {
  let text = `${counted(queueAt(jobs, gantt, job, from), 'job')} waited before it`;
  if (gantt)
    text += `, and ${gantt.data.nodes.length - takenNodes(gantt, from, job)} of ` +
      `${counted(gantt.data.nodes.length, 'node')} were free`;
  const suspended = gantt ? suspendedNodes(gantt, from) : 0;
  if (suspended)
    text += `, while suspended jobs had ${suspended}`;
  const sentences = [`When it ${when}, ${text}.`];
  if (start < 0)
    return {sentences: [...sentences, again ? 'It never started again.' : 'It never started.'], jobs: []};
  if (!gantt)
    return {sentences, jobs: []};
  const before = predecessors(gantt, job, start), returned = lastReturn(gantt, job, start);
  if (returned > from && returned >= before.last)
    return {sentences: [...sentences, returned >= start ? 'It started when the last of its nodes was up again.' :
      `The last of its nodes was up again at ${moment(returned)}, ${duration(start - returned)} before it started.`],
      jobs: []};
  if (before.last >= start && before.jobs.length)
    return {sentences: [...sentences, 'It started on nodes that came free at that time, from'], jobs: before.jobs};
  sentences.push(before.last > from ?
    `The last of its nodes came free at ${moment(before.last)}, ${duration(start - before.last)} before it started, from` :
    'All of its nodes were free already: it waited for the scheduler to start it.');
  return {sentences, jobs: before.last > from ? before.jobs : []};
}

/** The wait before its first start.
 * @param {Run} run
 * @param {Gantt | undefined} gantt
 * @param {number} job
 * @param {number} start
 * @returns {Story} */
function firstWait(run, gantt, job, start) {
  const {jobs} = run, submit = jobs.submit[job];
  const eligible = Math.max(submit, jobs.eligible?.[job] ?? submit);
  const sentences = [];
  if (jobs.eligible && jobs.eligible[job] < 0)
    return {sentences: ['Jobs that it depends on; they never let it go.'], jobs: []};
  if (eligible > submit)
    sentences.push(`Jobs that it depends on, until ${moment(eligible)} (${duration(eligible - submit)}).`);
  if (start >= 0 && start <= eligible)
    return {sentences: sentences.length ? sentences : ['Nothing: it started at once.'], jobs: []};
  const when = eligible > submit ? 'was let go' : 'was submitted';
  const story = storyOf(run, gantt, job, {from: eligible, start, when, again: false});
  return {sentences: [...sentences, ...story.sentences], jobs: story.jobs};
}

/** Each of its waits: the first, and that after each loss of its nodes.
 * @param {Run} run
 * @param {Gantt | undefined} gantt
 * @param {number} job
 * @returns {Story[]} */
export function waitedFor(run, gantt, job) {
  const attempts = attemptsOf(gantt, job);
  const stories = [firstWait(run, gantt, job, attempts.length ? attempts[0].begin : run.jobs.start[job])];
  attempts.forEach(({end, lost}, k) => {
    const start = attempts[k + 1]?.begin ?? -1, from = end;
    if (!lost)
      return;
    if (start === from)
      stories.push({sentences: [`When it lost its nodes at ${moment(from)}, it started again at once.`], jobs: []});
    else {
      const when = `lost its nodes at ${moment(from)}`;
      stories.push(storyOf(run, gantt, job, {from, start, when, again: true}));
    }
  });
  return stories;
}
