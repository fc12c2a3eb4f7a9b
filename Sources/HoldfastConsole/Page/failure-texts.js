// What went wrong, in words. English ones come from Holdfast together with the failure; Chinese ones are made here, from the same codes.

import { make } from './dom.js';
import { acts, causes } from './failures-zh.js';
import { isChinese, texts, timeInWords, word } from './language.js';

// `network.errno_101` is `errno` and 101.
const parts = (code) => code.match(/^[a-z]+\.(.+?)(?:_(\d+))?$/)?.slice(1) ?? [code];

/// A failure's code in words, in short; its class where there are none.
export function causeOf(code) {
  const [name, number] = parts(code);
  const cause = isChinese() ? causes[name] : undefined;
  return (typeof cause === 'function' ? cause(number) : cause) ?? word('failureClass', code.split('.')[0]);
}

/// A failure in words: what was seen, what the other side said if that is not in it, and what a person can do.
export function failureWords({ class: name, code, message, said }) {
  const advice = texts().advice[name];
  if (!isChinese()) return { cause: message, said: null, advice };
  const [kind, number] = parts(code);
  return { cause: causeOf(code), said, advice: acts[`${kind}_${number}`] ?? acts[kind] ?? advice };
}

/// Words that are not ours, as they are.
export const quote = (text) => make('q', { class: 'said', lang: '' }, text);

/// What a reason of the health was measured at: what Holdfast says of it, or the same in Chinese.
export function reasonDetail({ code, detail }, account) {
  if (!isChinese()) return detail ? [detail] : [];
  const t = texts();
  const count = detail.match(/^\d+/)?.[0];
  const time = detail.match(/(?:[\d.]+ (?:d|h|min|s) ?)+$/)?.[0];
  const last = account.last_failure ? make('code', {}, account.last_failure.code) : null;
  const said = {
    quarantined: [word('quarantineShort', account.quarantine)],
    failed: [last],
    not_connected: [word('state', account.state), time && ` · ${t.lasted(timeInWords(time))}`],
    failures: [t.inARow(count), ' · ', last],
    heartbeats_missed: [t.inARow(count)],
  };
  return said[code] ?? (time ? [timeInWords(time)] : []);
}
