// Chats in which automatic replies rest, because a person has answered there or somebody wants it so.

import * as api from './api.js';
import { ask, askFor } from './ask.js';
import { emptiness, make, toast } from './dom.js';
import { fullTime, texts } from './language.js';
import { model } from './model.js';
import { filterField, listHead, pager } from './pager.js';
import { may } from './role.js';
import { address, refine } from './router.js';

const askEvery = 10_000;
let list = null;
let asked = null;
let askedAt = 0;

export const title = () => texts().pages.pauses;

export function build(route) {
  const t = texts();
  asked = null;
  list = pager({ what: 'pauses', row, empty: () => emptiness('well', texts().noPauses, texts().noPausesMore) });
  return [
    listHead(t.pages.pauses, t.pausesMore, filterField('account', t.account, route, refine),
      may('operator') ? make('button', { type: 'button', data: { action: 'pause' }, onclick: add }, `${t.addPause}…`) : null),
    make('section', { class: 'block' }, list.element)];
}

export function draw(route) {
  const wanted = { account: route.filters.get('account') };
  if (JSON.stringify(wanted) !== asked || performance.now() - askedAt > askEvery) {
    asked = JSON.stringify(wanted);
    askedAt = performance.now();
    list.reload(wanted);
  }
  list.draw();
}

function row(pause) {
  const t = texts();
  return make('li', { class: 'item' },
    make('a', { class: 'name', href: address('account', pause.account) }, pause.account),
    make('code', { class: 'grow' }, pause.chat),
    make('span', { class: 'muted', title: fullTime(pause.until), data: { left: pause.until } }),
    may('operator') ? make('button', { type: 'button', data: { action: 'lift' }, onclick: () => lift(pause) }, `${t.lift}…`) : null);
}

async function add() {
  const t = texts();
  const values = await askFor(t.addPause, t.addPauseMore, [
    { name: 'account', label: t.account, required: true, value: model.ids.length === 1 ? model.ids[0] : '' }, { name: 'chat', label: t.chat, required: true },
    { name: 'for_s', label: t.forHowLong, value: '600', options: [['600', t.minutes(10)], ['3600', t.hours(1)], ['28800', t.hours(8)], ['86400', t.hours(24)], ['604800', t.days(7)]] },
  ], t.addPause);
  if (values) await act(() => api.send('POST', ['pauses'], { ...values, for_s: Number(values.for_s) }), t.paused);
}

async function lift(pause) {
  const t = texts();
  if (!await ask(t.askLift, t.askLiftMore, t.lift)) return;
  await act(() => api.send('DELETE', ['pauses', pause.account, pause.chat]), t.lifted);
}

async function act(work, done) {
  try {
    await work();
    toast(done);
  } catch (error) {
    toast(texts().refusal[error.code] ?? error.message, 'bad');
  }
  list.reload();
}
