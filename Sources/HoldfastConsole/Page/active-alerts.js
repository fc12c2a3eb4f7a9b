// The alerts that are active now, in short. The page of alerts has the rest.

import * as api from './api.js';
import { byId, fill, make } from './dom.js';
import { number, texts } from './language.js';
import { address } from './router.js';
import { alertRow } from './alert-texts.js';

const shownRows = 5;
const askEvery = 5000;

let alerts = null;
let askedAt = -Infinity;

export function buildActiveAlerts() {
  return make('section', { id: 'alerts-block', class: 'block', 'aria-labelledby': 'alerts-now', hidden: alerts === null },
    make('div', { class: 'block-head' }, make('h2', { id: 'alerts-now' }, texts().activeAlerts),
      make('a', { class: 'muted', href: address('alerts') }, texts().all)),
    make('ul', { id: 'alerts-list', class: 'rows' }));
}

export function drawActiveAlerts() {
  lookForAlerts();
  const block = byId('alerts-block');
  if (!block || alerts === null) return;
  block.hidden = false;
  const t = texts();
  fill(byId('alerts-list'), JSON.stringify([t.languageName, alerts]), () => (alerts.length
    ? [...alerts.slice(0, shownRows).map(alertRow), alerts.length > shownRows ? make('li', { class: 'muted' }, t.moreAttention(number(alerts.length - shownRows))) : null]
    : make('li', { class: 'empty' }, t.noAlerts)));
}

/// How many are active; null as long as nobody knows.
export const activeAlerts = () => alerts;

/// Asks again, at once if something about alerts was heard.
export async function lookForAlerts(isHeard = false) {
  const now = performance.now();
  if (!isHeard && now - askedAt < askEvery) return;
  askedAt = now;
  try {
    alerts = (await api.list('alerts', { active: 'true', limit: 100 })).alerts;
  } catch { /* Asked again soon. */ }
}
