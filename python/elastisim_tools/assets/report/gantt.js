// @ts-check
/* The chart of jobs on nodes. */
import {end, groupBy, report, several} from './data.js';
import {colour, typeColour} from './colours.js';
import {element} from './words.js';
import {AXIS_WIDTH, axisStyle, resets, timeAxis, timeChart} from './time.js';
import {conditionsThere, drawJobs, drawJobsInto, drawMarked, gantts, hiddenTypes, jobName, rectangles} from './jobs.js';
import {click, hover} from './facts.js';
import {addSaving} from './saving.js';
import {svgHatch} from './svg.js';

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
    /* auto would show all nodes again as soon as the time changes */
    scales: {y: {dir: -1, auto: false, range: (u, min, max) => max > min ? [min, max] : [0, data.nodes.length]}},
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
  const showAllNodes = () => setNodes(gantt, 0, data.nodes.length);
  resets.push(showAllNodes);
  showAllNodes();
  addSaving(container, {
    name: several ? `nodes-${run.name.replace(/[^\w.-]+/g, '_')}` : 'nodes', title: several ? run.name : 'Nodes over time',
    plot: gantt.plot,
    legend: () => report.types.map((label, type) => ({label, paint: typeColour(type), filled: true}))
      .filter((_, type) => !hiddenTypes.has(type))
      .concat(conditionsThere.map(kind => report.conditions[kind])
        .map(label => ({label, paint: svgHatch(label), filled: true}))),
    draw: (pen, box) => drawJobsInto(gantt, pen, box),
    table: () => allocationsInView(gantt),
  });
  return gantt;
}

/** Shows these nodes, at least one.
 * @param {Gantt} gantt
 * @param {number} min
 * @param {number} max */
export function setNodes({plot, data}, min, max) {
  const all = data.nodes.length, span = Math.min(all, Math.max(1, max - min));
  const low = Math.max(0, Math.min(all - span, min));
  plot.setScale('y', {min: low, max: low + span});
}

/** @param {Gantt} gantt
 * @param {number} share of what is shown */
export function moveNodes(gantt, share) {
  const {min, max} = gantt.plot.scales.y;
  setNodes(gantt, min + share * (max - min), max + share * (max - min));
}

/** @param {Gantt} gantt
 * @returns {{head: string[], rows: Row[]}} */
function allocationsInView({plot, rects, data, jobs}) {
  const {x, y} = plot.scales;
  /** @type {Row[]} */
  const rows = [];
  for (let i = 0; i < rects.count; i++) {
    const job = rects.job[i];
    if (rects.x1[i] < x.min || rects.x0[i] > x.max || rects.y1[i] <= y.min || rects.y0[i] >= y.max ||
        hiddenTypes.has(jobs.type[job]))
      continue;
    const first = Math.floor(rects.y0[i]), last = first + (data.lane ? 1 : data.count[i]) - 1;
    rows.push([jobs.id[job], jobName(jobs, job), report.types[jobs.type[job]], report.statuses[jobs.status[job]],
      rects.x0[i], rects.x1[i], data.nodes[first], data.nodes[last], last - first + 1]);
  }
  return {head: ['job', 'name', 'type', 'status', 'begin (s)', 'end (s)', 'first node', 'last node', 'nodes'], rows};
}

/** @param {string} name */
const shorten = name => name.length > 11 ? `${name.slice(0, 4)}…${name.slice(-6)}` : name;
