// What people did, newest first.

import { emptiness, make } from './dom.js';
import { fullTime, texts, timeInWords, word } from './language.js';
import { listHead, pager } from './pager.js';
import { address } from './router.js';

let list = null;

export const title = () => texts().pages.audit;

export function build() {
  const t = texts();
  list = pager({ what: 'audit', answerKey: 'entries', row, empty: () => emptiness('none', texts().noAudit, texts().noAuditMore) });
  list.reload();
  return [listHead(t.pages.audit, t.auditMore), make('section', { class: 'block' }, list.element)];
}

export function draw() { list.draw(); }

// Holdfast writes down in English what was done; another language has words for what is usual in it.
const detailOf = ({ detail }) => texts().auditDetail.reduce((text, [pattern, words]) => text.replace(pattern, words), detail ?? '')
  .replace(/(?<=[，,] ?)(?:\d+ (?:d|h|min|s) ?)+(?=$|[;；])/, timeInWords);

function row(entry) {
  const name = entry.action.replaceAll('-', '_');
  return make('li', { class: 'item audit-item' },
    make('time', { datetime: entry.at, class: 'muted' }, fullTime(entry.at)),
    make('span', {}, make('b', {}, word('auditAction', name)), ' ', entry.account ? make('a', { class: 'name', href: address('account', entry.account) }, entry.account) : null),
    make('span', { class: 'muted grow' }, make('code', {}, detailOf(entry))),
    make('span', { class: 'muted' }, make('span', { class: 'who' }, entry.who), entry.from ? ` · ${entry.from}` : ''));
}
