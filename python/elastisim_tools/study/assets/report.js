'use strict';
// Tables that can be sorted, and the comparison of two groups. What is chosen stands in the address.
(() => {
  const data = JSON.parse(document.getElementById('data').textContent);
  const state = new URLSearchParams(location.hash.startsWith('#?') ? location.hash.slice(2) : '');

  const keep = (name, value) => {
    state.set(name, value);
    history.replaceState(null, '', `#?${state}`);
  };

  // --- Sorting ---------------------------------------------------------------------------------------------
  const keyOf = (row, column) => {
    const cell = row.cells[column];
    const number = Number(cell.dataset.key);
    return cell.dataset.key === undefined || Number.isNaN(number) ? cell.textContent : number;
  };

  const compare = (a, b) => typeof a === 'number' && typeof b === 'number' ? a - b :
    typeof a === 'number' ? -1 : typeof b === 'number' ? 1 : a.localeCompare(b, 'en', {numeric: true});

  const sort = (table, column, direction) => {
    const body = table.tBodies[0];
    const rows = [...body.rows].sort((a, b) => direction * compare(keyOf(a, column), keyOf(b, column)));
    body.append(...rows);
    [...table.tHead.rows[0].cells].forEach((cell, place) => {
      if (place === column)
        cell.setAttribute('aria-sort', direction > 0 ? 'ascending' : 'descending');
      else
        cell.removeAttribute('aria-sort');
    });
  };

  for (const table of document.querySelectorAll('table.sortable')) {
    [...table.tHead.rows[0].cells].forEach((cell, column) => {
      cell.querySelector('button').addEventListener('click', () => {
        const direction = cell.getAttribute('aria-sort') === 'ascending' ? -1 : 1;
        sort(table, column, direction);
        keep(table.id, `${column},${direction}`);
      });
    });
    const [column, direction] = (state.get(table.id) || '').split(',').map(Number);
    if (direction && table.tHead.rows[0].cells[column])
      sort(table, column, direction);
  }

  // --- Files -----------------------------------------------------------------------------------------------
  const save = (name, blob) => {
    const link = document.createElement('a');
    link.href = URL.createObjectURL(blob);
    link.download = name;
    link.click();
    setTimeout(() => URL.revokeObjectURL(link.href), 10000);
  };

  const field = text => /[",\n]/.test(text) ? `"${text.replace(/"/g, '""')}"` : text;

  // As the table stands, with the exact figures beside what is shown of them.
  const textOf = table => {
    const rows = [...table.rows];
    const exact = [...rows[0].cells].map((_, place) => rows.some(row => row.cells[place].dataset.key !== undefined));
    const second = (cell, row) => row === rows[0] ? `${cell.textContent}, exact` : cell.dataset.key ?? '';
    return rows.map(row => [...row.cells].flatMap((cell, place) =>
      exact[place] ? [cell.textContent, second(cell, row)] : [cell.textContent]).map(field).join(',') + '\n').join('');
  };

  const svgOf = figure => new XMLSerializer().serializeToString(figure.querySelector('svg'));

  const imageOf = async figure => {
    const drawn = figure.querySelector('svg'), {width, height} = drawn.getBoundingClientRect();
    const image = new Image();
    const address = URL.createObjectURL(new Blob([svgOf(figure)], {type: 'image/svg+xml'}));
    image.src = address;
    await image.decode();
    const canvas = document.createElement('canvas');
    [canvas.width, canvas.height] = [2 * width, 2 * height];
    const pen = canvas.getContext('2d');
    pen.fillStyle = '#fff';
    pen.fillRect(0, 0, canvas.width, canvas.height);
    pen.drawImage(image, 0, 0, canvas.width, canvas.height);
    URL.revokeObjectURL(address);
    return new Promise(done => canvas.toBlob(done, 'image/png'));
  };

  const addSaving = (before, name, kinds) => {
    const buttons = document.createElement('p');
    buttons.className = 'save';
    for (const [kind, make] of Object.entries(kinds)) {
      const button = document.createElement('button');
      button.type = 'button';
      button.textContent = kind;
      button.setAttribute('aria-label', `${name}: save as ${kind}`);
      button.addEventListener('click', async () => save(`${name}.${kind.toLowerCase()}`, await make()));
      buttons.append(button);
    }
    before.before(buttons);
  };

  for (const table of document.querySelectorAll('table[id]'))
    addSaving(table.parentElement, table.id, {CSV: () => new Blob([textOf(table)], {type: 'text/csv'})});
  for (const figure of document.querySelectorAll('figure'))
    addSaving(figure, figure.id, {
      SVG: () => new Blob([svgOf(figure)], {type: 'image/svg+xml'}), PNG: () => imageOf(figure),
    });

  // --- Two groups ------------------------------------------------------------------------------------------
  const mean = values => values.reduce((sum, value) => sum + value, 0) / values.length;

  const digits = (value, like) => {
    const size = Math.abs(like || value);
    const places = size > 0 ? Math.min(6, Math.max(0, 3 - Math.floor(Math.log10(size)))) : 0;
    return value.toLocaleString('en', {minimumFractionDigits: places, maximumFractionDigits: places});
  };

  const withInterval = values => {
    if (values.length === 0)
      return '-';
    const middle = mean(values);
    if (values.length < 2)
      return digits(middle);
    const variance = values.reduce((sum, value) => sum + (value - middle) ** 2, 0) / (values.length - 1);
    const half = data.t[values.length - 1] * Math.sqrt(variance / values.length);
    return `${digits(middle)} ± ${digits(half, middle)}`;
  };

  const known = (group, metric) => Object.entries(data.groups[group])
    .filter(([, values]) => values[metric] !== null).map(([seed, values]) => [seed, values[metric]]);

  const first = document.getElementById('first');
  const second = document.getElementById('second');
  const comparison = document.getElementById('comparison');

  const row = (tag, texts) => {
    const line = document.createElement('tr');
    texts.forEach((text, place) => {
      const cell = document.createElement(place === 0 ? 'th' : tag);
      cell.textContent = text;
      line.append(cell);
    });
    return line;
  };

  const show = () => {
    const rows = data.metrics.map(([metric, label]) => {
      const a = new Map(known(first.value, metric));
      const b = new Map(known(second.value, metric));
      const both = [...b].filter(([seed]) => a.has(seed)).map(([seed, value]) => value - a.get(seed));
      return row('td', [label, withInterval([...a.values()]), withInterval([...b.values()]), withInterval(both)]);
    });
    comparison.replaceChildren(row('th', ['', first.value, second.value, 'difference']), ...rows);
  };

  const choose = (select, name, otherwise) => {
    const wanted = state.get(name);
    select.selectedIndex = Math.max(0, [...select.options].findIndex(option => option.value === wanted));
    if (wanted === null)
      select.selectedIndex = Math.min(otherwise, select.options.length - 1);
    select.addEventListener('change', () => {
      keep(name, select.value);
      show();
    });
  };

  choose(first, 'first', 0);
  choose(second, 'second', 1);
  show();
})();
