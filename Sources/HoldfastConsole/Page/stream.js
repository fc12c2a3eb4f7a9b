// The live events. Not `EventSource`, because that can neither send a token nor tell a dead connection from a quiet one.

import { request } from './api.js';

// Holdfast writes at least every 15 s.
const silenceLimit = 40_000;
const firstPause = 500;
const longestPause = 10_000;

/// Follows the events for ever: `heard(name, data)` for each, `opened()` and `lost(error)` as the connection comes and goes.
export async function follow({ heard, opened, lost }) {
  let lastID = null;
  let pause = firstPause;
  for (;;) {
    try {
      const abort = new AbortController();
      const headers = lastID ? { 'Last-Event-ID': lastID } : {};
      const response = await request('/api/v1/events', { headers, signal: abort.signal });
      pause = firstPause;
      opened();
      for await (const event of events(response.body, abort)) {
        if (event.id) lastID = event.id;
        heard(event.name, JSON.parse(event.data));
      }
      lost(null);
    } catch (error) {
      lost(error);
    }
    await new Promise((resume) => setTimeout(resume, pause * (0.5 + Math.random() / 2)));
    pause = Math.min(pause * 2, longestPause);
  }
}

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
