// Asking Holdfast. A token, where one is needed, is asked for once and changed for a cookie that no script can read.

const patience = 8000;

/// An answer that is no success: the problem document that came with it.
export class Problem extends Error {
  constructor(status, body) {
    super(body.detail ?? `HTTP ${status}`);
    this.status = status;
    this.code = body.code ?? `http_${status}`;
  }
}

let tokenNeeded = () => {};
let clockOffset = 0;

/// What to do when Holdfast wants a token, or another one.
export function whenTokenNeeded(action) { tokenNeeded = action; }

/// Signs in: from then on the browser sends the cookie by itself. True if the token is a right one.
export async function signIn(token) {
  const headers = { Authorization: `Bearer ${token}`, 'Content-Type': 'application/json' };
  const response = await fetch('/api/v1/session', { method: 'POST', headers, cache: 'no-store' });
  return response.ok;
}

/// The time as Holdfast has it; its clock and the browser's may differ.
export const now = () => Date.now() + clockOffset;

/// A request whose answer is a success; anything else is thrown.
export async function request(path, options = {}) {
  const response = await fetch(path, { ...options, cache: 'no-store' });
  noteClock(response);
  if (response.ok) return response;
  const problem = new Problem(response.status, await response.json().catch(() => ({})));
  if (response.status === 401) tokenNeeded();
  throw problem;
}

// The header has whole seconds, so only a difference worth correcting counts.
function noteClock(response) {
  const theirs = Date.parse(response.headers.get('Date') ?? '');
  const difference = theirs - Date.now();
  if (Number.isFinite(difference)) clockOffset = Math.abs(difference) > 2000 ? difference : 0;
}

const json = async (path, options) => {
  const response = await request(path, options);
  return response.status === 204 ? null : response.json();
};
const name = encodeURIComponent;
const body = (method, value) => ({
  method, headers: { 'Content-Type': 'application/json' }, body: value === undefined ? undefined : JSON.stringify(value),
});

export const whoami = () => json('/api/v1/whoami');
/// A server that takes the question and says nothing is lost, too.
export const fleet = (since) => json(`/api/v1/fleet${since ? `?since=${name(since)}` : ''}`, { signal: AbortSignal.timeout(patience) });
export const account = (id) => json(`/api/v1/accounts/${name(id)}`);
export const timeline = (id, limit) => json(`/api/v1/accounts/${name(id)}/timeline?limit=${limit}`);
export const act = (id, action) => json(`/api/v1/accounts/${name(id)}/${action}`, body('POST'));
export const actOnMany = (filter, action) => json(`/api/v1/accounts:${action}`, body('POST', filter));

/// A part of a list: `list('audit', { limit: 50, cursor })`. What is empty is left out.
export function list(what, parameters = {}) {
  const query = new URLSearchParams(Object.entries(parameters).filter(([, value]) => value !== null && value !== undefined && value !== ''));
  return json(`/api/v1/${what}?${query}`);
}

/// A thing under a path of names: `send('POST', ['letters', 7, 'replay'])`.
export const send = (method, path, value) => json(`/api/v1/${path.map(name).join('/')}`, body(method, value));
