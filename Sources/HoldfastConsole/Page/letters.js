// Messages that nobody could handle or read: why, what was in them, and another try.

import * as api from './api.js';
import { ask } from './ask.js';
import { emptiness, fill, make, toast } from './dom.js';
import { quote } from './failure-texts.js';
import { fullTime, texts, timeAgo, word } from './language.js';
import { filterField, listHead, pager } from './pager.js';
import { may } from './role.js';
import { address, refine } from './router.js';

let list = null;
let asked = null;

export const title = () => texts().pages.letters;

export function build(route) {
  const t = texts();
  asked = null;
  list = pager({ what: 'letters', row, empty: () => emptiness('well', texts().noLetters, texts().noLettersMore) });
  return [listHead(t.pages.letters, t.lettersMore, filterField('account', t.account, route, refine)), make('section', { class: 'block' }, list.element)];
}

export function draw(route) {
  const wanted = { account: route.filters.get('account') };
  if (JSON.stringify(wanted) !== asked) {
    asked = JSON.stringify(wanted);
    list.reload(wanted);
  }
  list.draw();
}

function row(letter) {
  const t = texts();
  const inside = make('div', { class: 'inside' });
  return make('li', { class: 'item' }, make('details', { ontoggle: (event) => { if (event.target.open) open(letter, inside); } },
    make('summary', {},
      make('span', { class: 'muted' }, timeAgo(letter.at)),
      make('b', { class: 'name' }, letter.account),
      make('span', {}, word('letterCode', letter.code)),
      make('span', { class: 'grow ellipsis muted' }, letter.text === null ? t.unreadable : make('q', { lang: '' }, letter.text))),
    inside));
}

async function open(letter, inside) {
  const t = texts();
  let whole = letter;
  try { whole = await api.send('GET', ['letters', letter.id]); } catch { /* What the list says has to do. */ }
  const from = [letter.name, letter.sender].filter(Boolean).join(' · ');
  const rows = [
    [t.account, make('a', { class: 'name', href: address('account', letter.account) }, letter.account)],
    [t.why, [word('letterCode', letter.code), ' · ', quote(letter.detail)]],
    [t.chat, letter.chat], [t.sender, from && make('span', { class: 'who' }, from)],
    [t.sentAt, letter.sent_at && fullTime(letter.sent_at)], [t.received, letter.received_at && fullTime(letter.received_at)],
    [t.text, letter.text && make('q', { lang: '' }, letter.text)],
    [t.raw, (whole.raw ?? whole.raw_base64) && make('pre', {}, make('code', {}, whole.raw ?? whole.raw_base64))],
  ].filter(([, value]) => value);
  fill(inside, JSON.stringify([t.languageName, whole]), () => [
    make('dl', { class: 'facts' }, rows.map(([name, value]) => make('div', {}, make('dt', {}, name), make('dd', {}, value)))),
    may('operator') ? make('div', { class: 'actions' },
      make('button', { type: 'button', class: 'primary', data: { action: 'replay' }, onclick: () => act(letter, 'replay') }, t.replay),
      make('button', { type: 'button', data: { action: 'delete' }, onclick: () => act(letter, 'delete') }, `${t.remove}…`)) : null,
  ]);
}

async function act(letter, action) {
  const t = texts();
  if (action === 'delete' && !await ask(t.askLetter, t.askLetterMore, t.remove)) return;
  try {
    await (action === 'replay' ? api.send('POST', ['letters', letter.id, 'replay']) : api.send('DELETE', ['letters', letter.id]));
    toast(action === 'replay' ? t.replayed : t.removed);
    list.reload();
  } catch (error) {
    toast(t.refusal[error.code] ?? error.message, 'bad');
  }
}
