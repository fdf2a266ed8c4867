// @ts-check
/* The chart of jobs on nodes. */
import {end, groupBy} from './data.js';
import {colour} from './colours.js';
import {element} from './words.js';
import {AXIS_WIDTH, axisStyle, resets, timeAxis, timeChart} from './time.js';
import {drawJobs, drawMarked, gantts, rectangles} from './jobs.js';
import {click, hover} from './facts.js';

/** @param {Run} run
 * @param {GanttData} data its
 * @param {HTMLElement} container
 * @param {number} height
 * @returns {Gantt} */
export function makeGantt(run, data, container, height) {
  const rects = rectangles(run, data), jobs = run.jobs;
  const changesByJob = groupBy(data.changes.job, jobs.id.length);
  const gantt = /** @type {Gantt} */ ({run, data, rects, jobs, changesByJob, hovered: -1});
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
      drawClear: [({ctx, bbox}) => {
        ctx.fillStyle = colour('free');
        ctx.fillRect(bbox.left, bbox.top, bbox.width, bbox.height);
      }],
      draw: [() => { drawJobs(gantt); drawMarked(gantt); }],
      setCursor: [() => hover(gantt)],
    },
  }, [[0, end], [0, data.nodes.length]]);
  gantt.overlay = element('canvas', {class: 'overlay'});
  gantt.plot.over.append(gantt.overlay);
  gantt.plot.over.addEventListener('click', event => click(gantt, event));
  gantts.push(gantt);
  resets.push(() => gantt.plot.setScale('y', {min: 0, max: data.nodes.length}));
  return gantt;
}

/** @param {string} name */
const shorten = name => name.length > 11 ? `${name.slice(0, 4)}…${name.slice(-6)}` : name;
