// The keyboard: `/` finds, `g` and a letter goes, `j` and `k` walk through lists, `?` says so.

import { inform } from './ask.js';
import { byId, make } from './dom.js';
import { texts } from './language.js';
import { go, here } from './router.js';

const goes = { f: 'fleet', a: 'alerts', l: 'letters', p: 'pauses', u: 'audit', s: 'settings' };
const prefixFor = 1500;
let prefixAt = -Infinity;

export function startKeys(pages) {
  addEventListener('keydown', (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey || event.target.closest?.('input, select, textarea')) return;
    if (document.querySelector('dialog[open]')) return;
    const isGoing = performance.now() - prefixAt < prefixFor;
    prefixAt = event.key === 'g' ? performance.now() : -Infinity;
    if (isGoing && goes[event.key]) { event.preventDefault(); go(goes[event.key]); return; }
    const act = actions[event.key];
    if (!act) return;
    if (act(here(Object.keys(pages))) !== false) event.preventDefault();
  });
}

const actions = {
  '/': () => byId('search').focus(),
  '?': () => inform(texts().keysTitle, make('dl', { class: 'keys' }, texts().keys.map(([key, what]) => make('div', {}, make('dt', {}, make('kbd', {}, key)), make('dd', {}, what))))),
  j: () => walk(1),
  k: () => walk(-1),
  Escape: (route) => (route.page === 'account' ? go('fleet') : false),
};

function walk(step) {
  const rows = [...document.querySelectorAll('#view .row[href], #view summary, #view .item')]
    .map((row) => (row.matches('.item') ? row.querySelector('summary, a, button') : row))
    .filter((row, index, all) => row?.offsetParent && all.indexOf(row) === index);
  const next = rows[Math.max(0, Math.min(rows.length - 1, rows.indexOf(document.activeElement) + step))];
  if (!next) return false;
  next.focus();
  next.scrollIntoView({ block: 'nearest' });
  return true;
}
