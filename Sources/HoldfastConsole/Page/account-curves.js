// The curves of one account, one below the other over the same time: state, health, reply time, failures.

import { cursorGroup, timeChart } from './chart.js';
import { byId, fill, make } from './dom.js';
import { failureSteps } from './history.js';
import { fullTime, number, replyTime, texts, word } from './language.js';
import { model } from './model.js';
import { refine } from './router.js';
import { samplesOf } from './samples.js';

const minute = 60_000;
const spans = { '15m': 15 * minute, '1h': 60 * minute, '24h': 24 * 60 * minute, '7d': 7 * 24 * 60 * minute };
const usual = '15m';

let charts = null;

export function buildCurves() {
  const t = texts();
  const group = cursorGroup();
  const chart = (name, tall, colour, kind, format, more = {}) => timeChart({
    label: () => texts().curve[name], tall, group, format, series: [{ name: () => texts().curve[name], colour, kind }], ...more,
  });
  charts = {
    health: chart('health', 90, 'healthy', 'steps', number, {
      most: 100, hasTimes: false,
      series: [{ name: () => texts().curve.health, colour: 'healthy', kind: 'steps' }, { name: () => texts().healthAtMost, colour: 'muted', kind: 'steps', isThin: true }],
    }),
    reply: chart('reply', 90, 'quarantined', 'dots', replyTime, { hasTimes: false }),
    failures: chart('failures', 84, 'failed', 'steps', number, { isWhole: true }),
  };
  return make('section', { class: 'block', 'aria-labelledby': 'curves-title' },
    make('div', { class: 'block-head' }, make('h2', { id: 'curves-title' }, t.curves),
      make('div', { id: 'spans', class: 'choices', role: 'group', 'aria-label': t.span })),
    make('div', { id: 'ribbon', class: 'ribbon' }),
    Object.entries(charts).map(([name, one]) => [make('p', { class: 'axis-name muted' }, t.curve[name]), one.element]).flat(),
    make('p', { class: 'muted small-text' }, t.curvesFrom));
}

export function drawCurves(account, entries, past, now, route) {
  const chosen = route.filters.get('span') in spans ? route.filters.get('span') : usual;
  fill(byId('spans'), JSON.stringify([texts().languageName, chosen]), () => Object.keys(spans).map((name) => make('button', {
    type: 'button', 'aria-pressed': String(name === chosen), onclick: () => refine({ span: name === usual ? null : name }),
  }, texts().spans[name])));
  const begin = now - spans[chosen];
  drawRibbon(past, begin, now);
  const { health, reply } = samplesOf(account.id);
  const seen = merged(model.healthPast.get(account.id) ?? [], health);
  const failures = failureSteps(entries);
  // Before anybody looked, only what failures alone leave of it is known.
  const before = failures.map(([time, count]) => [time, Math.max(0, 100 - 10 * count)]).filter(([time]) => time < (seen[0]?.[0] ?? now));
  charts.health.set([seen, before.length ? [...before, [seen[0]?.[0] ?? now, null]] : []], begin, now);
  charts.reply.set([withGaps(reply)], begin, now);
  charts.failures.set([failures], begin, now);
}

// What was seen of the account among all others, up to where it was looked at by itself.
function merged(before, own) {
  const start = own[0]?.[0] ?? Infinity;
  return [...before.filter(([time]) => time < start), ...own];
}

// Between two beats that are far apart nobody knows.
const withGaps = (points) => points.flatMap((point, index) => (index > 0 && point[0] - points[index - 1][0] > 2 * minute ? [[point[0] - 1, null], point] : [point]));

function drawRibbon(past, begin, now) {
  const seen = past.filter(({ to }) => to > begin).map((one) => ({ ...one, from: Math.max(one.from, begin) }));
  const parts = seen.length ? [{ from: begin, to: seen[0].from, state: null }, ...seen] : [{ from: begin, to: now, state: null }];
  const key = JSON.stringify([texts().languageName, parts.map((part) => [part.state, Math.round((part.to - part.from) / (now - begin) * 1000)])]);
  fill(byId('ribbon'), key, () => parts.filter((part) => part.to > part.from).map((part) => {
    const element = make('span', {
      class: part.state ? `state-${part.state}` : 'unknown',
      title: part.state ? `${word('state', part.state)} · ${fullTime(part.from)}${part.code ? ` · ${part.code}` : ''}` : texts().unknownThen,
    });
    element.style.flexGrow = String(part.to - part.from);
    return element;
  }));
}
