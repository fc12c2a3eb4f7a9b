// Which language the page speaks, and how it says times.

import { now } from './api.js';
import { en } from './texts-en.js';
import { zh } from './texts-zh.js';

const choiceKey = 'holdfast-language';
const languages = { en, zh };

function preferred() {
  const chosen = localStorage.getItem(choiceKey);
  if (chosen in languages) return chosen;
  const wanted = navigator.languages.map((tag) => tag.slice(0, 2).toLowerCase()).find((tag) => tag in languages);
  return wanted ?? 'en';
}

let current = preferred();

export const isChinese = () => current === 'zh';
/// The texts of the language in force.
export const texts = () => languages[current];
/// The name of the other language, in that language.
export const otherName = () => languages[isChinese() ? 'en' : 'zh'].languageName;

export function switchLanguage() {
  current = isChinese() ? 'en' : 'zh';
  localStorage.setItem(choiceKey, current);
}

/// A name of the API in words; what is not in the list is shown as it is.
export const word = (list, name) => texts()[list][name] ?? name;

/// What is most worth knowing of an account in one word.
export const stateWord = (account) => (['disabled', 'quarantined'].includes(account.status)
  ? word('status', account.status) : word('state', account.state));

/// A length of time in its largest whole unit, for what grows while one looks.
export function roughly(milliseconds) {
  const t = texts();
  const seconds = Math.max(0, Math.round(milliseconds / 1000));
  if (seconds < 100) return t.seconds(seconds);
  if (seconds < 100 * 60) return t.minutes(Math.round(seconds / 60));
  if (seconds < 48 * 3600) return t.hours(Math.round(seconds / 3600));
  return t.days(Math.round(seconds / 86_400));
}

/// A length of time as people say it, in its two largest units: 1 h 30 min.
export function span(milliseconds) {
  const t = texts();
  const seconds = Math.max(0, Math.round(milliseconds / 1000));
  const parts = [[t.days, Math.floor(seconds / 86_400)], [t.hours, Math.floor(seconds / 3600) % 24], [t.minutes, Math.floor(seconds / 60) % 60], [t.seconds, seconds % 60]];
  const first = parts.findIndex(([, count]) => count > 0);
  return first < 0 ? t.seconds(0) : parts.slice(first, first + 2).filter(([, count]) => count > 0).map(([say, count]) => say(count)).join(' ');
}

const units = { d: 'days', h: 'hours', min: 'minutes', s: 'seconds' };

/// A length of time that Holdfast has said, such as `1 h 30 min`.
export const timeInWords = (text) => text.replace(/([\d.]+) (d|h|min|s)\b/g, (all, count, unit) => texts()[units[unit]](count));

export function ago(time) {
  if (!time) return texts().never;
  const past = now() - Date.parse(time);
  return past < 1500 ? texts().justNow : texts().ago(roughly(past));
}

/// How long a reply took.
export const replyTime = (ms) => (ms < 10 ? `${ms.toFixed(1)} ms` : ms < 1000 ? `${Math.round(ms)} ms` : `${(ms / 1000).toFixed(1)} s`);

export const clock = (time) => new Date(time).toLocaleTimeString(isChinese() ? 'zh-CN' : 'en-GB');
export const fullTime = (time) => new Date(time).toLocaleString(isChinese() ? 'zh-CN' : 'en-GB');
export const number = (value) => value.toLocaleString(isChinese() ? 'zh-CN' : 'en-GB');
/// A share; never 100 % unless it is all of it.
export const percent = (share) => `${share >= 1 ? 100 : Math.floor(share * 10_000) / 100} %`;

/// Writes every relative time anew; once a second.
export function refreshTimes() {
  for (const element of document.querySelectorAll('[data-ago]')) set(element, ago(element.dataset.ago));
  for (const element of document.querySelectorAll('[data-until]')) {
    const left = Date.parse(element.dataset.until) - now();
    set(element, left > 500 ? texts().nextAttemptIn(span(left)) : texts().nextAttemptNow);
  }
  for (const element of document.querySelectorAll('[data-left]')) {
    const left = Date.parse(element.dataset.left) - now();
    set(element, left > 500 ? texts().timeLeft(span(left)) : texts().timeOver);
  }
  for (const element of document.querySelectorAll('[data-progress]')) {
    const [from, to] = element.dataset.progress.split('/').map((time) => Date.parse(time));
    element.style.width = `${100 * Math.min(1, Math.max(0, (now() - from) / Math.max(1, to - from)))}%`;
  }
}

const set = (element, text) => { if (element.textContent !== text) element.textContent = text; };

/// A time as an element that says how long ago that is, and exactly when if one asks.
export function timeAgo(value) {
  if (!value) return texts().never;
  const element = document.createElement('time');
  element.dateTime = value;
  element.title = fullTime(value);
  element.dataset.ago = value;
  element.textContent = ago(value);
  return element;
}
