// @ts-check
/* How points in time, durations and other figures read. */

/** @param {number} number */
const two = number => String(number).padStart(2, '0');

/** A point of simulated time: "1 d 03:04:05".
 * @param {number} seconds
 * @param {boolean} [withSeconds] */
export function clock(seconds, withSeconds = true) {
  const whole = Math.floor(seconds + 1e-6);
  const days = Math.floor(whole / 86400);
  const text = `${two(Math.floor(whole / 3600) % 24)}:${two(Math.floor(whole / 60) % 60)}` +
    (withSeconds ? `:${two(whole % 60)}` : '');
  return days > 0 ? `${days} d ${text}` : text;
}

/** @param {number} seconds */
export function duration(seconds) {
  if (seconds < 99.95)
    return `${seconds.toFixed(1)} s`;
  const whole = Math.round(seconds);
  if (whole < 3600)
    return `${Math.floor(whole / 60)} min ${two(whole % 60)} s`;
  const minutes = Math.round(seconds / 60);
  if (minutes < 1440)
    return `${Math.floor(minutes / 60)} h ${two(minutes % 60)} min`;
  const hours = Math.round(seconds / 3600);
  return `${Math.floor(hours / 24)} d ${two(hours % 24)} h`;
}

/** @param {number} value */
function rate(value) {
  const units = ['B/s', 'kB/s', 'MB/s', 'GB/s', 'TB/s', 'PB/s'];
  let unit = 0;
  for (; value >= 1000 && unit < units.length - 1; unit++)
    value /= 1000;
  return `${+value.toPrecision(3)} ${units[unit]}`;
}

/** @param {number} value */
function watts(value) {
  const units = ['W', 'kW', 'MW', 'GW'];
  let unit = 0;
  for (; value >= 1000 && unit < units.length - 1; unit++)
    value /= 1000;
  return `${+value.toPrecision(4)} ${units[unit]}`;
}

/** @param {number} joules */
export const energyText = joules => `${(joules / 3.6e6).toLocaleString('en', {maximumSignificantDigits: 5})} kWh`;
/** @param {number} value */
export const figureText = value => value.toLocaleString('en', {maximumSignificantDigits: 5});

/** @type {Record<Unit, (value: number) => string>} */
export const SHOW = {
  count: value => +value.toFixed(1) + '',
  percent: value => `${(100 * value).toFixed(1)} %`,
  'bytes/s': rate, W: watts,
};
/** @type {Record<Unit, (value: number) => string>} */
export const SHOW_TICK = {
  count: value => Number.isInteger(value) ? value.toLocaleString('en') : '',
  percent: value => `${+(100 * value).toPrecision(3)} %`,
  'bytes/s': rate, W: watts,
};

/** @template {keyof HTMLElementTagNameMap} T
 * @param {T} tag
 * @param {Record<string, string | number>} [attributes]
 * @param {...(Node | string)} children
 * @returns {HTMLElementTagNameMap[T]} */
export function element(tag, attributes = {}, ...children) {
  const node = document.createElement(tag);
  for (const [key, value] of Object.entries(attributes))
    node.setAttribute(key, String(value));
  node.append(...children);
  return node;
}

/** What report.html has under this name.
 * @param {string} id
 * @returns {HTMLElement} */
export function byId(id) {
  const found = document.getElementById(id);
  if (!found)
    throw new Error(`the page has no ${id}`);
  return found;
}

/** @returns {HTMLInputElement} where a job to be found is typed */
export const jobField = () => /** @type {HTMLInputElement} */ (byId('job'));

export const MINUTE = 60, HOUR = 3600, DAY = 86400;

/** @param {number} seconds */
export function shortTime(seconds) {
  for (const {unit, length} of [{unit: 'd', length: DAY}, {unit: 'h', length: HOUR}, {unit: 'min', length: MINUTE}])
    if (seconds >= length)
      return `${+(seconds / length).toPrecision(3)} ${unit}`;
  return `${+seconds.toPrecision(3)} s`;
}
