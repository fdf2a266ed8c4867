// @ts-check
/* What the page was given: the runs, with their packed numbers unpacked. */

/** @type {Report} */
export const report = JSON.parse(document.getElementById('data')?.textContent ?? '');
export const runs = report.runs;
export const several = runs.length > 1;
const SLOWDOWN_BOUND = 10;
/** Of a job that is over.
 * @param {Jobs} jobs
 * @param {number} job */
export const boundedSlowdown = ({submit, start, end: ends}, job) =>
  Math.max(1, (ends[job] - submit[job]) / Math.max(ends[job] - start[job], SLOWDOWN_BOUND));

const ARRAYS = {d: Float64Array, I: Uint32Array, B: Uint8Array};

/** @param {{type: 'd' | 'I' | 'B', data: string}} packed
 * @returns {Numbers} */
function unpack(packed) {
  const text = atob(packed.data);
  const bytes = new Uint8Array(text.length);
  for (let i = 0; i < text.length; i++)
    bytes[i] = text.charCodeAt(i);
  return new ARRAYS[packed.type](bytes.buffer);
}

/** Unpacks every packed array in an object.
 * @param {any} value
 * @returns {any} */
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
  run.phases = unpackAll(run.phases);
  run.tasks = unpackAll(run.tasks);
  run.charts = run.charts.map(unpackAll);
}

export const end = Math.max(1e-9, ...runs.map(run => run.end));

/** For each job (or allocation) the numbers that refer to it: starts[i] .. starts[i + 1] in `items`.
 * @param {ArrayLike<number> & Iterable<number>} keys
 * @param {number} count
 * @returns {Groups} */
export function groupBy(keys, count) {
  const starts = new Uint32Array(count + 1), items = new Uint32Array(keys.length);
  for (const key of keys)
    starts[key + 1]++;
  for (let i = 0; i < count; i++)
    starts[i + 1] += starts[i];
  const next = starts.slice();
  let i = 0;
  for (const key of keys)
    items[next[key]++] = i++;
  return {starts, items, of: key => items.subarray(starts[key], starts[key + 1])};
}
