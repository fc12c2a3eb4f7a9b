// An alert in words: which rule, how bad, whom it is about, and by how much.

import { make } from './dom.js';
import { causeOf, quote } from './failure-texts.js';
import { number, percent, span, texts, timeAgo, word } from './language.js';
import { address } from './router.js';

const tones = { critical: 'status-failed', warning: 'status-degraded' };
const shownAccounts = 6;

export const toneOf = (alert) => tones[alert.severity] ?? 'status-disabled';

/// In a list in short.
export const alertRow = (alert) => make('li', { class: `alert-row ${toneOf(alert)}` },
  make('p', {}, make('b', {}, word('alertRule', alert.rule)), ' ', make('span', { class: 'muted' }, timeAgo(alert.starts_at))),
  make('p', { class: 'muted' }, about(alert)));

/// Whom an alert is about.
export function about(alert) {
  const t = texts();
  const whom = alert.account ? accountLink(alert.account) : make('span', { class: 'name' }, alert.endpoint ?? t.wholeFleet);
  return [whom, !alert.account && alert.accounts > 1 ? ` · ${t.affected(number(alert.affected), number(alert.accounts))}` : null];
}

/// Some of the accounts concerned, where it is not one only.
export function sampleOf(alert) {
  if (alert.account || !alert.sample?.length) return null;
  const more = alert.affected - Math.min(alert.sample.length, shownAccounts);
  return make('p', { class: 'sample' }, alert.sample.slice(0, shownAccounts).map((id) => accountLink(id)),
    more > 0 ? make('span', { class: 'muted' }, texts().moreAttention(number(more))) : null);
}

const accountLink = (id) => make('a', { class: 'name', href: address('account', id) }, id);

const measured = { share: percent, seconds: (seconds) => span(seconds * 1000), count: number };

/// What was measured, beside what it may be.
export function figuresOf(alert) {
  const figures = (alert.figures ?? []).filter((figure) => figure.threshold !== 0);
  if (!figures.length) return null;
  return make('p', { class: 'muted' }, figures.map((figure) => {
    const say = measured[figure.unit] ?? number;
    const said = texts().figure(say(figure.value), say(figure.threshold));
    return figure.rule === alert.rule ? said : `${word('alertRule', figure.rule)}: ${said}`;
  }).join(' · '));
}

/// Why: the code that most failures have, or the words of whoever failed.
export function detailOf({ detail }) {
  if (!detail) return null;
  return make('p', { class: 'muted' }, /^[a-z]+\.[a-z0-9_]+$/.test(detail) ? [make('code', {}, detail), ` ${causeOf(detail)}`] : quote(detail));
}
