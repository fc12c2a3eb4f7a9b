// What can be known of an account's past from its timeline: when it was in which state, and what that adds up to.

/// `[{ from, to, state, code }]`, oldest first, of entries that are newest first. Times in milliseconds.
export function intervals(entries, now) {
  const found = [];
  let end = now;
  for (const entry of entries) {
    const at = Date.parse(entry.at);
    if (at < end) found.unshift({ from: at, to: end, state: entry.to, code: entry.code });
    end = Math.min(end, at);
  }
  return found;
}

// Switched off, or between two lives: no time in which it should have been connected.
const isOff = (state) => state === 'disconnected' || state === 'closed';

/// `{ availability, outages, between, repair }` of the last `length` milliseconds: a share, a number and two mean times, or null
/// where there is nothing to say.
export function figures(past, length, now) {
  const begin = now - length;
  let connected = 0;
  let meant = 0;
  let outages = 0;
  let away = 0;
  let wasConnected = false;
  for (const { from, to, state } of past) {
    const time = Math.max(0, to - Math.max(from, begin));
    if (time > 0 && !isOff(state)) {
      meant += time;
      if (state === 'connected') connected += time; else away += time;
      if (wasConnected && state !== 'connected' && from >= begin) outages += 1;
    }
    if (state === 'connected' || isOff(state)) wasConnected = state === 'connected';
    else wasConnected = false;
  }
  return {
    availability: meant > 0 ? connected / meant : null,
    outages,
    between: outages > 0 ? connected / outages : null,
    repair: outages > 0 ? away / outages : null,
  };
}

/// Failures in a row over time, as steps.
export const failureSteps = (entries) => entries.map((entry) => [Date.parse(entry.at), entry.failures]).reverse();
