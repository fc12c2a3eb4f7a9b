// The map of all accounts: one cell each, always at the same place unless it is sorted by need. With room enough a cell has a
// name; a filled cell is connected, a hollow one is not, so colour is never the only sign.

import { byId, make, write } from './dom.js';
import { number, stateWord, texts, word } from './language.js';
import { model, stateOf, statusOf } from './model.js';
import { go, refine } from './router.js';
import { colour, whenColoursChange } from './theme.js';

const label = { width: 150, height: 46, gap: 6, most: 120 };
const small = { largest: 24, smallest: 3, tallest: 430 };
const orders = ['name', 'endpoint', 'worst'];
const statuses = ['healthy', 'degraded', 'unhealthy', 'failed', 'quarantined', 'disabled'];
const worstFirst = ['quarantined', 'failed', 'unhealthy', 'degraded', 'healthy', 'disabled'];
const flashFor = 2500;
const flashMost = 400;
const faint = 0.13;

let canvas = null;
let tip = null;
let cells = null;
let filters = {};
let order = 'name';
/// Which account is in which cell, and the other way round.
let cellOf = new Uint32Array();
let placeOf = new Uint32Array();
let drawn = '';
let focus = -1;
let isFlashing = false;
const calm = matchMedia('(prefers-reduced-motion: reduce)');
whenColoursChange(() => { drawn = ''; paint(); });

export function buildMap() {
  const t = texts();
  canvas = make('canvas', {
    id: 'map', tabindex: '0', role: 'application', 'aria-describedby': 'map-now', 'aria-label': t.mapLabel,
    onclick: (event) => { const place = placeAt(event); if (place !== undefined) go('account', model.ids[place]); },
    onmousemove: showTip, onmouseleave: () => { tip.hidden = true; }, onkeydown: moveFocus,
    onblur: () => { focus = -1; drawn = ''; paint(); },
  });
  tip = make('p', { id: 'map-tip', class: 'tip', hidden: true });
  const chooser = make('select', { id: 'map-order', 'aria-label': t.mapOrder, onchange: (event) => refine({ order: event.target.value === 'name' ? null : event.target.value }) },
    orders.map((name) => make('option', { value: name }, t.order[name])));
  const frame = make('div', { class: 'map-frame' }, canvas, tip);
  new ResizeObserver(() => { drawn = ''; paint(); }).observe(frame);
  drawn = '';
  return make('section', { class: 'block', 'aria-labelledby': 'accounts-title' },
    make('div', { class: 'block-head' }, make('h2', { id: 'accounts-title' }, t.accounts), make('span', { id: 'map-count', class: 'muted' }),
      make('p', { class: 'legend' }, statuses.map((name) => make('span', {}, make('i', { class: `swatch status-${name}` }), word('status', name))),
        make('span', {}, make('i', { class: 'swatch hollow' }), t.notConnected)), chooser),
    frame, make('p', { id: 'map-now', class: 'unseen', 'aria-live': 'polite' }), make('p', { id: 'map-empty', class: 'empty', hidden: true }));
}

export function drawMap(nextFilters, nextOrder) {
  filters = { ...nextFilters, q: nextFilters.q?.toLowerCase() };
  order = orders.includes(nextOrder) ? nextOrder : 'name';
  const chooser = byId('map-order');
  if (chooser.value !== order) chooser.value = order;
  paint();
}

const isFiltered = () => Boolean(filters.q || filters.state || filters.status);
const isShown = (place) => (!filters.q || model.ids[place].toLowerCase().includes(filters.q))
  && (!filters.state || stateOf(place) === filters.state) && (!filters.status || statusOf(place) === filters.status);

/// Draws everything where something about all of it is new, else only the cells that changed.
function paint() {
  if (!model.isLoaded || !canvas?.isConnected || !canvas.parentElement.clientWidth) return;
  const room = canvas.parentElement.clientWidth;
  const key = JSON.stringify([room, window.devicePixelRatio, model.version?.split('-').slice(0, 2), model.ids.length, filters, order, texts().languageName]);
  const isNew = key !== drawn || order === 'worst' || model.lastChanges === null;
  const pen = canvas.getContext('2d');
  if (isNew) {
    drawn = key;
    arrange();
    layOut(room);
    setScale(pen);
    pen.clearRect(0, 0, canvas.clientWidth, canvas.clientHeight);
    paintAll(pen);
    countShown();
  } else if (cells.labelled || isFlashing) {
    setScale(pen);
    for (const place of model.lastChanges) paintOne(pen, place);
  } else {
    setScale(pen);
    for (const place of model.lastChanges) paintOne(pen, place);
  }
  if (!isNew && isFiltered() && model.lastChanges.length) countShown();
  flash();
}

function setScale(pen) {
  const dots = window.devicePixelRatio || 1;
  pen.setTransform(dots, 0, 0, dots, 0, 0);
}

function arrange() {
  const count = model.ids.length;
  placeOf = Uint32Array.from({ length: count }, (_, place) => place);
  if (order === 'endpoint') placeOf.sort((a, b) => model.endpoint[a] - model.endpoint[b] || a - b);
  if (order === 'worst') {
    const rank = model.statusNames.map((name) => worstFirst.indexOf(name));
    placeOf.sort((a, b) => rank[model.status[a]] - rank[model.status[b]] || model.health[a] - model.health[b] || a - b);
  }
  cellOf = new Uint32Array(count);
  placeOf.forEach((place, cell) => { cellOf[place] = cell; });
}

function layOut(room) {
  const count = model.ids.length;
  if (count <= label.most) {
    const columns = Math.max(1, Math.floor((room + label.gap) / (label.width + label.gap)));
    cells = { columns, width: (room - label.gap * (columns - 1)) / columns, height: label.height, gap: label.gap, labelled: true };
  } else {
    const gap = (size) => (size > 9 ? 3 : size > 6 ? 2 : 1);
    const tall = (size) => Math.ceil(count / Math.max(1, Math.floor((room + gap(size)) / (size + gap(size))))) * (size + gap(size));
    let size = small.largest;
    while (size > small.smallest && tall(size) > small.tallest) size -= 0.5;
    const columns = Math.max(1, Math.floor((room + gap(size)) / (size + gap(size))));
    // What is left over goes into the cells, so that the map is as wide as its frame.
    const width = (room + gap(size)) / columns - gap(size);
    cells = { columns, width, height: size, gap: gap(size), labelled: false };
  }
  const rows = Math.ceil(count / cells.columns);
  const tall = Math.max(0, rows * (cells.height + cells.gap) - cells.gap);
  const dots = window.devicePixelRatio || 1;
  canvas.style.height = `${tall}px`;
  if (canvas.width !== Math.round(room * dots)) canvas.width = Math.round(room * dots);
  if (canvas.height !== Math.round(tall * dots)) canvas.height = Math.round(tall * dots);
}

const cornerOf = (cell) => [(cell % cells.columns) * (cells.width + cells.gap), Math.floor(cell / cells.columns) * (cells.height + cells.gap)];

function paintAll(pen) {
  const connected = model.stateNames.indexOf('connected');
  if (cells.labelled) {
    for (let place = 0; place < model.ids.length; place += 1) paintLabelled(pen, place);
    return;
  }
  // One path for each look: twenty thousand strokes of their own would take too long.
  const groups = new Map();
  for (let place = 0; place < model.ids.length; place += 1) {
    const key = model.status[place] * 4 + (model.state[place] === connected ? 2 : 0) + (!isFiltered() || isShown(place) ? 1 : 0);
    if (!groups.has(key)) groups.set(key, []);
    groups.get(key).push(place);
  }
  for (const [key, places] of groups) {
    pen.globalAlpha = strength(key & 1, model.statusNames[key >> 2]);
    pen.fillStyle = colour(model.statusNames[key >> 2]);
    pen.beginPath();
    for (const place of places) shape(pen, place, Boolean(key & 2));
    pen.fill('evenodd');
  }
  pen.globalAlpha = 1;
}

// Who is well is drawn calmly, so that who is not stands out.
const strength = (isOn, status) => (!isOn ? faint : status === 'healthy' && !filters.status ? 0.6 : 1);

// A hollow cell is a frame: the outer edge and the inner one.
function shape(pen, place, isFilled) {
  const [x, y] = cornerOf(cellOf[place]);
  const edge = Math.max(1, cells.height / 6);
  if (cells.height >= 9) pen.roundRect(x, y, cells.width, cells.height, 3); else pen.rect(x, y, cells.width, cells.height);
  if (!isFilled) pen.rect(x + edge, y + edge, cells.width - 2 * edge, cells.height - 2 * edge);
}

function paintOne(pen, place) {
  const [x, y] = cornerOf(cellOf[place]);
  pen.clearRect(x - cells.gap / 2, y - cells.gap / 2, cells.width + cells.gap, cells.height + cells.gap);
  if (cells.labelled) { paintLabelled(pen, place); return; }
  pen.globalAlpha = strength(!isFiltered() || isShown(place), statusOf(place));
  pen.fillStyle = colour(statusOf(place));
  pen.beginPath();
  shape(pen, place, stateOf(place) === 'connected');
  pen.fill('evenodd');
  pen.globalAlpha = 1;
}

function paintLabelled(pen, place) {
  const [x, y] = cornerOf(cellOf[place]);
  const tone = colour(statusOf(place));
  const isConnected = stateOf(place) === 'connected';
  pen.globalAlpha = !isFiltered() || isShown(place) ? 1 : 0.25;
  pen.fillStyle = colour('raised');
  pen.beginPath();
  pen.roundRect(x, y, cells.width, cells.height, 8);
  pen.fill();
  pen.lineWidth = 2;
  pen.strokeStyle = pen.fillStyle = tone;
  pen.beginPath();
  pen.arc(x + 15, y + cells.height / 2, isConnected ? 5.5 : 4.5, 0, 2 * Math.PI);
  if (isConnected) pen.fill(); else pen.stroke();
  const family = getComputedStyle(document.body).fontFamily;
  const wide = cells.width - 38;
  pen.textBaseline = 'alphabetic';
  pen.fillStyle = colour('text');
  pen.font = `600 13px ${family}`;
  pen.fillText(fitted(pen, model.ids[place], wide), x + 29, y + 19);
  pen.fillStyle = colour('muted');
  pen.font = `12px ${family}`;
  const state = stateWord({ state: stateOf(place), status: statusOf(place) });
  pen.fillText(fitted(pen, isConnected ? `${state} · ${model.health[place]}` : state, wide), x + 29, y + 36);
  pen.globalAlpha = 1;
}

function fitted(pen, text, wide) {
  if (pen.measureText(text).width <= wide) return text;
  let end = text.length;
  while (end > 1 && pen.measureText(`${text.slice(0, end)}…`).width > wide) end -= 1;
  return `${text.slice(0, end)}…`;
}

// What changed just now has a ring that fades; not in a wave, where everything would.
function flash() {
  if (isFlashing) return;
  isFlashing = true;
  requestAnimationFrame(() => {
    isFlashing = false;
    if (!canvas.isConnected) return;
    const now = performance.now();
    const fresh = [...model.changedAt].filter(([id, time]) => now - time < flashFor + 100 && model.places.has(id));
    const pen = canvas.getContext('2d');
    setScale(pen);
    if (!calm.matches && fresh.length <= flashMost) {
      for (const [id, time] of fresh) {
        const place = model.places.get(id);
        paintOne(pen, place);
        ring(pen, place, colour(statusOf(place)), 2, 1 - (now - time) / flashFor);
      }
      if (fresh.length) flash();
    }
    if (focus >= 0 && focus < placeOf.length) ring(pen, placeOf[focus], colour('focus'), 3, 1);
    for (const [id, time] of model.changedAt) if (now - time > 60_000) model.changedAt.delete(id);
  });
}

function ring(pen, place, tone, width, alpha) {
  if (alpha <= 0) return;
  const [x, y] = cornerOf(cellOf[place]);
  pen.globalAlpha = alpha;
  pen.strokeStyle = tone;
  pen.lineWidth = cells.labelled ? width : Math.min(width, 1.5);
  const out = cells.labelled ? -1 : cells.gap / 2;
  pen.beginPath();
  pen.roundRect(x - out, y - out, cells.width + 2 * out, cells.height + 2 * out, cells.labelled ? 8 : 2);
  pen.stroke();
  pen.globalAlpha = 1;
}

function countShown() {
  const t = texts();
  let shown = 0;
  if (isFiltered()) for (let place = 0; place < model.ids.length; place += 1) if (isShown(place)) shown += 1;
  write(byId('map-count'), isFiltered() ? t.shownOf(number(shown), number(model.ids.length)) : model.ids.length ? number(model.ids.length) : '');
  byId('map-empty').hidden = !(isFiltered() && shown === 0) && model.ids.length > 0;
  write(byId('map-empty'), model.ids.length ? t.nothingFound : t.noAccountsMore);
}

function placeAt(event) {
  const box = canvas.getBoundingClientRect();
  const column = Math.floor((event.clientX - box.left) / (cells.width + cells.gap));
  const row = Math.floor((event.clientY - box.top) / (cells.height + cells.gap));
  return column < cells.columns && column >= 0 && row >= 0 ? placeOf[row * cells.columns + column] : undefined;
}

function describe(place) {
  const parts = [model.ids[place], stateWord({ state: stateOf(place), status: statusOf(place) }), `${texts().health} ${model.health[place]}`];
  const failureClass = model.classNames[model.failureClass[place]];
  if (failureClass) parts.push(`${word('failureClass', failureClass)} ×${model.failures[place]}`);
  return parts.join(' · ');
}

function showTip(event) {
  const place = cells ? placeAt(event) : undefined;
  canvas.style.cursor = place === undefined ? 'default' : 'pointer';
  tip.hidden = place === undefined;
  if (tip.hidden) return;
  const box = canvas.parentElement.getBoundingClientRect();
  tip.textContent = describe(place);
  tip.style.left = `${Math.max(0, Math.min(event.clientX - box.left + 12, box.width - tip.offsetWidth))}px`;
  tip.style.top = `${event.clientY - box.top + 16}px`;
}

function moveFocus(event) {
  const steps = { ArrowRight: 1, ArrowLeft: -1, ArrowDown: cells.columns, ArrowUp: -cells.columns, Home: -Infinity, End: Infinity };
  if (event.key === 'Enter' && focus >= 0) { go('account', model.ids[placeOf[focus]]); return; }
  if (!(event.key in steps) || !placeOf.length) return;
  event.preventDefault();
  event.stopPropagation();
  focus = focus < 0 ? 0 : Math.min(placeOf.length - 1, Math.max(0, focus + steps[event.key]));
  byId('map-now').textContent = describe(placeOf[focus]);
  drawn = '';
  paint();
}
