// What the page knows of the fleet, and how it keeps up: events say what changed, and what changed is asked for again.

import * as api from './api.js';
import { follow } from './stream.js';

const feedLength = 60;
const seedAccounts = 8;
// More changes at once than this are fetched as whole pages.
const singleFetches = 12;
const refreshEvery = 15_000;
const refreshPause = 3_000;

export const model = {
  accounts: new Map(),
  totals: null,
  feed: [],
  isLoaded: false,
  isLive: false,
  lostSince: null,
  lostBecause: null,
  /// When each account last changed, in the time of `performance.now()`.
  changedAt: new Map(),
};

let changed = () => {};
const dirty = new Set();
let isFetching = false;
let lastRefresh = 0;
let mustRefresh = false;

/// Begins to follow the fleet; `onChange` is called whenever something in `model` is different.
export function start(onChange) {
  changed = onChange;
  follow({ heard, opened, lost });
  setInterval(keepUp, 1000);
}

/// `https://host:port` of an account's URL, as an endpoint is named.
export function endpointOf(account) {
  const parts = /^([a-z]+:\/\/[^/?#]+)/i.exec(account.url);
  return parts ? parts[1] : account.url;
}

/// Takes in an account as the API gave it.
export function accept(account) {
  model.accounts.set(account.id, account);
  changed();
}

function opened() {
  model.isLive = true;
  model.lostSince = null;
  mustRefresh = true;
  changed();
  keepUp();
}

function lost(error) {
  model.isLive = false;
  model.lostSince ??= api.now();
  model.lostBecause = error instanceof api.Problem ? error : null;
  changed();
}

function heard(name, data) {
  if (name === 'totals') model.totals = data;
  else if (name === 'transition') heardTransition(data);
  else if (name === 'gap') mustRefresh = true;
  changed();
}

function heardTransition(entry) {
  addToFeed([entry]);
  dirty.add(entry.account);
  const account = model.accounts.get(entry.account);
  if (!account || Date.parse(entry.at) < Date.parse(account.last_state_change_at ?? 0)) return;
  account.state = entry.to;
  account.failures = entry.failures;
  account.last_state_change_at = entry.at;
  // Until the account itself is asked: who is not connected is at best degraded.
  if (entry.to !== 'connected' && account.status === 'healthy') account.status = 'degraded';
  model.changedAt.set(entry.account, performance.now());
}

async function keepUp() {
  if (isFetching || !model.isLive || document.hidden) return;
  isFetching = true;
  const since = performance.now() - lastRefresh;
  try {
    const isMany = dirty.size > singleFetches;
    if (mustRefresh || since > refreshEvery || (isMany && since > refreshPause)) await refresh();
    else if (!isMany) await fetchDirty();
  } catch {
    // The stream notices a lost connection, too, and says so; what is dirty stays dirty.
  } finally {
    isFetching = false;
  }
}

async function refresh() {
  dirty.clear();
  mustRefresh = false;
  const { accounts, totals } = await api.allAccounts().catch((error) => { mustRefresh = true; throw error; });
  model.accounts = new Map(accounts.map((account) => [account.id, account]));
  model.totals = totals;
  lastRefresh = performance.now();
  if (!model.isLoaded) await seedFeed(accounts).catch(() => {});
  model.isLoaded = true;
  changed();
}

async function fetchDirty() {
  const ids = [...dirty];
  dirty.clear();
  await Promise.all(ids.map(async (id) => {
    try {
      model.accounts.set(id, await api.account(id));
    } catch (error) {
      if (error.status === 404) model.accounts.delete(id);
      else dirty.add(id);
    }
  }));
  if (ids.length) changed();
}

// The stream begins now; what happened shortly before is in the timelines of those that changed last.
async function seedFeed(accounts) {
  const latest = accounts.filter((account) => account.last_state_change_at)
    .sort((a, b) => Date.parse(b.last_state_change_at) - Date.parse(a.last_state_change_at)).slice(0, seedAccounts);
  const pasts = await Promise.all(latest.map(async ({ id }) => {
    const { entries } = await api.timeline(id, 5);
    return entries.map((entry) => ({ ...entry, account: id }));
  }));
  const known = new Set(model.feed.map((entry) => entry.account + entry.at + entry.to));
  addToFeed(pasts.flat().filter((entry) => !known.has(entry.account + entry.at + entry.to)));
}

// Events of different accounts may come a second apart from their order.
function addToFeed(entries) {
  model.feed = [...entries, ...model.feed].sort((a, b) => Date.parse(b.at) - Date.parse(a.at)).slice(0, feedLength);
}
