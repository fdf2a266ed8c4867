// @ts-check
/* Who has had how much energy: tables by part of the machine, by use and by user, for each run. */
import {runs, several} from './data.js';
import {byId, element, energyText, figureText} from './words.js';
import {saveTable} from './saving.js';

/** Titles by kind, in the order of the tables.
 * @type {Record<string, string>} */
const SHARE_TITLES = {machine: 'Machine', part: 'Part', use: 'Use', user: 'User'};

/** @param {Share} share */
const shareName = ({kind, name}) => kind === 'machine' ? 'all' : name || 'nobody';

/** Those that have some, in the order of SHARE_TITLES, and those of users with the most first.
 * @param {Share[]} shares */
function sharesToShow(shares) {
  return Object.keys(SHARE_TITLES).flatMap(kind => {
    const own = shares.filter(share => share.kind === kind && (share.energy > 0 || kind !== 'part'));
    return kind === 'user' ? own.sort((a, b) => b.energy - a.energy) : own;
  });
}

/** @param {Share[]} shares
 * @param {'cost' | 'emissions'} key */
const isKnownOf = (shares, key) => shares.some(share => share[key] !== null);

/** @param {Share[]} shares */
function sharesTable(shares) {
  const all = shares.find(({kind}) => kind === 'machine')?.energy ?? 0;
  const withCost = isKnownOf(shares, 'cost'), withEmissions = isKnownOf(shares, 'emissions');
  const head = ['Share', 'Of', 'Energy', 'of all', ...(withCost ? ['Cost'] : []), ...(withEmissions ? ['kg CO₂'] : [])];
  const rows = sharesToShow(shares).map(share => element('tr', {},
    element('th', {scope: 'row'}, SHARE_TITLES[share.kind]), element('td', {}, shareName(share)),
    ...[energyText(share.energy), all > 0 ? `${(100 * share.energy / all).toFixed(1)} %` : '',
      ...(withCost ? [figureText(share.cost ?? 0)] : []),
      ...(withEmissions ? [figureText((share.emissions ?? 0) / 1000)] : []),
    ].map(text => element('td', {}, text))));
  return element('div', {class: 'wide', tabindex: 0}, element('table', {class: 'shares'},
    element('thead', {}, element('tr', {}, ...head.map(title =>
      element('th', {scope: 'col'}, title)))),
    element('tbody', {}, ...rows)));
}

function rowsToSave() {
  return runs.flatMap(({name, shares}) => sharesToShow(shares ?? []).map(share => [
    name, share.kind, share.name, share.energy, share.cost ?? '', share.emissions ?? '']));
}

export function drawShares() {
  const measured = runs.filter(({shares}) => shares?.length);
  byId('energy').hidden = !measured.length;
  for (const {name, shares} of measured)
    byId('shares').append(...(several ? [element('h3', {}, name)] : []), sharesTable(shares ?? []));
  byId('save-energy').addEventListener('click', () => saveTable('energy', {
    head: ['run', 'share', 'name', 'energy (J)', 'energy cost', 'emissions (g)'], rows: rowsToSave()}));
}
