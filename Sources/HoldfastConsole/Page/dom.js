// The few things the page needs of the DOM. Everything is written as text: there is no way here to write markup.

export const byId = (id) => document.getElementById(id);

/// Makes an element: `make('button', { class: 'quiet', onclick: act }, 'text', child, null)`.
export function make(tag, properties = {}, ...children) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(properties)) {
    if (value === undefined || value === null || value === false) continue;
    if (name.startsWith('on')) element.addEventListener(name.slice(2), value);
    else if (name === 'data') Object.assign(element.dataset, value);
    else element.setAttribute(name, value === true ? '' : value);
  }
  element.append(...children.flat().filter((child) => child !== null && child !== undefined && child !== false));
  return element;
}

/// Puts these in place of what an element holds, and leaves it alone if nothing changed, so that focus and selection stay.
export function fill(element, key, build) {
  if (element.dataset.key === key) return;
  element.dataset.key = key;
  element.replaceChildren(...[build()].flat().filter((child) => child !== null && child !== undefined && child !== false));
}

/// Writes a text if it is another one.
export function write(element, text) {
  if (element.textContent !== text) element.textContent = text;
}

const svg = 'http://www.w3.org/2000/svg';
// Drawn on 24 × 24, with a stroke of 2.
const icons = {
  well: 'M20 6 9 17l-5-5',
  none: 'M22 12h-6l-2 3h-4l-2-3H2M5.5 5.1 2 12v6a2 2 0 0 0 2 2h16a2 2 0 0 0 2-2v-6l-3.5-6.9A2 2 0 0 0 16.8 4H7.2a2 2 0 0 0-1.7 1.1z',
  bell: 'M18 8a6 6 0 0 0-12 0c0 7-3 9-3 9h18s-3-2-3-9M13.7 21a2 2 0 0 1-3.4 0',
  light: 'M12 3v1M12 20v1M3 12h1M20 12h1M5.6 5.6l.7.7M17.7 17.7l.7.7M5.6 18.4l.7-.7M17.7 6.3l.7-.7M16 12a4 4 0 1 1-8 0 4 4 0 0 1 8 0z',
  dark: 'M21 12.8A9 9 0 1 1 11.2 3a7 7 0 0 0 9.8 9.8z',
  auto: 'M12 3a9 9 0 1 0 0 18zM12 3a9 9 0 0 1 0 18',
  back: 'M15 18l-6-6 6-6',
};

/// A small drawing that says nothing to who cannot see it.
export function icon(name, size = 18) {
  const element = document.createElementNS(svg, 'svg');
  for (const [key, value] of Object.entries({ viewBox: '0 0 24 24', width: size, height: size, class: 'icon', 'aria-hidden': 'true' })) element.setAttribute(key, value);
  const path = document.createElementNS(svg, 'path');
  path.setAttribute('d', icons[name]);
  element.append(path);
  return element;
}

/// What stands where a list would stand if there were something in it.
export const emptiness = (name, title, more) => make('div', { class: 'emptiness' },
  icon(name, 28), make('p', {}, make('b', {}, title)), more ? make('p', { class: 'muted' }, more) : null);

/// Stands for what is being loaded.
export const skeleton = (lines) => Array.from({ length: lines }, () => make('div', { class: 'skeleton', 'aria-hidden': 'true' }));

/// Calls `work` at most once per frame, however often it is asked.
export function oncePerFrame(work) {
  let isAsked = false;
  return () => {
    if (isAsked) return;
    isAsked = true;
    requestAnimationFrame(() => { isAsked = false; work(); });
  };
}

const toastSeconds = 6;

/// Says something in the corner for a while.
export function toast(text, kind = 'info') {
  const element = make('p', { class: `toast ${kind}` }, text);
  byId('toasts').append(element);
  setTimeout(() => element.remove(), toastSeconds * 1000);
}
