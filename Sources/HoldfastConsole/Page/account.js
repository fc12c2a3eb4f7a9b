// One account: how it is, why, what comes next, what happened, and what can be done about it.

import * as api from './api.js';
import { buildCurves, drawCurves } from './account-curves.js';
import { ask } from './ask.js';
import { byId, emptiness, fill, icon, make, skeleton, toast } from './dom.js';
import { failureWords, quote, reasonDetail } from './failure-texts.js';
import { figures, intervals } from './history.js';
import { fullTime, number, percent, replyTime, roughly, span, texts, timeAgo, word } from './language.js';
import { ask as lookAgain } from './model.js';
import { may, roleName } from './role.js';
import { address } from './router.js';
import { sample } from './samples.js';

const askEvery = 2000;
const shortTimeline = 30;
const longTimeline = 1000;
const rungs = ['none', 'renew', 'restart', 'quarantine'];
const hour = 3_600_000;

let id = null;
let account = null;
let isGone = false;
let entries = null;
let seenChange = null;
let askedAt = -Infinity;
let isLong = false;

export const title = () => id;

export function build(route) {
  if (route.argument !== id) {
    id = route.argument ?? '';
    account = null;
    entries = null;
    isLong = false;
  }
  isGone = false;
  seenChange = null;
  askedAt = -Infinity;
  const t = texts();
  const block = (name, heading, content) => make('section', { class: 'block', 'aria-labelledby': `${name}-title` },
    make('div', { class: 'block-head' }, make('h2', { id: `${name}-title` }, heading)), content);
  return [
    make('header', { class: 'account-head' },
      make('div', {}, make('a', { class: 'back muted', href: address('fleet') }, icon('back', 16), t.pages.fleet), make('h1', { id: 'account-id' }, id), make('div', { id: 'badges', class: 'badges' })),
      make('div', { id: 'actions', class: 'actions' })),
    make('div', { id: 'gone' }),
    make('div', { id: 'account-body', class: 'account' },
      make('div', { class: 'column' },
        block('condition', t.condition, make('div', { id: 'condition', class: 'condition' }, skeleton(3))),
        block('ladder', t.healing, make('div', { id: 'ladder' }, skeleton(2))),
        buildCurves(route),
        block('timeline', t.timeline, make('div', { id: 'timeline' }, skeleton(5)))),
      make('div', { class: 'column' },
        block('figures', t.figures, make('div', { id: 'figures' }, skeleton(3))),
        block('facts', t.facts, make('dl', { id: 'facts', class: 'facts' }, skeleton(6))))),
  ];
}

export function draw(route) {
  look();
  fill(byId('gone'), JSON.stringify([texts().languageName, isGone]), () => (isGone ? emptiness('none', texts().gone) : []));
  byId('account-body').hidden = isGone;
  byId('actions').hidden = isGone;
  if (!account || isGone) return;
  drawHead();
  drawCondition();
  drawLadder();
  drawFacts();
  const now = api.now();
  const past = entries ? intervals(entries, now) : [];
  drawCurves(account, entries ?? [], past, now, route);
  drawFigures(past, now);
  drawTimeline();
}

async function look() {
  const now = performance.now();
  if (document.hidden || now - askedAt < askEvery) return;
  askedAt = now;
  const asked = id;
  try {
    const answer = await api.account(asked);
    if (asked !== id) return;
    account = answer;
    isGone = false;
    sample(account, api.now());
    if (account.last_state_change_at !== seenChange || entries === null) {
      seenChange = account.last_state_change_at;
      const past = await api.timeline(asked, longTimeline);
      if (asked === id) entries = past.entries;
    }
  } catch (error) {
    if (asked === id && error.status === 404) isGone = true;
  }
  dispatchEvent(new Event('look'));
}

const language = () => texts().languageName;

function drawHead() {
  const state = word('state', account.state);
  const status = word('status', account.status);
  fill(byId('badges'), JSON.stringify([language(), account.state, account.status, account.url]), () => [
    make('span', { class: `badge state-${account.state}` }, state),
    state === status ? null : make('span', { class: `badge status-${account.status}` }, status),
    make('span', { class: 'muted address' }, account.url)]);
  const offered = may('operator') ? actionsNow() : [];
  fill(byId('actions'), JSON.stringify([language(), offered, roleName()]), () => (offered.length ? offered.map((action, index) => make('button', {
    type: 'button', data: { action }, class: index === 0 ? 'primary' : '', onclick: () => perform(action),
  }, texts().action[action] + (action in texts().ask ? '…' : ''))) : roleName() === 'viewer' ? make('p', { class: 'muted' }, texts().onlyLooking) : []));
}

function actionsNow() {
  if (!account.enabled) return ['enable'];
  if (account.quarantine) return ['release', 'renew', 'disable'];
  return ['reconnect', account.failures > 0 ? 'reset' : null, 'renew', 'restart', 'quarantine', 'disable'].filter(Boolean);
}

async function perform(action) {
  const t = texts();
  const on = id;
  if (action in t.ask && !await ask(t.ask[action](on), t.askMore[action], t.action[action])) return;
  try {
    const answer = await api.act(on, action);
    if (on === id) account = answer;
    toast(t.done[action](on));
    askedAt = -Infinity;
    lookAgain();
  } catch (error) {
    toast(t.failedAction(on, t.refusal[error.code] ?? error.message), 'bad');
  }
}

function drawCondition() {
  const t = texts();
  const last = account.failures > 0 || account.quarantine ? account.last_failure : null;
  fill(byId('condition'), JSON.stringify([language(), account.health, account.status, account.reasons, last, account.quarantine]), () => {
    const meter = make('span', { class: `level status-${account.status}`, role: 'meter', 'aria-label': t.health, 'aria-valuenow': account.health, 'aria-valuemin': 0, 'aria-valuemax': 100 }, make('span'));
    meter.firstChild.style.width = `${account.health}%`;
    const reasons = account.reasons.map((reason) => {
      const detail = reasonDetail(reason, account);
      return make('li', {}, word('healthReason', reason.code), detail.length ? make('span', { class: 'muted' }, ' · ', detail) : null);
    });
    return [
      make('p', { class: 'score' }, make('b', {}, String(account.health)), make('span', { class: 'muted' }, t.health), meter),
      reasons.length ? make('ul', { class: 'reasons' }, reasons) : account.health === 100 ? make('p', { class: 'muted' }, t.fullHealth) : null,
      last ? failure(last) : null,
    ];
  });
}

function failure(last) {
  const t = texts();
  const { cause, said, advice } = failureWords(last);
  return make('div', { class: 'failure' },
    make('p', {}, make('b', {}, word('failureClass', last.class)), make('span', { class: 'muted' }, ' · ', timeAgo(last.at), ' · ', t.inPhase(word('phase', last.phase)))),
    make('p', {}, make('code', {}, last.code), ' ', cause),
    said ? make('p', {}, make('span', { class: 'muted' }, t.said, t.sentenceGap), quote(said)) : null,
    advice ? make('p', { class: 'muted' }, advice) : null);
}

function drawLadder() {
  const t = texts();
  const now = account.quarantine ? 'quarantine' : account.ladder;
  // Not every quarantine is the end of a climb.
  const hasClimbed = !account.quarantine || ['ladder', 'restarts'].includes(account.quarantine);
  const isHealing = account.enabled && (account.state !== 'connected' || now !== 'none');
  const key = [language(), now, isHealing, account.quarantine, account.next_attempt_at, account.failures, account.last_login, account.enabled];
  fill(byId('ladder'), JSON.stringify(key), () => [
    make('ol', { class: 'ladder' }, rungs.map((rung) => make('li', {
      class: isHealing && rung === now ? 'now' : isHealing && hasClimbed && rungs.indexOf(rung) < rungs.indexOf(now) ? 'past' : '',
      'aria-current': isHealing && rung === now ? 'step' : null,
    }, make('b', {}, t.rung[rung]), make('span', { class: 'muted' }, t.rungMore[rung])))),
    make('p', { class: 'notice' }, !account.enabled ? t.healReason.disabled : account.quarantine ? word('quarantine', account.quarantine) : isHealing ? word('ladder', now) : t.nothingToHeal),
    account.next_attempt_at ? make('div', { class: 'countdown' }, make('b', { data: { until: account.next_attempt_at } }),
      make('span', { class: 'level status-degraded', 'aria-hidden': 'true' }, make('span', { data: { progress: `${account.last_failure?.at ?? account.last_state_change_at}/${account.next_attempt_at}` } }))) : null,
    account.last_login ? make('p', { class: 'muted' }, t.lastLogin, ': ', word('login', account.last_login.outcome), ', ', timeAgo(account.last_login.at),
      account.last_login.detail ? [' · ', quote(account.last_login.detail)] : null) : null,
  ]);
}

function drawFacts() {
  const t = texts();
  const reply = account.reply_ms === null ? null : ` (${t.replyTook(replyTime(account.reply_ms))})`;
  const rows = [
    [t.stateSince, timeAgo(account.last_state_change_at)],
    [account.state === 'connected' ? t.connectedSince : t.lastConnected, timeAgo(account.last_connected_at)],
    [t.lastBeat, timeAgo(account.last_heartbeat_sent_at)],
    [t.lastReply, [timeAgo(account.last_heartbeat_reply_at), reply]],
    account.reply_p50_ms === null || account.reply_p50_ms === undefined ? null : [t.replyUsual, `${replyTime(account.reply_p50_ms)} · ${replyTime(account.reply_p99_ms)}`],
    [t.lastMessage, timeAgo(account.last_message_at)],
    account.message_delay_ms > 0 ? [t.messageDelay, t.late(replyTime(account.message_delay_ms))] : null,
    [t.failures, number(account.failures)],
    [t.attempt, t.attemptValue(account.generation, account.incarnation)],
    [t.dialect, make('code', {}, account.dialect)],
    [t.origin, word('originOf', account.origin)],
  ].filter(Boolean);
  const key = [language(), account.last_state_change_at, account.last_heartbeat_sent_at, account.last_heartbeat_reply_at, account.last_message_at, account.failures, account.generation];
  fill(byId('facts'), JSON.stringify(key), () => rows.map(([name, value]) => make('div', {}, make('dt', {}, name), make('dd', {}, value))));
}

function drawFigures(past, now) {
  const t = texts();
  const rows = [['hour', hour], ['day', 24 * hour], ['week', 7 * 24 * hour]].map(([name, length]) => ({ name, ...figures(past, length, now) }));
  // Holdfast knows better where it says so.
  const week = rows[2];
  for (const [index, name] of ['1h', '24h', '7d'].entries()) rows[index].availability = account.availability?.[name] ?? rows[index].availability;
  if (account.mtbf_s != null) week.between = account.mtbf_s * 1000;
  if (account.mttr_s != null) week.repair = account.mttr_s * 1000;
  const known = past.length ? roughly(now - past[0].from) : null;
  const long = (milliseconds) => (milliseconds === null ? '–' : roughly(milliseconds));
  const table = rows.map((row) => [t.window[row.name], row.availability === null ? '–' : percent(row.availability), number(row.outages), long(row.between), long(row.repair)]);
  fill(byId('figures'), JSON.stringify([language(), table, known]), () => [
    make('div', { class: 'scrolls', tabindex: '0' }, make('table', { class: 'small' },
      make('thead', {}, make('tr', {}, ['', ...t.figureNames].map((name) => make('th', { scope: 'col' }, name)))),
      make('tbody', {}, table.map(([first, ...rest]) => make('tr', {}, make('th', { scope: 'row' }, first), rest.map((cell) => make('td', {}, cell))))))),
    make('p', { class: 'muted' }, known ? t.figuresFrom(known) : t.noTimeline)]);
}

// How long a state lasted, where that is worth a word.
function lasted(entry, next) {
  const time = next ? Date.parse(next.at) - Date.parse(entry.at) : 0;
  return time < 1000 ? '' : ` · ${texts().lasted(span(time))}`;
}

function drawTimeline() {
  const t = texts();
  const shown = (entries ?? []).slice(0, isLong ? longTimeline : shortTimeline);
  fill(byId('timeline'), JSON.stringify([language(), entries === null, shown.length, shown[0]?.at, entries?.length]), () => {
    if (entries === null) return skeleton(5);
    if (!shown.length) return emptiness('none', t.noTimeline);
    return [
      make('ol', { class: 'timeline' }, shown.map((entry, index) => make('li', { class: `state-${entry.to}` },
        make('time', { datetime: entry.at, title: entry.at }, fullTime(entry.at)),
        make('span', {}, make('b', {}, word('state', entry.to)), make('span', { class: 'muted' }, ` · ${entry.reason === 'failure' && entry.class ? word('failureClass', entry.class) : word('reason', entry.reason)}`,
          lasted(entry, shown[index - 1]))),
        entry.code ? make('code', {}, entry.failures > 1 ? `${entry.code} ×${entry.failures}` : entry.code) : null))),
      entries.length > shown.length ? make('button', { type: 'button', class: 'quiet', onclick: () => { isLong = true; dispatchEvent(new Event('look')); } }, t.moreOf(number(entries.length - shown.length))) : null,
    ];
  });
}

