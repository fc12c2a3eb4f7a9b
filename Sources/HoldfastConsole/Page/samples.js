// Curves of the accounts that were looked at: Holdfast keeps none for each account, so they are collected while the page is open.

const accountsKept = 30;
const pointsKept = 3600;
const kept = new Map();

/// `{ health, reply }` of an account, each `[[time, value]…]`.
export const samplesOf = (id) => kept.get(id) ?? { health: [], reply: [] };

/// Notes how an account is at this moment.
export function sample(account, now) {
  const samples = kept.get(account.id) ?? { health: [], reply: [], lastReply: null };
  kept.delete(account.id);
  kept.set(account.id, samples);
  if (kept.size > accountsKept) kept.delete(kept.keys().next().value);
  add(samples.health, [now, account.health]);
  if (account.last_heartbeat_reply_at && account.last_heartbeat_reply_at !== samples.lastReply && account.reply_ms !== null) {
    samples.lastReply = account.last_heartbeat_reply_at;
    add(samples.reply, [Date.parse(account.last_heartbeat_reply_at), account.reply_ms]);
  }
}

function add(points, point) {
  if (points.length && points.at(-1)[0] >= point[0]) return;
  points.push(point);
  if (points.length > pointsKept) points.shift();
}
