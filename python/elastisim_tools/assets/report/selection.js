// @ts-check
/* The job that was clicked or found, and who is told when it is another one. */

/** @type {{marked: JobOf | null}} */
export const selection = {marked: null};
/** @type {(() => void)[]} */
export const selectionWatchers = [];

/** @param {JobOf | null} marked */
export function mark(marked) {
  selection.marked = marked;
  selectionWatchers.forEach(watch => watch());
}

/** @param {Run} run
 * @param {number} job */
export const isMarked = (run, job) => selection.marked?.run === run && selection.marked.job === job;
