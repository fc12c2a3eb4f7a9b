// Light, dark, or as the system has it.

import { icon } from './dom.js';

const key = 'holdfast-theme';
const order = ['auto', 'light', 'dark'];
let listeners = [];

export const theme = () => (order.includes(localStorage.getItem(key)) ? localStorage.getItem(key) : 'auto');

/// Takes what was chosen earlier; `onChange` is called whenever colours are others.
export function startTheme(button, onChange) {
  button.addEventListener('click', () => {
    localStorage.setItem(key, order[(order.indexOf(theme()) + 1) % order.length]);
    apply(button);
    for (const listener of listeners) listener();
  });
  matchMedia('(prefers-color-scheme: dark)').addEventListener('change', () => { for (const listener of listeners) listener(); });
  listeners.push(onChange);
  apply(button);
}

export function whenColoursChange(listener) { listeners.push(listener); }

function apply(button) {
  document.documentElement.dataset.theme = theme();
  button.replaceChildren(icon(theme()));
}

/// A colour of the style sheet as the canvas wants it.
export function colour(name) {
  if (!known.has(name)) {
    probe.style.color = `var(--${name})`;
    known.set(name, getComputedStyle(probe).color);
  }
  return known.get(name);
}

const probe = document.createElement('i');
probe.hidden = true;
document.body.append(probe);
const known = new Map();
listeners.push(() => known.clear());
