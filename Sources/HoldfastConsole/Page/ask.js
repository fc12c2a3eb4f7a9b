// The two questions the page asks: are you sure, and who are you.

import { setToken } from './api.js';
import { byId, make } from './dom.js';
import { texts } from './language.js';

const dialog = byId('ask');

/// Asks before something sharp. True if the answer is yes.
export function ask(title, more, yes) {
  return show(() => [
    make('h2', { id: 'ask-title' }, title),
    make('p', {}, more),
    make('div', { class: 'actions' },
      make('button', { type: 'button', onclick: () => dialog.close() }, texts().cancel),
      make('button', { type: 'button', class: 'sharp', data: { answer: 'yes' }, onclick: () => dialog.close('yes') }, yes)),
  ]).then((answer) => answer === 'yes');
}

/// Asks for a token and keeps it for this tab.
export async function askForToken() {
  if (dialog.open) return;
  const t = texts();
  const field = make('input', { type: 'password', id: 'token', autocomplete: 'off', required: true });
  const token = await show(() => [
    make('h2', { id: 'ask-title' }, t.tokenTitle),
    make('p', {}, t.tokenMore),
    make('form', { method: 'dialog', onsubmit: () => dialog.close(field.value) },
      make('label', { for: 'token' }, t.tokenLabel), field,
      make('div', { class: 'actions' }, make('button', { class: 'primary' }, t.enter))),
  ]);
  if (token) setToken(token);
}

function show(build) {
  dialog.returnValue = '';
  dialog.replaceChildren(...build());
  dialog.showModal();
  return new Promise((answered) => {
    dialog.addEventListener('close', () => answered(dialog.returnValue), { once: true });
  });
}
