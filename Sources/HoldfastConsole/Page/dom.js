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
  element.replaceChildren(...[build()].flat());
}

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
