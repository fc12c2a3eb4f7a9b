// A list that Holdfast gives part by part: loading, empty, failed and more are the same everywhere.

import * as api from './api.js';
import { emptiness, fill, make, skeleton } from './dom.js';
import { texts } from './language.js';

const part = 50;

/// `what` is the name in the API, `row(item)` makes a list's item, `empty()` what stands there if there is none. The element, a
/// function that loads it anew with these parameters, and one that draws.
export function pager({ what, row, empty, answerKey = what }) {
  const list = make('ul', { class: 'rows items', id: `list-${what}` });
  const under = make('p', { class: 'more' });
  const element = make('div', {}, list, under);
  let items = null;
  let next = null;
  let problem = null;
  let isLoading = false;
  let parameters = {};
  let turn = 0;

  async function load(isMore = false) {
    const mine = isMore ? turn : (turn += 1);
    isLoading = true;
    problem = null;
    draw();
    try {
      const answer = await api.list(what, { ...parameters, limit: part, cursor: isMore ? next : null });
      if (mine !== turn) return;
      items = isMore ? [...items, ...answer[answerKey]] : answer[answerKey];
      next = answer.next;
    } catch (error) {
      if (mine === turn) problem = error;
    } finally {
      if (mine === turn) isLoading = false;
    }
    draw();
  }

  function draw() {
    const t = texts();
    fill(list, JSON.stringify([t.languageName, items, problem?.code, isLoading && items === null]), () => {
      if (problem) return make('li', {}, emptiness('none', t.cannotLoad, t.refusal[problem.code] ?? problem.message));
      if (items === null) return make('li', {}, skeleton(6));
      return items.length ? items.map(row) : make('li', {}, empty());
    });
    fill(under, JSON.stringify([t.languageName, next, isLoading, Boolean(problem)]), () => (next && !problem ? make('button', {
      type: 'button', class: 'quiet', disabled: isLoading, onclick: () => load(true),
    }, t.more) : []));
  }

  return {
    element,
    draw,
    /// Loads from the beginning; what is shown stays until the answer is there, unless it is asked for something else.
    reload(wanted = parameters) {
      if (JSON.stringify(wanted) !== JSON.stringify(parameters)) items = null;
      parameters = wanted;
      return load();
    },
  };
}

/// The head of a page that is a list.
export const listHead = (title, more, ...tools) => make('header', { class: 'list-head' },
  make('div', {}, make('h1', {}, title), make('p', { class: 'muted' }, more)), make('div', { class: 'actions' }, tools));

/// A field that filters by a parameter in the address.
export function filterField(name, label, route, refine) {
  let timer = null;
  return make('input', {
    type: 'search', value: route.filters.get(name) ?? '', placeholder: label, 'aria-label': label, spellcheck: 'false', autocomplete: 'off', data: { filter: name },
    oninput: (event) => {
      clearTimeout(timer);
      timer = setTimeout(() => refine({ [name]: event.target.value.trim() || null }, { replace: true }), 250);
    },
  });
}
