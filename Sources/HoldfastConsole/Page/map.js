// The map of all accounts: one cell each, always at the same place. With room enough a cell has a name; a filled cell is
// connected, a hollow one is not, so colour is never the only sign.

import { byId } from './dom.js';
import { replyTime, stateWord, texts, word } from './language.js';
import { model } from './model.js';

const gap = 6;
const label = { width: 160, height: 50, most: 160 };
const small = { largest: 26, smallest: 5, tallest: 460 };
const flashFor = 2500;

const canvas = byId('map');
const tip = byId('map-tip');
let cells = { ids: [], columns: 1, width: 0, height: 0, gap, labelled: true };
let colours = {};
let focus = -1;
let isShown = () => true;
let open = () => {};
const calm = matchMedia('(prefers-reduced-motion: reduce)');

export function startMap(onOpen) {
  open = onOpen;
  canvas.addEventListener('click', (event) => { const id = idAt(event); if (id) open(id); });
  canvas.addEventListener('mousemove', showTip);
  canvas.addEventListener('mouseleave', () => { tip.hidden = true; });
  canvas.addEventListener('keydown', moveFocus);
  canvas.addEventListener('blur', () => { focus = -1; draw(); });
  matchMedia('(prefers-color-scheme: dark)').addEventListener('change', () => { readColours(); draw(); });
  new ResizeObserver(drawMap).observe(canvas.parentElement);
  readColours();
}

/// Only accounts for which this holds stand out.
export function filterMap(predicate) { isShown = predicate; }

export function drawMap() {
  layOut();
  draw();
}

function readColours() {
  const style = getComputedStyle(document.documentElement);
  const names = ['healthy', 'degraded', 'unhealthy', 'failed', 'disabled', 'quarantined', 'text', 'muted', 'surface', 'raised', 'line', 'focus'];
  colours = Object.fromEntries(names.map((name) => [name, style.getPropertyValue(`--${name}`).trim()]));
}

function layOut() {
  const ids = [...model.accounts.keys()];
  const room = canvas.parentElement.clientWidth;
  if (ids.length <= label.most) {
    const columns = Math.max(1, Math.floor((room + gap) / (label.width + gap)));
    cells = { ids, columns, width: (room - gap * (columns - 1)) / columns, height: label.height, gap, labelled: true };
  } else {
    let size = small.largest;
    const space = (n) => (n > 10 ? 3 : n > 6 ? 2 : 1);
    const tall = (n) => Math.ceil(ids.length / Math.max(1, Math.floor(room / (n + space(n))))) * (n + space(n));
    while (size > small.smallest && tall(size) > small.tallest) size -= 1;
    cells = { ids, columns: Math.max(1, Math.floor(room / (size + space(size)))), width: size, height: size, gap: space(size), labelled: false };
  }
  const rows = Math.ceil(ids.length / cells.columns);
  const tall = Math.max(0, rows * (cells.height + cells.gap) - cells.gap);
  const scale = window.devicePixelRatio || 1;
  canvas.style.height = `${tall}px`;
  if (canvas.width !== Math.round(room * scale)) canvas.width = Math.round(room * scale);
  if (canvas.height !== Math.round(tall * scale)) canvas.height = Math.round(tall * scale);
  canvas.setAttribute('aria-label', texts().mapLabel);
}

const place = (index) => ({
  x: (index % cells.columns) * (cells.width + cells.gap),
  y: Math.floor(index / cells.columns) * (cells.height + cells.gap),
});

function draw() {
  const pen = canvas.getContext('2d');
  const scale = window.devicePixelRatio || 1;
  pen.setTransform(scale, 0, 0, scale, 0, 0);
  pen.clearRect(0, 0, canvas.width, canvas.height);
  const time = performance.now();
  let isFlashing = false;
  cells.ids.forEach((id, index) => {
    const account = model.accounts.get(id);
    if (!account) return;
    const { x, y } = place(index);
    pen.globalAlpha = isShown(account) ? 1 : 0.15;
    if (cells.labelled) drawLabelled(pen, account, x, y);
    else drawSmall(pen, account, x, y);
    const age = time - (model.changedAt.get(id) ?? -flashFor);
    if (age < flashFor && !calm.matches) {
      isFlashing = true;
      pen.globalAlpha *= 1 - age / flashFor;
      outline(pen, x, y, colours[account.status], 2);
    }
    if (index === focus) { pen.globalAlpha = 1; outline(pen, x, y, colours.focus, 3); }
  });
  pen.globalAlpha = 1;
  if (isFlashing) requestAnimationFrame(draw);
}

function outline(pen, x, y, colour, width) {
  pen.strokeStyle = colour;
  pen.lineWidth = width;
  pen.beginPath();
  pen.roundRect(x + width / 2, y + width / 2, cells.width - width, cells.height - width, cells.labelled ? 8 : 2);
  pen.stroke();
}

function drawSmall(pen, account, x, y) {
  const colour = colours[account.status];
  if (account.state === 'connected') {
    pen.fillStyle = colour;
    pen.beginPath();
    pen.roundRect(x, y, cells.width, cells.height, Math.min(4, cells.width / 4));
    pen.fill();
  } else {
    outline(pen, x, y, colour, Math.max(1.2, cells.width / 7));
  }
}

function drawLabelled(pen, account, x, y) {
  const colour = colours[account.status];
  const isConnected = account.state === 'connected';
  pen.fillStyle = colours.raised;
  pen.beginPath();
  pen.roundRect(x, y, cells.width, cells.height, 8);
  pen.fill();
  pen.lineWidth = 2;
  pen.strokeStyle = pen.fillStyle = colour;
  pen.beginPath();
  pen.arc(x + 15, y + cells.height / 2, isConnected ? 5.5 : 4.5, 0, 2 * Math.PI);
  if (isConnected) pen.fill(); else pen.stroke();
  const family = getComputedStyle(document.body).fontFamily;
  const wide = cells.width - 38;
  pen.fillStyle = colours.text;
  pen.font = `600 13px ${family}`;
  pen.fillText(fitted(pen, account.id, wide), x + 29, y + 21);
  pen.fillStyle = colours.muted;
  pen.font = `12px ${family}`;
  const reply = isConnected && account.reply_ms !== null ? ` · ${replyTime(account.reply_ms)}` : '';
  pen.fillText(fitted(pen, stateWord(account) + reply, wide), x + 29, y + 38);
}

function fitted(pen, text, wide) {
  if (pen.measureText(text).width <= wide) return text;
  let end = text.length;
  while (end > 1 && pen.measureText(`${text.slice(0, end)}…`).width > wide) end -= 1;
  return `${text.slice(0, end)}…`;
}

function idAt(event) {
  const box = canvas.getBoundingClientRect();
  const column = Math.floor((event.clientX - box.left) / (cells.width + cells.gap));
  const row = Math.floor((event.clientY - box.top) / (cells.height + cells.gap));
  return column < cells.columns && column >= 0 ? cells.ids[row * cells.columns + column] : undefined;
}

function showTip(event) {
  const account = model.accounts.get(idAt(event));
  canvas.style.cursor = account ? 'pointer' : 'default';
  tip.hidden = !account || cells.labelled;
  if (tip.hidden) return;
  const box = canvas.parentElement.getBoundingClientRect();
  tip.textContent = `${account.id} · ${stateWord(account)}`;
  tip.style.left = `${Math.min(event.clientX - box.left + 12, Math.max(0, box.width - tip.offsetWidth))}px`;
  tip.style.top = `${event.clientY - box.top + 16}px`;
}

function moveFocus(event) {
  const steps = { ArrowRight: 1, ArrowLeft: -1, ArrowDown: cells.columns, ArrowUp: -cells.columns, Home: -Infinity, End: Infinity };
  if (event.key === 'Enter' && cells.ids[focus]) { open(cells.ids[focus]); return; }
  if (!(event.key in steps)) return;
  event.preventDefault();
  focus = focus < 0 ? 0 : Math.min(cells.ids.length - 1, Math.max(0, focus + steps[event.key]));
  const account = model.accounts.get(cells.ids[focus]);
  if (account) byId('map-now').textContent = `${account.id}: ${stateWord(account)}, ${word('status', account.status)}`;
  draw();
}
