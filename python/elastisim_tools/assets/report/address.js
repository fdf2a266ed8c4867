// @ts-check
/* What the page shows stands in its address, so that a reload or whoever is sent it sees the same. */

const read = () => new URLSearchParams(location.hash.startsWith('#?') ? location.hash.slice(2) : '');
let state = read();
let timer = 0;

/** @param {string} name */
export const kept = name => state.get(name);

function write() {
  clearTimeout(timer);
  timer = 0;
  const text = state.toString();
  history.replaceState(null, '', text ? `#?${text}` : location.pathname + location.search);
}

/** Null takes it out. Browsers refuse to be told of each movement of a mouse, so it is written a little later.
 * @param {string} name
 * @param {string | null} value */
export function keep(name, value) {
  if (state.get(name) === value)
    return;
  if (value === null)
    state.delete(name);
  else
    state.set(name, value);
  if (!timer)
    timer = setTimeout(write, 150);
}

/** Calls when the address has been changed by hand, or by going back; and before the page is left it is written.
 * A way to a part of the page changes nothing.
 * @param {() => void} restore */
export function watchAddress(restore) {
  addEventListener('hashchange', () => {
    if (location.hash && !location.hash.startsWith('#?'))
      return;
    state = read();
    restore();
  });
  addEventListener('pagehide', () => timer && write());
}

/** A number that need not be longer than it is told apart.
 * @param {number} value */
export const short = value => String(+value.toPrecision(9));

/** @param {string} name
 * @returns {[number, number] | null} */
export function keptRange(name) {
  const [low, high, ...more] = (kept(name) ?? '').split(',').map(Number);
  return more.length === 0 && low < high && Number.isFinite(high - low) ? [low, high] : null;
}
