// Everything of the page but the map and one account's panel: the verdict, the counts, who needs attention, which endpoint is
// in trouble, and what changed.

import { now } from './api.js';
import { byId, fill, make } from './dom.js';
import { ago, clock, number, span, stateWord, texts, word } from './language.js';
import { endpointOf, model } from './model.js';

const states = ['connected', 'connecting', 'reconnecting', 'failed', 'disconnected', 'closed'];
const statuses = ['healthy', 'degraded', 'unhealthy', 'failed', 'quarantined', 'disabled'];
const shownRows = 8;

/// What stands out on the map: `{ kind: 'state' | 'status', name }`, or null for all.
export const filter = { chosen: null };

export function drawOverview(choose, open) {
  const totals = model.totals;
  if (!totals || !model.isLoaded) return;
  drawVerdict(totals);
  drawBar(totals);
  drawCounts(byId('states'), 'state', states.filter((name) => totals[name] > 0), totals, choose);
  drawCounts(byId('statuses'), 'status', statuses, totals.by_status, choose);
  drawAttention(open);
  drawEndpoints();
  drawFeed(open);
}

function drawVerdict(totals) {
  const t = texts();
  const { accounts, enabled, connected } = totals;
  const person = totals.by_status.quarantined;
  const waiting = Math.max(0, enabled - connected - person);
  let verdict = t.someConnected(number(connected), number(enabled));
  if (accounts === 0) verdict = t.noAccounts;
  else if (enabled === 0) verdict = t.noneEnabled;
  else if (connected >= enabled) verdict = t.allConnected(enabled);
  const more = [];
  if (accounts === 0) more.push(t.noAccountsMore);
  if (person > 0) more.push(t.needPerson(person));
  if (waiting > 0) more.push(t.recovering(waiting));
  const unwell = [...model.accounts.values()]
    .filter((account) => account.state === 'connected' && ['degraded', 'unhealthy'].includes(account.status)).length;
  if (unwell > 0) more.push(t.unwell(unwell));
  if (accounts > 0 && person + waiting + unwell === 0) more.push(t.allWell);
  if (accounts > enabled && enabled > 0) more.push(t.off(accounts - enabled));
  byId('verdict').textContent = verdict;
  byId('verdict-more').textContent = more.join(' ');
  document.title = enabled > 0 ? `${connected}/${enabled} · Holdfast` : 'Holdfast';
}

function drawBar(totals) {
  const bar = byId('state-bar');
  fill(bar, 'made', () => states.map((name) => make('span', { class: `state-${name}` })));
  states.forEach((name, index) => {
    bar.children[index].style.flexGrow = totals[name];
    bar.children[index].hidden = !totals[name];
  });
}

function drawCounts(element, kind, names, counts, choose) {
  const isChosen = (name) => filter.chosen?.kind === kind && filter.chosen.name === name;
  const key = JSON.stringify([texts().languageName, names.map((name) => [name, counts[name], isChosen(name)])]);
  fill(element, key, () => names.map((name) => make('button', {
    type: 'button', class: `count ${kind}-${name}${counts[name] ? '' : ' none'}`, 'aria-pressed': String(isChosen(name)),
    title: texts().filterHint, data: { [kind]: name }, onclick: () => choose(isChosen(name) ? null : { kind, name }),
  }, make('span', { class: 'dot' }), make('b', {}, number(counts[name])), make('span', {}, word(kind, name)))));
}

// The worst first: the status, then the health.
const severity = { quarantined: 0, failed: 1, unhealthy: 2, degraded: 3 };

function drawAttention(open) {
  const sick = [...model.accounts.values()].filter((account) => account.status in severity)
    .sort((a, b) => severity[a.status] - severity[b.status] || a.health - b.health || (a.id < b.id ? -1 : 1));
  const shown = sick.slice(0, shownRows);
  const key = JSON.stringify([texts().languageName, sick.length, shown.map((account) => [account.id, account.status, account.state, account.last_failure?.code, account.next_attempt_at])]);
  fill(byId('attention'), key, () => {
    if (!shown.length) return make('li', { class: 'empty' }, texts().noAttention);
    const rows = shown.map((account) => make('li', {}, make('button', { type: 'button', class: 'row', onclick: () => open(account.id) },
      make('span', { class: `dot status-${account.status}` }),
      make('b', {}, account.id),
      make('span', { class: 'muted grow' }, [stateWord(account), trouble(account)].filter(Boolean).join(' · ')),
      account.next_attempt_at ? make('span', { class: 'muted', data: { until: account.next_attempt_at } }) : null)));
    if (sick.length > shown.length) rows.push(make('li', { class: 'empty' }, texts().moreAttention(number(sick.length - shown.length))));
    return rows;
  });
  refreshTimes();
}

// The failure while there is one to recover from; a connected account has other reasons.
const trouble = (account) => (account.failures > 0 && account.last_failure ? account.last_failure.code
  : account.reasons[0] ? word('healthReason', account.reasons[0].code) : '');

// Classes of failure that speak against the endpoint and not against the account.
const endpointClasses = ['network', 'server', 'dropped', 'protocol'];

function drawEndpoints() {
  const endpoints = new Map();
  for (const account of model.accounts.values()) {
    if (!account.enabled) continue;
    const name = endpointOf(account);
    const entry = endpoints.get(name) ?? { name, all: 0, connected: 0, failing: 0, isPaused: false, codes: new Map() };
    endpoints.set(name, entry);
    entry.all += 1;
    if (account.reasons.some((reason) => reason.code === 'breaker_open')) entry.isPaused = true;
    if (account.state === 'connected') entry.connected += 1;
    else if (account.failures > 0 && endpointClasses.includes(account.last_failure?.class)) {
      entry.failing += 1;
      entry.codes.set(account.last_failure.code, (entry.codes.get(account.last_failure.code) ?? 0) + 1);
    }
  }
  const sick = [...endpoints.values()].filter((entry) => entry.failing > 0).sort((a, b) => b.failing - a.failing).slice(0, shownRows);
  const key = JSON.stringify([texts().languageName, sick.map((entry) => [entry.name, entry.connected, entry.all, entry.isPaused, [...entry.codes]])]);
  fill(byId('endpoints'), key, () => {
    if (!sick.length) return make('li', { class: 'empty' }, texts().noEndpoints);
    return sick.map((entry) => make('li', { class: 'endpoint' },
      make('b', {}, entry.name),
      make('span', { class: 'muted' }, texts().endpointLine(number(entry.connected), number(entry.all)),
        entry.isPaused ? ` · ${texts().breakerOpen}` : ''),
      make('span', { class: 'codes' }, [...entry.codes].sort((a, b) => b[1] - a[1]).slice(0, 3)
        .map(([code, count]) => make('code', { title: word('failureClass', code.split('.')[0]) }, `${code} ×${count}`)))));
  });
}

function drawFeed(open) {
  const key = JSON.stringify([texts().languageName, model.feed.map((entry) => [entry.account, entry.at, entry.to])]);
  fill(byId('feed'), key, () => {
    if (!model.feed.length) return make('li', { class: 'empty' }, texts().noFeed);
    return model.feed.map((entry) => make('li', {},
      make('time', { datetime: entry.at, title: entry.at }, clock(entry.at)),
      make('span', { class: `dot state-${entry.to}` }),
      make('span', {}, make('button', { type: 'button', class: 'link', onclick: () => open(entry.account) }, entry.account), ' ',
        word('state', entry.to), make('span', { class: 'muted' }, ` · ${entry.code ?? word('reason', entry.reason)}`))));
  });
}

/// The connection to Holdfast itself.
export function drawConnection() {
  const t = texts();
  const live = byId('live');
  live.textContent = model.isLive ? t.live : model.lostSince ? t.lostShort : t.connecting;
  live.className = `live ${model.isLive ? 'on' : 'off'}`;
  const lost = byId('lost');
  lost.hidden = !model.lostSince;
  if (model.lostSince) {
    lost.textContent = model.lostBecause?.code === 'too_many_viewers' ? t.tooManyViewers : t.lost(ago(new Date(model.lostSince).toISOString()));
  }
  document.body.classList.toggle('stale', Boolean(model.lostSince));
}

/// Writes every relative time anew; once a second.
export function refreshTimes() {
  for (const element of document.querySelectorAll('[data-ago]')) element.textContent = ago(element.dataset.ago);
  for (const element of document.querySelectorAll('[data-until]')) {
    const left = Date.parse(element.dataset.until) - now();
    element.textContent = left > 500 ? texts().nextAttemptIn(span(left)) : texts().nextAttemptNow;
  }
}
