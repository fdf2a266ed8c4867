// @ts-check
/* Step functions: their values, areas and means. */

/** Several step functions on one time axis: each holds its value up to its own end.
 * @param {Steps[]} lines
 * @returns {Columns} */
export function merge(lines) {
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

/** The area under a step function up to each of its steps.
 * @param {Steps} steps */
export function areas({times, values}) {
  const sums = new Float64Array(times.length);
  for (let i = 1; i < times.length; i++)
    sums[i] = sums[i - 1] + values[i - 1] * (times[i] - times[i - 1]);
  return sums;
}

/** Means of step functions over `count` equal spans: what is to be seen where single steps are not.
 * @param {Steps[]} lines
 * @param {Float64Array[]} sums
 * @param {number} min
 * @param {number} max
 * @param {number} count
 * @returns {Columns} */
export function means(lines, sums, min, max, count) {
  const width = (max - min) / count;
  const times = Array.from({length: count + 1}, (_, i) => min + i * width);
  const columns = lines.map((line, l) => {
    const last = line.times.length - 1;
    /** @param {number} time */
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

/** The last step at or before a time; -1 when there is none.
 * @param {ArrayLike<number>} times
 * @param {number} time */
export function stepAt(times, time) {
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
