// The live events. Not `EventSource`, because that can neither send a token nor tell a dead connection from a quiet one.

import { request } from './api.js';

// Holdfast writes at least every 15 s.
const silenceLimit = 40_000;
const firstPause = 500;
const longestPause = 10_000;

/// Follows the events for ever: `heard(name, data)` for each; `refused(is)` says whether there is no place for another viewer.
/// Only while the page can be seen: a browser opens six connections to a server, and every tab would keep one for itself.
export async function follow({ heard, refused, lastID }) {
  let pause = firstPause;
  let abort = new AbortController();
  document.addEventListener('visibilitychange', () => { if (document.hidden) abort.abort(); });
  for (;;) {
    await seen();
    try {
      abort = new AbortController();
      const headers = lastID ? { 'Last-Event-ID': lastID } : {};
      const response = await request('/api/v1/events', { headers, signal: abort.signal });
      pause = firstPause;
      refused(false);
      for await (const event of events(response.body, abort)) {
        if (event.id) lastID = event.id;
        heard(event.name, JSON.parse(event.data));
      }
    } catch (error) {
      if (error.code === 'too_many_viewers') refused(true);
    }
    await new Promise((resume) => setTimeout(resume, pause * (0.5 + Math.random() / 2)));
    pause = Math.min(pause * 2, longestPause);
  }
}

const seen = () => new Promise((resume) => {
  if (!document.hidden) { resume(); return; }
  document.addEventListener('visibilitychange', () => resume(), { once: true });
});

/// Takes the text of a stream apart (WHATWG HTML §9.2.6). Gives up after too long a silence.
async function* events(body, abort) {
  const reader = body.pipeThrough(new TextDecoderStream()).getReader();
  let rest = '';
  let event = { name: 'message', data: '', id: null };
  for (;;) {
    const watchdog = setTimeout(() => abort.abort(), silenceLimit);
    const { value, done } = await reader.read().finally(() => clearTimeout(watchdog));
    if (done) return;
    const lines = (rest + value).split('\n');
    rest = lines.pop();
    for (const line of lines) {
      if (line === '') {
        if (event.data) yield event;
        event = { name: 'message', data: '', id: null };
      } else if (!line.startsWith(':')) {
        const colon = line.indexOf(':');
        const field = colon < 0 ? line : line.slice(0, colon);
        const text = colon < 0 ? '' : line.slice(colon + 1).replace(/^ /, '');
        if (field === 'event') event.name = text;
        else if (field === 'data') event.data += text;
        else if (field === 'id') event.id = text;
      }
    }
  }
}
