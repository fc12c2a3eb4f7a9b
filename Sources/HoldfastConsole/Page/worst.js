// Who needs attention, the worst first; or, with filters, who matches them, and what can be done about all of these at once.

import * as api from './api.js';
import { ask } from './ask.js';
import { byId, emptiness, fill, make, skeleton, toast } from './dom.js';
import { number, stateWord, texts, word } from './language.js';
import { ask as lookAgain, model } from './model.js';
import { address, refine } from './router.js';
import { may } from './role.js';

const few = 12;
const many = 200;
const askEvery = 2000;
const bulk = ['reconnect', 'restart', 'enable', 'disable', 'release'];

let shown = null;
let shownFor = null;
let askedAt = -Infinity;
let seen = null;
let isAsking = false;

export function buildWorst() {
  const t = texts();
  shown = null;
  shownFor = null;
  return make('section', { class: 'block', 'aria-labelledby': 'attention-title' },
    make('div', { class: 'block-head' }, make('h2', { id: 'attention-title' }, t.attention), make('div', { id: 'filters', class: 'filters' })),
    make('div', { id: 'bulk', class: 'actions bulk' }),
    make('ul', { id: 'attention', class: 'rows' }, skeleton(4)), make('p', { id: 'attention-more' }));
}

export function drawWorst(filters, isAll) {
  const isFiltered = Boolean(filters.q || filters.state || filters.status);
  const wanted = JSON.stringify([filters, isAll]);
  load(filters, isAll ? many : few, wanted);
  if (shown === null || shownFor !== wanted) return;
  const t = texts();
  const rows = isFiltered || isAll ? shown : shown.filter((account) => !['healthy', 'disabled'].includes(account.status));
  byId('attention-title').textContent = isFiltered ? t.matching : t.attention;
  drawFilters(filters);
  drawBulk(filters, isFiltered, rows.length);
  const key = JSON.stringify([t.languageName, wanted, rows.map((one) => [one.id, one.state, one.status, one.health, one.last_failure?.code, one.next_attempt_at, one.reasons])]);
  fill(byId('attention'), key, () => {
    if (rows.length) return rows.map(row);
    if (model.totals.accounts === 0) return make('li', {}, emptiness('none', t.noAccounts, t.noAccountsMore));
    return make('li', {}, isFiltered ? emptiness('none', t.nothingFound) : emptiness('well', t.allWell, t.noAttention));
  });
  drawMore(isFiltered, isAll, rows.length);
}

function row(account) {
  const t = texts();
  const reason = account.reasons.find((one) => !['not_connected', 'failures', 'quarantined', 'failed', 'disabled'].includes(one.code));
  const why = account.quarantine ? word('quarantineShort', account.quarantine)
    : account.failures > 0 && account.last_failure ? word('failureClass', account.last_failure.class)
      : reason ? word('healthReason', reason.code) : '';
  return make('li', {}, make('a', { class: 'row', href: address('account', account.id) },
    make('span', { class: `dot status-${account.status}${account.state === 'connected' ? '' : ' hollow'}` }),
    make('b', { class: 'name' }, account.id),
    make('span', { class: 'muted' }, stateWord(account)),
    make('span', { class: 'grow' }, why, account.failures > 0 && account.last_failure ? make('code', {}, account.last_failure.code) : null),
    account.next_attempt_at ? make('span', { class: 'muted next', data: { until: account.next_attempt_at } }) : null,
    make('span', { class: `score-chip status-${account.status}`, title: t.health }, String(account.health))));
}

function drawFilters(filters) {
  const t = texts();
  const set = Object.entries(filters).filter(([, value]) => value);
  fill(byId('filters'), JSON.stringify([t.languageName, set]), () => set.map(([kind, value]) => make('button', {
    type: 'button', class: 'filter', 'aria-label': t.dropFilter, onclick: () => refine({ [kind]: null, more: null }),
  }, kind === 'q' ? `“${value}”` : word(kind, value), ' ✕')));
}

function drawBulk(filters, isFiltered, count) {
  const t = texts();
  const isOffered = isFiltered && count > 0 && may('operator');
  fill(byId('bulk'), JSON.stringify([t.languageName, isOffered, filters]), () => (isOffered ? bulk.map((action) => make('button', {
    type: 'button', data: { bulk: action }, onclick: () => performOnMany(filters, action),
  }, `${t.action[action]}…`)) : []));
}

async function performOnMany(filters, action) {
  const t = texts();
  const filter = Object.fromEntries(Object.entries(filters).filter(([, value]) => value));
  const words = Object.entries(filter).map(([kind, value]) => (kind === 'q' ? `“${value}”` : word(kind, value))).join(' · ');
  if (!await ask(t.askMany(t.action[action]), t.askManyMore(words), t.action[action])) return;
  try {
    const { matched, applied } = await api.actOnMany({ filter }, action);
    toast(t.doneMany(t.action[action], number(applied), number(matched)));
    lookAgain();
  } catch (error) {
    toast(t.refusal[error.code] ?? error.message, 'bad');
  }
}

function drawMore(isFiltered, isAll, count) {
  const t = texts();
  const all = isFiltered ? count : model.totals.accounts - model.totals.by_status.healthy - model.totals.by_status.disabled;
  const isCut = !isAll && (isFiltered ? count === few : all > count);
  fill(byId('attention-more'), JSON.stringify([t.languageName, isCut, isAll, all]), () => {
    if (isCut) return make('button', { type: 'button', class: 'quiet', onclick: () => refine({ more: 'all' }) }, isFiltered ? t.more : t.moreAttention(number(all - count)));
    return isAll ? make('button', { type: 'button', class: 'quiet', onclick: () => refine({ more: null }) }, t.fewer) : [];
  });
}

// Asked again when the fleet has changed, and not more often than it can be read.
async function load(filters, limit, wanted) {
  const now = performance.now();
  const isOther = shownFor !== wanted;
  if (isAsking || (!isOther && (now - askedAt < askEvery || (seen === model.version && now - askedAt < 5 * askEvery)))) return;
  isAsking = true;
  askedAt = now;
  seen = model.version;
  try {
    shown = (await api.list('accounts', { ...filters, sort: 'worst', limit })).accounts;
    shownFor = wanted;
  } catch { /* The next look comes soon. */ } finally {
    isAsking = false;
  }
  dispatchEvent(new Event('look'));
}
