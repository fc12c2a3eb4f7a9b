// The settings in force, and which of them are not what they are by themselves.

import * as api from './api.js';
import { byId, emptiness, fill, make, skeleton } from './dom.js';
import { texts, word } from './language.js';
import { filterField, listHead } from './pager.js';
import { refine } from './router.js';

let settings = null;
let problem = null;

export const title = () => texts().pages.settings;

export function build(route) {
  const t = texts();
  load();
  return [
    listHead(t.pages.settings, t.settingsMore, filterField('find', t.findSetting, route, refine),
      make('label', { class: 'check' }, make('input', { type: 'checkbox', checked: route.filters.has('set'), onchange: (event) => refine({ set: event.target.checked ? '1' : null }) }), t.onlySet)),
    make('div', { id: 'settings' }, skeleton(8))];
}

export function draw(route) {
  const t = texts();
  const wanted = (route.filters.get('find') ?? '').toLowerCase();
  const shown = (settings ?? []).filter((one) => one.key.toLowerCase().includes(wanted) && (!route.filters.has('set') || one.set));
  fill(byId('settings'), JSON.stringify([t.languageName, settings === null, problem?.code, shown]), () => {
    if (problem) return emptiness('none', t.cannotLoad, t.refusal[problem.code] ?? problem.message);
    if (settings === null) return skeleton(8);
    if (!shown.length) return emptiness('none', t.noSettings);
    const groups = Map.groupBy(shown, (one) => one.key.split('.')[0]);
    return [...groups].map(([name, rows]) => make('section', { class: 'block', 'aria-labelledby': `group-${name}` },
      make('div', { class: 'block-head' }, make('h2', { id: `group-${name}` }, word('settingGroup', name)), make('code', { class: 'muted' }, name)),
      make('dl', { class: 'facts settings' }, rows.map(row))));
  });
}

function row(one) {
  const t = texts();
  return make('div', { class: one.set ? 'set' : '' },
    make('dt', {}, make('code', {}, one.key)),
    make('dd', {}, make('code', {}, word('settingValue', one.value)), one.set && one.preset !== one.value ? make('span', { class: 'muted' }, ` · ${t.preset} `, make('code', {}, word('settingValue', one.preset))) : null,
      one.set ? make('span', { class: 'badge status-disabled' }, t.isSet) : null));
}

async function load() {
  problem = null;
  try {
    settings = (await api.list('settings')).settings;
  } catch (error) {
    problem = error;
  }
  dispatchEvent(new Event('look'));
}
