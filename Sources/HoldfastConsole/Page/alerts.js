// Alerts, active and over, and the silences that keep them quiet.

import * as api from './api.js';
import { about, detailOf, figuresOf, sampleOf, toneOf } from './alert-texts.js';
import { askFor, ask } from './ask.js';
import { byId, emptiness, fill, make, toast } from './dom.js';
import { fullTime, texts, timeAgo, word } from './language.js';
import { listen } from './model.js';
import { listHead, pager } from './pager.js';
import { may } from './role.js';
import { refine } from './router.js';

const askEvery = 10_000;
/// What the address says under `show`, and what the API is asked.
const shows = { all: null, active: 'true', over: 'false' };
let alerts = null;
let silences = null;
let asked = null;
let askedAt = 0;
listen((name) => { if (name === 'alert') askedAt = 0; });

export const title = () => texts().pages.alerts;

export function build() {
  const t = texts();
  alerts = pager({ what: 'alerts', row, empty: () => (asked === 'over' ? emptiness('none', texts().noAlertsOver) : emptiness('well', texts().noAlerts, texts().noAlertsMore)) });
  silences = pager({ what: 'silences', row: silenceRow, empty: () => emptiness('none', texts().noSilences, texts().noSilencesMore) });
  askedAt = 0;
  return [
    listHead(t.pages.alerts, t.alertsMore, may('operator') ? make('button', { type: 'button', data: { action: 'silence' }, onclick: () => silence({}) }, `${t.silence}…`) : null),
    make('section', { class: 'block' }, make('div', { id: 'alert-show', class: 'choices', role: 'group', 'aria-label': t.alertFilter }), alerts.element),
    make('section', { class: 'block', 'aria-labelledby': 'silences-title' }, make('div', { class: 'block-head' }, make('h2', { id: 'silences-title' }, t.silences)), silences.element)];
}

export function draw(route) {
  const shown = route.filters.get('show') in shows ? route.filters.get('show') : 'all';
  fill(byId('alert-show'), JSON.stringify([texts().languageName, shown]), () => Object.keys(shows).map((name) => make('button', {
    type: 'button', 'aria-pressed': String(name === shown), onclick: () => refine({ show: name === 'all' ? null : name }),
  }, texts().alertShow[name])));
  if (performance.now() - askedAt > askEvery || askedAt === 0 || shown !== asked) {
    askedAt = performance.now();
    asked = shown;
    alerts.reload({ active: shows[shown] });
    silences.reload({});
  }
  alerts.draw();
  silences.draw();
}

function row(alert) {
  const t = texts();
  const quiet = alert.silenced_by ? t.silenced : alert.inhibited_by ? t.inhibited : alert.told_at ? null : t.notTold;
  return make('li', { class: `item alert-item ${alert.active ? toneOf(alert) : ''}` },
    make('span', { class: `badge ${alert.active ? toneOf(alert) : 'status-healthy'}` }, alert.active ? word('severity', alert.severity) : t.over),
    make('div', { class: 'grow' },
      make('p', {}, make('b', {}, word('alertRule', alert.rule)), ' · ', about(alert)),
      make('p', { class: 'muted' }, t.sinceWhen, ' ', timeAgo(alert.starts_at), alert.ends_at ? [' · ', t.untilWhen, ' ', timeAgo(alert.ends_at)] : null, quiet ? ` · ${quiet}` : null),
      alert.active ? figuresOf(alert) : null, detailOf(alert), sampleOf(alert)),
    alert.active && may('operator') ? make('button', { type: 'button', data: { action: 'silence' }, onclick: () => silence(alert) }, `${t.silence}…`) : null);
}

function silenceRow(one) {
  const t = texts();
  const match = [one.rule && word('alertRule', one.rule), one.severity && word('severity', one.severity)].filter(Boolean).join(' · ');
  return make('li', { class: 'item' },
    make('span', { class: `badge ${one.active ? 'status-quarantined' : 'status-disabled'}` }, one.active ? t.inForce : t.later),
    make('div', { class: 'grow' },
      make('p', {}, make('b', {}, match || t.every), ' ', one.endpoint ? make('code', {}, one.endpoint) : null, ' ', one.account ? make('code', {}, one.account) : null),
      make('p', { class: 'muted' }, make('span', { class: 'who' }, one.author), one.comment ? [' · ', make('q', { lang: '', class: 'who' }, one.comment)] : null)),
    make('span', { class: 'muted', title: fullTime(one.ends_at), data: { left: one.ends_at } }),
    may('operator') ? make('button', { type: 'button', data: { action: 'lift' }, onclick: () => lift(one) }, `${t.lift}…`) : null);
}

async function silence(alert) {
  const t = texts();
  const values = await askFor(t.silence, t.silenceMore, [
    { name: 'rule', label: t.rule, value: alert.rule ?? '', options: [['', t.every], ...Object.entries(t.alertRule)] },
    { name: 'endpoint', label: t.endpointLabel, value: alert.endpoint ?? '' },
    { name: 'account', label: t.account, value: alert.account ?? '' },
    { name: 'for', label: t.forHowLong, value: '1h', options: [['1h', t.hours(1)], ['4h', t.hours(4)], ['24h', t.hours(24)], ['7d', t.days(7)]] },
    { name: 'comment', label: t.comment },
  ], t.silence);
  if (!values) return;
  const given = Object.fromEntries(Object.entries(values).filter(([, value]) => value));
  await act(() => api.send('POST', ['silences'], given), t.silencedNow);
}

async function lift(one) {
  const t = texts();
  if (!await ask(t.askLiftSilence, t.askLiftSilenceMore, t.lift)) return;
  await act(() => api.send('DELETE', ['silences', one.id]), t.lifted);
}

async function act(work, done) {
  try {
    await work();
    toast(done);
  } catch (error) {
    toast(texts().refusal[error.code] ?? error.message, 'bad');
  }
  askedAt = 0;
}
