// Finding an account from anywhere: type a part of its name, choose, or take all that match to the map.

import { byId, fill, make } from './dom.js';
import { stateWord, texts } from './language.js';
import { model, stateOf, statusOf } from './model.js';
import { address, go } from './router.js';

const most = 8;
let found = [];
let chosen = -1;

const wanted = () => byId('search').value.trim().toLowerCase();

export function startSearch() {
  const field = byId('search');
  field.addEventListener('input', () => { chosen = -1; look(); });
  field.addEventListener('focus', look);
  field.addEventListener('blur', () => setTimeout(close, 150));
  field.addEventListener('keydown', (event) => {
    if (event.key === 'Escape') { field.value = ''; field.blur(); close(); }
    if (event.key === 'ArrowDown' || event.key === 'ArrowUp') {
      event.preventDefault();
      chosen = Math.max(-1, Math.min(found.length - 1, chosen + (event.key === 'ArrowDown' ? 1 : -1)));
      look();
    }
    if (event.key === 'Enter') enter();
  });
}

export function translateSearch() {
  byId('search').placeholder = texts().search;
  byId('search').setAttribute('aria-label', texts().search);
  byId('found').setAttribute('aria-label', texts().accounts);
}

function enter() {
  const text = wanted();
  if (!text) return;
  const exact = found.find((id) => id.toLowerCase() === text);
  const one = chosen >= 0 ? found[chosen] : exact ?? (found.length === 1 ? found[0] : null);
  if (one) go('account', one); else go('fleet', null, { q: text });
  byId('search').value = '';
  byId('search').blur();
  close();
}

function close() {
  byId('found').hidden = true;
  byId('search').setAttribute('aria-expanded', 'false');
}

// Names that begin with what was typed come first.
function look() {
  const text = wanted();
  if (!text) { close(); return; }
  const begins = [];
  const contains = [];
  for (const id of model.ids) {
    const at = id.toLowerCase().indexOf(text);
    if (at === 0) begins.push(id); else if (at > 0 && contains.length < most) contains.push(id);
    if (begins.length === most) break;
  }
  found = [...begins, ...contains].slice(0, most);
  const list = byId('found');
  fill(list, JSON.stringify([texts().languageName, found, chosen, text]), () => [
    ...found.map((id, index) => option(id, index)),
    make('li', { class: 'hint muted', role: 'presentation' }, found.length ? texts().searchHint : texts().nothingFound),
  ]);
  list.hidden = false;
  byId('search').setAttribute('aria-expanded', 'true');
  if (chosen >= 0) byId('search').setAttribute('aria-activedescendant', `found-${chosen}`);
  else byId('search').removeAttribute('aria-activedescendant');
}

function option(id, index) {
  const place = model.places.get(id);
  return make('li', { id: `found-${index}`, role: 'option', 'aria-selected': String(index === chosen) },
    make('a', { href: address('account', id), tabindex: '-1', onclick: () => { byId('search').value = ''; close(); } },
      make('span', { class: `dot status-${statusOf(place)}` }), make('b', { class: 'name' }, id),
      make('span', { class: 'muted' }, stateWord({ state: stateOf(place), status: statusOf(place) }))));
}
