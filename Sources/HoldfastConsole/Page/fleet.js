// The whole fleet: the verdict, the counts, how it is moving, everybody on a map, and what needs attention.

import { byId, fill, make, skeleton, write } from './dom.js';
import { clock, number, texts, word } from './language.js';
import { buildMap, drawMap } from './map.js';
import { model } from './model.js';
import { address, refine } from './router.js';
import { buildWave, drawWave } from './wave.js';
import { buildWorst, drawWorst } from './worst.js';
import { buildActiveAlerts, drawActiveAlerts } from './active-alerts.js';

const states = ['connected', 'connecting', 'reconnecting', 'failed', 'disconnected', 'closed'];
const statuses = ['healthy', 'degraded', 'unhealthy', 'failed', 'quarantined', 'disabled'];
const shownEndpoints = 6;

export const title = () => (model.totals?.enabled > 0 ? `${model.totals.connected}/${model.totals.enabled}` : null);

/// What stands out: `{ state, status, q }`, each a text or null.
let filters = {};

export function build(route) {
  return [
    make('section', { class: 'summary', 'aria-labelledby': 'verdict' },
      make('div', { class: 'headline' }, make('h1', { id: 'verdict' }, make('span', { class: 'skeleton wide' })), make('p', { id: 'verdict-more', class: 'muted' })),
      make('div', { id: 'state-bar', class: 'bar', 'aria-hidden': 'true' }),
      make('div', { id: 'states', class: 'chips' }),
      make('div', { id: 'statuses', class: 'cards' }, skeleton(6))),
    buildWave(),
    buildMap(),
    make('div', { class: 'columns' },
      buildWorst(),
      make('div', { class: 'column' },
        buildActiveAlerts(),
        block('endpoints', texts().endpoints, make('ul', { id: 'endpoints', class: 'rows' })),
        block('feed', texts().feed, make('ol', { id: 'feed', class: 'feed' })))),
  ];
}

const block = (id, name, content) => make('section', { class: 'block', 'aria-labelledby': `${id}-title` },
  make('div', { class: 'block-head' }, make('h2', { id: `${id}-title` }, name)), content);

export function draw(route) {
  filters = { state: route.filters.get('state'), status: route.filters.get('status'), q: route.filters.get('q') };
  if (!model.isLoaded) return;
  const { totals } = model;
  drawVerdict(totals);
  drawBar(totals);
  drawCounts(byId('states'), 'state', states.filter((name) => totals[name] > 0 || filters.state === name), totals);
  drawCounts(byId('statuses'), 'status', statuses, totals.by_status);
  drawWave();
  drawMap(filters, route.filters.get('order'));
  drawWorst(filters, route.filters.get('more') === 'all');
  drawActiveAlerts();
  drawEndpoints();
  drawFeed();
}

function drawVerdict(totals) {
  const t = texts();
  const { accounts, enabled, connected } = totals;
  const person = totals.by_status.quarantined;
  const waiting = Math.max(0, enabled - connected - person);
  let verdict = t.someConnected(number(connected), number(enabled));
  if (accounts === 0) verdict = t.noAccounts;
  else if (enabled === 0) verdict = t.noneEnabled;
  else if (connected >= enabled) verdict = t.allConnected(enabled, number(enabled));
  const more = [];
  if (accounts === 0) more.push(t.noAccountsMore);
  if (person > 0) more.push(t.needPerson(person, number(person)));
  if (waiting > 0) more.push(t.recovering(waiting, number(waiting)));
  const unwell = countUnwell();
  if (unwell > 0) more.push(t.unwell(unwell, number(unwell)));
  if (accounts > 0 && person + waiting + unwell === 0) more.push(t.allWell);
  if (accounts > enabled && enabled > 0) more.push(t.off(number(accounts - enabled)));
  for (const reason of model.reasons) more.push(t.notReady[reason.code] ?? reason.detail);
  write(byId('verdict'), verdict);
  write(byId('verdict-more'), more.join(t.sentenceGap));
}

// Connected, and not at its best.
function countUnwell() {
  const connected = model.stateNames.indexOf('connected');
  const poor = ['degraded', 'unhealthy'].map((name) => model.statusNames.indexOf(name));
  let count = 0;
  for (let place = 0; place < model.ids.length; place += 1) {
    if (model.state[place] === connected && poor.includes(model.status[place])) count += 1;
  }
  return count;
}

function drawBar(totals) {
  const bar = byId('state-bar');
  fill(bar, 'made', () => states.map((name) => make('span', { class: `state-${name}` })));
  states.forEach((name, index) => {
    bar.children[index].style.flexGrow = totals[name];
    bar.children[index].hidden = !totals[name];
  });
}

function drawCounts(element, kind, names, counts) {
  const isChosen = (name) => filters[kind] === name;
  const key = JSON.stringify([texts().languageName, names.map((name) => [name, counts[name], isChosen(name)])]);
  fill(element, key, () => names.map((name) => make('button', {
    type: 'button', class: `count ${kind}-${name}${counts[name] ? '' : ' none'}`, 'aria-pressed': String(isChosen(name)),
    title: texts().filterHint, data: { [kind]: name },
    onclick: () => refine({ state: null, status: null, [kind]: isChosen(name) ? null : name }),
  }, make('span', { class: 'dot' }), make('b', {}, number(counts[name])), make('span', {}, word(kind, name)))));
}

function drawEndpoints() {
  const all = new Uint32Array(model.endpointNames.length);
  for (const endpoint of model.endpoint) all[endpoint] += 1;
  const shown = model.endpoints.filter((one) => all[one.number] > 0)
    .sort((a, b) => b.failing - a.failing || all[b.number] - all[a.number]).slice(0, shownEndpoints)
    .map((one) => ({ ...one, name: model.endpointNames[one.number], all: all[one.number] }));
  const t = texts();
  fill(byId('endpoints'), JSON.stringify([t.languageName, shown]), () => {
    if (!shown.length) return make('li', { class: 'empty' }, t.noEndpoints);
    return shown.map((one) => make('li', { class: `endpoint ${one.breaker}` },
      make('div', { class: 'endpoint-head' }, make('b', {}, one.name),
        one.breaker === 'closed' ? null : make('span', { class: 'badge status-failed' }, t.breakerShort)),
      share(one),
      make('span', { class: 'muted' }, [t.endpointLine(number(one.connected), number(one.all)),
        one.failing ? t.endpointFailing(number(one.failing)) : null, one.waiting ? t.endpointWaiting(number(one.waiting)) : null,
        one.breaker === 'closed' ? null : t.breakerOpen].filter(Boolean).join(' · '))));
  });
}

function share(one) {
  const bar = make('div', { class: 'level status-healthy', 'aria-hidden': 'true' }, make('span'));
  bar.firstChild.style.width = `${one.all ? 100 * one.connected / one.all : 0}%`;
  return bar;
}

function drawFeed() {
  const t = texts();
  const key = JSON.stringify([t.languageName, model.isFeedRefused, model.feed.map((entry) => [entry.account, entry.at, entry.to])]);
  fill(byId('feed'), key, () => {
    if (model.isFeedRefused) return make('li', { class: 'empty' }, t.tooManyViewers);
    if (!model.feed.length) return make('li', { class: 'empty' }, t.noFeed);
    return model.feed.map((entry) => make('li', {},
      make('time', { datetime: entry.at, title: entry.at }, clock(entry.at)),
      make('span', { class: `dot state-${entry.to}` }),
      make('span', {}, make('a', { class: 'name', href: address('account', entry.account) }, entry.account), ' ',
        word('state', entry.to), make('span', { class: 'muted' }, ' · ', entry.code ? make('code', {}, entry.code) : word('reason', entry.reason)))));
  });
}
