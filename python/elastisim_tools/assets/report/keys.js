// @ts-check
/* What the keyboard does; report.html tells it. */
import {move, showEverything, zoom} from './time.js';
import {byId, jobField} from './words.js';
import {gantts} from './jobs.js';
import {moveNodes, setNodes} from './gantt.js';
import {bringIntoView} from './facts.js';
import {mark, selection} from './selection.js';
import {markNeighbour} from './panel.js';

/** @param {number} factor */
function zoomNodes(factor) {
  for (const gantt of gantts) {
    const {min, max} = gantt.plot.scales.y, middle = (min + max) / 2, half = factor * (max - min) / 2;
    setNodes(gantt, middle - half, middle + half);
  }
}

/** Anywhere but where one writes.
 * @type {Record<string, () => void>} */
const KEYS = {
  '+': () => zoom(0.5), '=': () => zoom(0.5), '-': () => zoom(2),
  '[': () => zoomNodes(2), ']': () => zoomNodes(0.5),
  ',': () => move(-0.5), '.': () => move(0.5),
  '0': showEverything,
  '/': () => { jobField().focus(); jobField().select(); },
  n: () => markNeighbour(1), p: () => markNeighbour(-1),
  z: () => selection.marked && bringIntoView(selection.marked),
  Escape: () => mark(null),
  t: () => byId('theme').click(),
  '?': () => {
    const help = /** @type {HTMLDetailsElement} */ (byId('keys'));
    help.open = !help.open;
    help.scrollIntoView({block: 'nearest'});
  },
};

/** With the focus on a chart, where they would otherwise scroll the page.
 * @type {Record<string, () => void>} */
const CHART_KEYS = {
  ArrowLeft: () => move(-0.25), ArrowRight: () => move(0.25),
  ArrowUp: () => gantts.forEach(gantt => moveNodes(gantt, -0.25)),
  ArrowDown: () => gantts.forEach(gantt => moveNodes(gantt, 0.25)),
  Home: showEverything,
};

/** @param {EventTarget | null} target */
const isWriting = target => target instanceof HTMLElement && target.matches('input:not([type=checkbox]), textarea, select');

export function watchKeys() {
  for (const {plot, run} of gantts) {
    plot.over.tabIndex = 0;
    plot.over.setAttribute('role', 'application');
    plot.over.setAttribute('aria-label', `Jobs on nodes of ${run.name}; the arrow keys move what is shown`);
  }
  addEventListener('keydown', event => {
    const onChart = event.target instanceof HTMLElement && event.target.matches('.u-over');
    if (event.ctrlKey || event.metaKey || event.altKey)
      return;
    if (isWriting(event.target) && event.key === 'Escape')
      return /** @type {HTMLElement} */ (event.target).blur();
    const act = isWriting(event.target) ? undefined : KEYS[event.key] ?? (onChart ? CHART_KEYS[event.key] : undefined);
    if (!act)
      return;
    event.preventDefault();
    act();
  });
}
