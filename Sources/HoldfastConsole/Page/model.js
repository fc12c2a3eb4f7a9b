// What the page knows of the fleet, and how it keeps up: once a second it asks what has changed. Accounts are kept in columns,
// because there may be twenty thousand of them.

import * as api from './api.js';
import { follow } from './stream.js';

const feedLength = 60;
const pollEvery = 1000;
const pollHidden = 10_000;
// A transition heard is looked up at once, but not more often than this.
const pollSoonest = 250;
const secondsKept = 900;
const healthKept = 240;

export const model = {
  version: null,
  ids: [],
  places: new Map(),
  state: new Uint8Array(),
  status: new Uint8Array(),
  health: new Uint8Array(),
  failures: new Uint16Array(),
  failureClass: new Int8Array(),
  endpoint: new Uint32Array(),
  stateNames: [], statusNames: [], classNames: [], endpointNames: [],
  totals: null, reasons: [], endpoints: [],
  /// `[at, enabled, connected, connecting, opened, failed, lost, heartbeats, misses, messages, reply]` of each second.
  seconds: [],
  feed: [],
  isFeedRefused: false,
  isLoaded: false,
  lostSince: null,
  /// When each account last changed, in the time of `performance.now()`; only those that did while the page was open.
  changedAt: new Map(),
  /// `[time, health]` of the accounts whose health changed while the page was open.
  healthPast: new Map(),
  /// What changed with the last answer: places, or null for everything.
  lastChanges: null,
  answers: 0,
};

let changed = () => {};
let listeners = [];
let isAsking = false;
let askedAt = -Infinity;
let timer = null;
let isFollowing = false;

/// Begins to follow the fleet; `onChange` is called whenever something in `model` is different.
export function start(onChange) {
  changed = onChange;
  document.addEventListener('visibilitychange', () => { if (!document.hidden) ask(); });
  ask();
}

/// `heard(name, data)` is called for every event of the stream.
export function listen(heard) { listeners.push(heard); }

/// Looks at the fleet now, and not only when the next second has passed.
export function ask() {
  clearTimeout(timer);
  const wait = Math.max(0, pollSoonest - (performance.now() - askedAt));
  timer = setTimeout(poll, wait);
}

async function poll() {
  if (isAsking) return;
  isAsking = true;
  askedAt = performance.now();
  try {
    take(await api.fleet(model.version));
    model.lostSince = null;
    if (!isFollowing) beginToFollow();
  } catch (error) {
    // Whoever has to bring a token is asked for it, and is not told of a lost connection.
    if (error.status !== 401) model.lostSince ??= api.now();
  } finally {
    isAsking = false;
    clearTimeout(timer);
    timer = setTimeout(poll, document.hidden ? pollHidden : pollEvery);
  }
  changed();
}

function take(answer) {
  const now = performance.now();
  model.totals = answer.totals;
  model.reasons = answer.reasons;
  model.endpoints = answer.endpoints;
  if (answer.whole) {
    takeWhole(answer);
    model.seconds = answer.seconds;
  } else {
    takeChanges(answer.accounts, now);
    model.seconds.push(...answer.seconds);
    if (model.seconds.length > secondsKept) model.seconds.splice(0, model.seconds.length - secondsKept);
  }
  if (answer.recent_events) model.recentEvents = answer.recent_events;
  model.version = answer.version;
  model.isLoaded = true;
  model.answers += 1;
}

function takeWhole(answer) {
  const columns = answer.accounts;
  const count = columns.ids.length;
  model.ids = columns.ids;
  model.places = new Map(columns.ids.map((id, place) => [id, place]));
  model.stateNames = columns.state_names;
  model.statusNames = columns.status_names;
  model.classNames = columns.class_names;
  model.endpointNames = answer.endpoint_names;
  model.state = digits(columns.states);
  model.status = digits(columns.statuses);
  model.failureClass = new Int8Array(digits(columns.classes));
  model.health = Uint8Array.from(columns.health);
  model.failures = Uint16Array.from(columns.failures);
  model.endpoint = Uint32Array.from(columns.endpoints);
  model.lastChanges = null;
  for (const id of model.changedAt.keys()) if (!model.places.has(id)) model.changedAt.delete(id);
  for (const id of model.healthPast.keys()) if (!model.places.has(id)) model.healthPast.delete(id);
  if (model.state.length !== count) throw new Error('columns of different lengths');
}

function takeChanges(columns, now) {
  const changes = [];
  columns.ids.forEach((id, index) => {
    const place = model.places.get(id);
    if (place === undefined) return;
    changes.push(place);
    const state = columns.states.charCodeAt(index) - 48;
    if (state !== model.state[place]) model.changedAt.set(id, now);
    noteHealth(id, model.health[place], columns.health[index]);
    model.state[place] = state;
    model.status[place] = columns.statuses.charCodeAt(index) - 48;
    model.failureClass[place] = digit(columns.classes, index);
    model.health[place] = columns.health[index];
    model.failures[place] = columns.failures[index];
  });
  model.lastChanges = changes;
}

// The past of a few hundred accounts at most: those whose health changed last.
function noteHealth(id, before, after) {
  if (before === after) return;
  const past = model.healthPast.get(id) ?? [[api.now() - 1, before]];
  model.healthPast.delete(id);
  if (model.healthPast.size >= 500) model.healthPast.delete(model.healthPast.keys().next().value);
  past.push([api.now(), after]);
  if (past.length > healthKept) past.shift();
  model.healthPast.set(id, past);
}

const digit = (text, index) => (text[index] === '.' ? -1 : text.charCodeAt(index) - 48);
const digits = (text) => Uint8Array.from(text, (character) => (character === '.' ? 255 : character.charCodeAt(0) - 48));

export const stateOf = (place) => model.stateNames[model.state[place]];
export const statusOf = (place) => model.statusNames[model.status[place]];

// MARK: What happens

function beginToFollow() {
  isFollowing = true;
  follow({ heard, lastID: model.recentEvents, refused: (is) => { model.isFeedRefused = is; changed(); } });
}

function heard(name, data) {
  if (name === 'transition') {
    model.feed.unshift(data);
    // Events of different accounts may come a second apart from their order.
    model.feed.sort((a, b) => Date.parse(b.at) - Date.parse(a.at));
    model.feed.length = Math.min(model.feed.length, feedLength);
    if (performance.now() - askedAt > pollSoonest) ask();
    changed();
  }
  for (const listener of listeners) listener(name, data);
}
