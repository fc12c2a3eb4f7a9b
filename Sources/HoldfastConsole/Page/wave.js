// How the fleet is moving: how many are connected, how fast connections come and go, and what that is per second.

import { byId, make, write } from './dom.js';
import { cursorGroup, legend, sparkline, timeChart } from './chart.js';
import { number, replyTime, texts } from './language.js';
import { model } from './model.js';

// The places of a second's figures.
const [at, enabled, connected, , opened, failed, lost, heartbeats, misses, messages, reply] = Array(11).keys();
const recent = 10;
const sparkSeconds = 180;
const sparkLeast = 60;
const spans = 900_000;

let charts = null;
let tiles = [];

export function buildWave() {
  const t = texts();
  const group = cursorGroup();
  const whole = (value) => number(Math.round(value));
  const perSecond = (value) => number(value < 10 ? Math.round(value * 10) / 10 : Math.round(value));
  const levels = [
    { name: () => texts().connectedNow, colour: 'healthy', kind: 'area' },
    { name: () => texts().shouldBe, colour: 'muted', kind: 'line', isThin: true },
  ];
  const moves = [
    { name: () => texts().opened, colour: 'healthy', kind: 'bars' },
    { name: () => texts().lostNow, colour: 'failed', kind: 'bars' },
  ];
  charts = {
    level: timeChart({ label: () => texts().wave, tall: 150, group, series: levels, format: whole, hasTimes: false, isWhole: true }),
    moves: timeChart({ label: () => texts().perSecond, tall: 96, group, series: moves, format: perSecond, isLog: true }),
  };
  tiles = [
    tile('opened', (second) => second[opened], { tone: 'healthy' }),
    tile('lostNow', (second) => second[lost], { tone: 'failed' }),
    tile('failedTries', (second) => second[failed], { tone: 'unhealthy' }),
    tile('beats', (second) => second[heartbeats], { tone: 'busy', more: (seconds) => texts().missesShort(number(sum(seconds, misses))) }),
    tile('reply', (second) => second[reply], { tone: 'quarantined', isMean: true, format: replyTime }),
    tile('messages', (second) => second[messages], { tone: 'busy' }),
  ];
  return make('div', { class: 'pulse' },
    make('section', { class: 'block wave', 'aria-labelledby': 'wave-title' },
      make('div', { class: 'block-head' }, make('h2', { id: 'wave-title' }, t.wave), legend([...levels, moves[1]])),
      charts.level.element, make('p', { class: 'axis-name muted' }, t.perSecond), charts.moves.element),
    make('section', { class: 'tiles', 'aria-label': t.rates }, tiles.map((one) => one.element)));
}

function tile(name, value, { tone, format, isMean = false, more }) {
  const spark = sparkline(28, tone);
  const figure = make('b', { id: `rate-${name}` }, '–');
  const under = make('span', { class: 'muted' });
  return {
    element: make('div', { class: 'tile' }, make('span', { class: 'muted' }, texts().rate[name]), figure, under, spark.element),
    draw(seconds) {
      const last = seconds.slice(-recent).map(value).filter((one) => one !== null);
      const mean = last.length ? last.reduce((one, other) => one + other, 0) / last.length : null;
      const shown = format ?? ((rate) => texts().eachSecond(number(rate < 10 ? Math.round(rate * 10) / 10 : Math.round(rate))));
      write(figure, mean === null ? '–' : shown(mean));
      write(under, more ? more(seconds.slice(-60)) : '');
      const tail = seconds.slice(-sparkSeconds).map(value);
      spark.set([...Array(Math.max(0, sparkLeast - tail.length)).fill(null), ...tail], !isMean);
    },
  };
}

const sum = (seconds, place) => seconds.reduce((total, second) => total + second[place], 0);

export function drawWave() {
  const { seconds } = model;
  if (!charts || !byId('wave-title')) return;
  const end = seconds.at(-1)?.[at] ?? Date.now();
  // At the beginning a short past is drawn wide, so that there is something to see.
  const begin = end - Math.min(spans, Math.max(120_000, end - (seconds[0]?.[at] ?? end)));
  charts.level.set([column(seconds, connected), column(seconds, enabled)], begin, end);
  charts.moves.set([column(seconds, opened), seconds.map((second) => [second[at], -second[lost]])], begin, end);
  for (const one of tiles) one.draw(seconds);
}

const column = (seconds, place) => seconds.map((second) => [second[at], second[place]]);
