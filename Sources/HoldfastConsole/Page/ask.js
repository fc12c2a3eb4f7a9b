// The questions the page asks: are you sure, who are you, and what exactly.

import { signIn } from './api.js';
import { byId, make } from './dom.js';
import { texts } from './language.js';

const dialog = byId('ask');
dialog.addEventListener('click', (event) => { if (event.target === dialog) dialog.close(); });

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

/// Says something longer than a toast.
export function inform(title, content) {
  return show(() => [make('h2', { id: 'ask-title' }, title), content,
    make('div', { class: 'actions' }, make('button', { type: 'button', onclick: () => dialog.close() }, texts().close))]);
}

/// Asks for several texts: `fields` are `{ name, label, type, value, required, options }`. The values by name, or null.
export async function askFor(title, more, fields, yes) {
  const inputs = fields.map((field) => {
    const properties = { id: `ask-${field.name}`, name: field.name, autocomplete: 'off', required: field.required, placeholder: field.placeholder };
    if (!field.options) return make('input', { ...properties, type: field.type ?? 'text', value: field.value });
    return make('select', properties, field.options.map(([value, text]) => make('option', { value, selected: value === field.value }, text)));
  });
  const answer = await show(() => [
    make('h2', { id: 'ask-title' }, title), make('p', {}, more),
    make('form', { method: 'dialog', onsubmit: () => dialog.close('yes') },
      fields.map((field, index) => [make('label', { for: `ask-${field.name}` }, field.label), inputs[index]]).flat(),
      make('div', { class: 'actions' },
        make('button', { type: 'button', onclick: () => dialog.close() }, texts().cancel),
        make('button', { class: 'primary', data: { answer: 'yes' } }, yes))),
  ]);
  return answer === 'yes' ? Object.fromEntries(fields.map((field, index) => [field.name, inputs[index].value.trim()])) : null;
}

/// Asks for a token and signs in with it; a wrong one is asked for again with the next request. False if it is being asked
/// for already, or none was given.
export async function askForToken() {
  if (dialog.open) return false;
  const t = texts();
  const field = make('input', { type: 'password', id: 'token', autocomplete: 'off', required: true });
  const token = await show(() => [
    make('h2', { id: 'ask-title' }, t.tokenTitle),
    make('p', {}, t.tokenMore),
    make('form', { method: 'dialog', onsubmit: () => dialog.close(field.value) },
      make('label', { for: 'token' }, t.tokenLabel), field,
      make('div', { class: 'actions' }, make('button', { class: 'primary' }, t.enter))),
  ]);
  if (token) await signIn(token);
  return Boolean(token);
}

function show(build) {
  dialog.returnValue = '';
  dialog.replaceChildren(...build());
  dialog.showModal();
  return new Promise((answered) => {
    dialog.addEventListener('close', () => answered(dialog.returnValue), { once: true });
  });
}
