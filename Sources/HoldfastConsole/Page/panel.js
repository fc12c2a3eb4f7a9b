// One account: how it is, why, what comes next, what happened, and what can be done about it.

import * as api from './api.js';
import { ask } from './ask.js';
import { byId, fill, make, toast } from './dom.js';
import { ago, fullTime, isChinese, replyTime, texts, word } from './language.js';
import { accept, model } from './model.js';
import { refreshTimes } from './overview.js';

const timelineLength = 50;
const panel = byId('panel');
let shown = null;
let entries = null;
let seenChange = null;

/// Shows an account; null closes the panel. The address keeps it, so that it can be reloaded, sent and gone back from.
export function openAccount(id) {
  location.hash = id === null ? '' : `account/${encodeURIComponent(id)}`;
}

export function startPanel() {
  panel.addEventListener('close', () => { if (shown !== null) openAccount(null); });
  panel.addEventListener('click', (event) => { if (event.target === panel) panel.close(); });
  addEventListener('hashchange', followAddress);
  followAddress();
}

function followAddress() {
  const match = /^#account\/(.+)$/.exec(location.hash);
  let id = null;
  try { id = match && decodeURIComponent(match[1]); } catch { /* not an address of ours */ }
  if (id === shown) return;
  shown = id;
  entries = null;
  seenChange = null;
  delete panel.dataset.key;
  if (id === null) panel.close();
  else if (!panel.open) panel.showModal();
  drawPanel();
}

/// Draws the account that is shown, if one is.
export function drawPanel() {
  if (shown === null || !model.isLoaded) return;
  const account = model.accounts.get(shown);
  if (account && account.last_state_change_at !== seenChange) {
    seenChange = account.last_state_change_at;
    loadTimeline(shown);
  }
  // What only grows older is kept up by its time elements; building anew would take the focus away.
  fill(panel, JSON.stringify([texts().languageName, account ?? shown, entries?.length, entries?.[0]?.at]), () => (account
    ? [head(account), body(account)] : [head({ id: shown }), make('p', { class: 'empty' }, texts().gone)]));
  refreshTimes();
}

async function loadTimeline(id) {
  try {
    const answer = await api.timeline(id, timelineLength);
    if (id === shown) { entries = answer.entries; drawPanel(); }
  } catch { /* Shown again with the next change. */ }
}

function head(account) {
  return make('header', { class: 'panel-head' },
    make('div', {},
      make('h2', { id: 'panel-title' }, account.id),
      account.state ? make('p', { class: 'badges' },
        make('span', { class: `badge state-${account.state}` }, word('state', account.state)),
        word('state', account.state) === word('status', account.status) ? null
          : make('span', { class: `badge status-${account.status}` }, word('status', account.status))) : null),
    make('button', { type: 'button', class: 'quiet', 'aria-label': texts().close, onclick: () => panel.close() }, '✕'));
}

function body(account) {
  return make('div', { class: 'panel-body' },
    actions(account), condition(account), facts(account), failure(account.last_failure), past());
}

function actions(account) {
  const list = account.enabled
    ? [...(account.quarantine ? ['release'] : ['reconnect', 'restart']), 'disable'] : ['enable'];
  return make('div', { class: 'actions' }, list.map((action) => make('button', {
    type: 'button', data: { action }, class: ['release', 'enable', 'reconnect'].includes(action) ? 'primary' : '',
    onclick: () => perform(account.id, action),
  }, texts().action[action] + (action in texts().ask ? '…' : ''))));
}

async function perform(id, action) {
  const t = texts();
  if (action in t.ask && !await ask(t.ask[action](id), t.askMore[action], t.action[action])) return;
  try {
    accept(await api.act(id, action));
    toast(t.done[action](id));
  } catch (error) {
    toast(t.failedAction(id, t.refusal[error.code] ?? error.message), 'bad');
  }
}

function condition(account) {
  const t = texts();
  const level = make('span', { class: `level status-${account.status}`, role: 'meter', 'aria-label': t.health, 'aria-valuenow': account.health },
    make('span'));
  level.firstChild.style.width = `${account.health}%`;
  const reasons = account.reasons.map((reason) => make('li', { title: reason.code }, word('healthReason', reason.code),
    reason.detail ? make('span', { class: 'muted' }, ` · ${reason.detail}`) : null));
  return make('section', { class: 'condition' },
    make('p', { class: 'score' }, make('b', {}, String(account.health)), make('span', { class: 'muted' }, t.health), level),
    account.quarantine ? make('p', { class: 'notice' }, word('quarantine', account.quarantine)) : null,
    account.next_attempt_at ? make('p', { class: 'notice' }, make('b', { data: { until: account.next_attempt_at } }),
      make('span', { class: 'muted' }, ` · ${word('ladder', account.ladder)}`)) : null,
    reasons.length ? make('ul', { class: 'reasons' }, reasons) : account.health === 100 ? make('p', { class: 'muted' }, t.fullHealth) : null);
}

function facts(account) {
  const t = texts();
  const reply = account.reply_ms === null ? null : ` (${t.replyTook(replyTime(account.reply_ms))})`;
  const rows = [
    [t.stateSince, time(account.last_state_change_at)],
    [account.state === 'connected' ? t.connectedSince : t.lastConnected, time(account.last_connected_at)],
    [t.lastBeat, time(account.last_heartbeat_sent_at)],
    [t.lastReply, [time(account.last_heartbeat_reply_at), reply]],
    [t.lastMessage, time(account.last_message_at)],
    [t.failures, String(account.failures)],
    [t.endpoint, account.url],
    [t.dialect, account.dialect],
    [t.attempt, t.attemptValue(account.generation, account.incarnation)],
  ];
  return make('dl', { class: 'facts' }, rows.map(([name, value]) => make('div', {}, make('dt', {}, name), make('dd', {}, value))));
}

const time = (value) => (value
  ? make('time', { datetime: value, title: fullTime(value), data: { ago: value } }, ago(value)) : texts().never);

function failure(last) {
  if (!last) return null;
  const t = texts();
  return make('section', {},
    make('h3', {}, t.lastFailure),
    make('div', { class: 'failure' },
      make('p', {}, make('code', {}, last.code), ' ', make('span', { class: 'muted' }, time(last.at), ' · ', t.inPhase(word('phase', last.phase)))),
      make('p', {}, make('b', {}, word('failureClass', last.class))),
      make('p', { lang: isChinese() ? 'en' : null }, last.message)));
}

function past() {
  const t = texts();
  return make('section', {},
    make('h3', {}, t.timeline),
    entries?.length ? make('ol', { class: 'timeline' }, entries.map((entry) => make('li', { class: `state-${entry.to}` },
      make('time', { datetime: entry.at, title: entry.at }, fullTime(entry.at)),
      make('span', {}, make('b', {}, word('state', entry.to)), make('span', { class: 'muted' }, ` · ${word('reason', entry.reason)}`)),
      entry.code ? make('code', {}, entry.code) : null))) : make('p', { class: 'muted' }, entries ? t.noTimeline : '…'));
}
