// @ts-check
/* The legend of the job types. */
import {report, runs} from './data.js';
import {colour, hatch, penOf, repaints, typeColour} from './colours.js';
import {byId, element} from './words.js';
import {conditionsThere, gantts, hiddenTypes} from './jobs.js';
import {keep} from './address.js';

/** @type {HTMLElement[]} */
const typeButtons = [];

/** Shows in charts and legend which types are hidden. */
export function showHiddenTypes() {
  typeButtons.forEach((button, type) => button.setAttribute('aria-pressed', String(!hiddenTypes.has(type))));
  gantts.forEach(gantt => gantt.plot.redraw(false));
}


/** @param {() => void} changed is called when a type has been hidden or shown */
export function drawLegend(changed) {
  const legend = byId('legend');
  report.types.forEach((name, type) => {
    const swatch = element('i');
    const paint = () => { swatch.style.background = typeColour(type); };
    paint();
    repaints.push(paint);
    const button = element('button',
      {type: 'button', 'aria-pressed': 'true', title: `Show or hide ${name} jobs`}, swatch, name);
    button.addEventListener('click', () => {
      if (!hiddenTypes.delete(type))
        hiddenTypes.add(type);
      keep('hide', [...hiddenTypes].map(hidden => report.types[hidden]).join(',') || null);
      showHiddenTypes();
      changed();
    });
    typeButtons.push(button);
    legend.append(button);
  });
  /** @param {string} label
   * @param {(pen: Context) => void} draw */
  const sample = (label, draw) => {
    const canvas = element('canvas', {width: 44, height: 26});
    canvas.style.cssText = 'width:22px;height:13px';
    const paint = () => draw(penOf(canvas));
    paint();
    repaints.push(paint);
    legend.append(element('span', {}, canvas, label));
  };
  /** @param {Context} pen
   * @param {string} style */
  const fill = (pen, style) => { pen.globalAlpha = 1; pen.fillStyle = style; pen.fillRect(0, 0, 44, 26); };
  if (runs.some(run => run.gantt && run.gantt.changes.job.length))
    sample('reconfiguration', pen => {
      fill(pen, colour('line'));
      pen.fillStyle = colour('mark');
      pen.fillRect(20, 0, 4, 26);
    });
  /** @param {string} label
   * @param {string} below the name of a colour
   * @param {string} name of HATCHES
   * @param {number} strength */
  const hatched = (label, below, name, strength) => sample(label, pen => {
    fill(pen, colour(below));
    pen.globalAlpha = strength;
    pen.fillStyle = hatch(pen, 2, name);
    pen.fillRect(0, 0, 44, 26);
  });
  if (runs.some(run => run.jobs.status.includes(1)))
    hatched('killed', 'line', 'killed', 0.5);
  if (runs.some(run => run.gantt?.lost.includes(1)))
    hatched('lost its nodes', 'line', 'lost', 0.5);
  if (runs.some(run => run.gantt?.suspensions.job.length))
    hatched('suspended', 'line', 'suspended', 0.7);
  conditionsThere.map(kind => report.conditions[kind]).forEach(name => hatched(`node ${name}`, 'free', name, 0.7));
  sample('free', pen => {
    fill(pen, colour('free'));
    pen.strokeStyle = colour('line');
    pen.lineWidth = 2;
    pen.strokeRect(1, 1, 42, 24);
  });
}
