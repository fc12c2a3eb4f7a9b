// A small chart over time, on a canvas. Several can share a cursor: pointing at one shows the same moment on all.

import { make } from './dom.js';
import { clock, isChinese, texts } from './language.js';
import { colour, whenColoursChange } from './theme.js';

const left = 46;
const bottom = 20;
const top = 8;
const right = 8;

/// Charts that show the same moment.
export function cursorGroup() {
  const charts = new Set();
  return { charts, time: null, set(time) { this.time = time; for (const chart of charts) chart.draw(); } };
}

/// `series`: `{ name, colour, kind: 'area' | 'line' | 'steps' | 'dots' | 'bars' }` each; a series of negative bars hangs down. With `isLog`
/// small numbers can be seen beside large ones.
export function timeChart({ label, tall, series, format, group = cursorGroup(), most = null, least = null, hasTimes = true, isWhole = false, isLog = false }) {
  const canvas = make('canvas', { tabindex: '0', role: 'img' });
  const tip = make('div', { class: 'tip chart-tip', hidden: true });
  const element = make('div', { class: 'chart' }, canvas, tip);
  canvas.style.height = `${tall}px`;
  const chart = { element, draw, set };
  let data = series.map(() => []);
  let from = 0;
  let to = 1;
  group.charts.add(chart);
  new ResizeObserver(() => draw()).observe(element);
  whenColoursChange(() => { if (element.isConnected) draw(); });

  canvas.addEventListener('pointermove', (event) => group.set(timeAt(event.clientX - canvas.getBoundingClientRect().left)));
  canvas.addEventListener('pointerleave', () => group.set(null));
  canvas.addEventListener('blur', () => group.set(null));
  canvas.addEventListener('keydown', (event) => {
    const step = { ArrowLeft: -1, ArrowRight: 1 }[event.key];
    if (!step) return;
    event.preventDefault();
    group.set(Math.min(to, Math.max(from, (group.time ?? to) + step * (to - from) / 60)));
  });

  /// `points` of each series: `[[time, value]…]`, ascending; a value of null is a gap.
  function set(points, begin, end) {
    data = points;
    from = begin;
    to = end;
    canvas.setAttribute('aria-label', `${label()}: ${series.map((one, index) => `${one.name()} ${said(one, lastValue(index))}`).join(', ')}`);
    draw();
  }

  const font = () => `11px ${getComputedStyle(document.body).fontFamily}`;
  const said = (one, value) => (value === null ? '–' : (one.format ?? format)(Math.abs(value)));
  const lastValue = (index) => data[index].findLast((point) => point[1] !== null)?.[1] ?? null;
  const inside = () => ({ wide: canvas.clientWidth - left - right, high: tall - top - (hasTimes ? bottom : 4) });
  const timeAt = (x) => from + Math.min(1, Math.max(0, (x - left) / inside().wide)) * (to - from);

  function range() {
    let high = most ?? 0;
    let low = least ?? 0;
    for (const points of data) {
      for (const [time, value] of points) {
        if (time < from || value === null) continue;
        if (most === null) high = Math.max(high, value);
        if (least === null) low = Math.min(low, value);
      }
    }
    if (isLog) return { low: -decade(-low), high: decade(high), step: null };
    const step = Math.max(niceStep((high - low) || 1), isWhole ? 1 : 0);
    return { low: least ?? Math.floor(low / step) * step, high: most ?? Math.max(Math.ceil(high / step), 1) * step, step };
  }

  function draw() {
    if (!element.isConnected || !canvas.clientWidth) return;
    const pen = sized(canvas, tall);
    const { wide, high } = inside();
    if (!data.some((points) => points.some(([time, value]) => value !== null && time <= to))) { saySo(pen, wide, high); return; }
    const scale = range();
    const x = (time) => left + ((time - from) / (to - from)) * wide;
    const bent = isLog ? symlog : (value) => value;
    const [low, tallest] = [bent(scale.low), bent(scale.high)];
    const y = (value) => top + (1 - (bent(value) - low) / (tallest - low || 1)) * high;
    grid(pen, scale, y, wide);
    if (hasTimes) times(pen, x, wide, top + high);
    pen.save();
    pen.beginPath();
    pen.rect(left, 0, wide + 1, top + high + 1);
    pen.clip();
    series.forEach((one, index) => strokes[one.kind](pen, data[index], x, y, colour(one.colour), to, one, wide));
    pen.restore();
    drawCursor(pen, x, top + high);
  }

  // Axes without a line would look like a line that is missing.
  function saySo(pen, wide, high) {
    pen.font = font();
    pen.textBaseline = 'middle';
    pen.fillStyle = colour('muted');
    pen.fillText(texts().noCurve, left, top + high / 2);
    tip.hidden = true;
  }

  function grid(pen, scale, y, wide) {
    pen.font = font();
    pen.textAlign = 'right';
    pen.textBaseline = 'middle';
    for (const value of ticks(scale)) {
      pen.strokeStyle = colour('line');
      pen.lineWidth = 1;
      line(pen, [[left, Math.round(y(value)) + 0.5], [left + wide, Math.round(y(value)) + 0.5]]);
      pen.fillStyle = colour('muted');
      pen.fillText(format(Math.abs(value)), left - 7, y(value));
    }
  }

  function ticks({ low, high, step }) {
    if (step === null) return [...new Set([low, 0, high])];
    return Array.from({ length: Math.round((high - low) / step) + 1 }, (_, index) => low + index * step);
  }

  function times(pen, x, wide, base) {
    pen.textAlign = 'center';
    pen.textBaseline = 'top';
    pen.fillStyle = colour('muted');
    const step = timeStep((to - from) / Math.max(2, wide / 110));
    const offset = new Date(to).getTimezoneOffset() * 60_000;
    const shown = step >= 86_400_000 ? { month: 'numeric', day: 'numeric' } : { hour: '2-digit', minute: '2-digit' };
    for (let time = Math.ceil((from - offset) / step) * step + offset; time <= to; time += step) {
      const text = new Date(time).toLocaleString(isChinese() ? 'zh-CN' : 'en-GB', shown);
      const at = Math.min(left + wide - pen.measureText(text).width / 2, Math.max(left + 14, x(time)));
      pen.fillText(text, at, base + 5);
    }
  }

  function drawCursor(pen, x, base) {
    tip.hidden = group.time === null || group.time < from;
    if (tip.hidden) return;
    const time = group.time;
    pen.strokeStyle = colour('muted');
    pen.lineWidth = 1;
    pen.setLineDash([3, 3]);
    line(pen, [[Math.round(x(time)) + 0.5, top], [Math.round(x(time)) + 0.5, base]]);
    pen.setLineDash([]);
    const rows = series.map((one, index) => make('span', {}, make('i', { class: `swatch tone-${one.colour}` }),
      `${one.name()} ${said(one, valueAt(data[index], time, one.kind))}`));
    const moment = to - from > 86_400_000 ? new Date(time).toLocaleString(isChinese() ? 'zh-CN' : 'en-GB') : clock(time);
    tip.replaceChildren(make('b', {}, moment), ...rows);
    const at = x(time);
    tip.style.left = `${at > canvas.clientWidth / 2 ? at - tip.offsetWidth - 10 : at + 10}px`;
    tip.style.top = '4px';
  }

  return chart;
}

/// A line without axes, as wide as its place.
export function sparkline(tall, tone) {
  const canvas = make('canvas', { class: 'spark', 'aria-hidden': 'true' });
  canvas.style.height = `${tall}px`;
  return {
    element: canvas,
    set(values, isFilled = false) {
      if (!canvas.clientWidth) return;
      const pen = sized(canvas, tall);
      const wide = canvas.clientWidth;
      const most = Math.max(...values.map((value) => value ?? 0), 1e-9);
      const points = values.map((value, index) => [index * wide / Math.max(1, values.length - 1), value]);
      const y = (value) => tall - 2 - (value / most) * (tall - 5);
      pen.fillStyle = pen.strokeStyle = colour(tone);
      if (isFilled) {
        const known = points.filter(([, value]) => value !== null);
        if (known.length < 2) return;
        pen.beginPath();
        pen.moveTo(known[0][0], tall);
        for (const [x, value] of known) pen.lineTo(x, y(value));
        pen.lineTo(known.at(-1)[0], tall);
        pen.globalAlpha = 0.3;
        pen.fill();
        pen.globalAlpha = 1;
      }
      pen.lineWidth = 1.6;
      pen.lineJoin = 'round';
      pen.beginPath();
      let isDown = false;
      for (const [x, value] of points) {
        if (value === null) continue;
        if (isDown) pen.lineTo(x, y(value)); else pen.moveTo(x, y(value));
        isDown = true;
      }
      pen.stroke();
    },
  };
}

/// The pen of a canvas that has as many dots as the screen.
function sized(canvas, tall) {
  const dots = window.devicePixelRatio || 1;
  const [wide, high] = [Math.round(canvas.clientWidth * dots), Math.round(tall * dots)];
  if (canvas.width !== wide) canvas.width = wide;
  if (canvas.height !== high) canvas.height = high;
  const pen = canvas.getContext('2d');
  pen.setTransform(dots, 0, 0, dots, 0, 0);
  pen.clearRect(0, 0, canvas.clientWidth, tall);
  return pen;
}

const strokes = {
  line(pen, points, x, y, tone, end, one) {
    pen.strokeStyle = tone;
    pen.lineWidth = one.isThin ? 1.2 : 1.8;
    pen.lineJoin = 'round';
    pen.setLineDash(one.isThin ? [4, 4] : []);
    for (const run of runs(points)) line(pen, run.map(([time, value]) => [x(time), y(value)]));
    pen.setLineDash([]);
  },
  area(pen, points, x, y, tone, end, one) {
    for (const run of runs(points)) {
      pen.beginPath();
      pen.moveTo(x(run[0][0]), y(0));
      for (const [time, value] of run) pen.lineTo(x(time), y(value));
      pen.lineTo(x(run.at(-1)[0]), y(0));
      pen.globalAlpha = 0.22;
      pen.fillStyle = tone;
      pen.fill();
      pen.globalAlpha = 1;
    }
    strokes.line(pen, points, x, y, tone, end, one);
  },
  steps(pen, points, x, y, tone, end, one) {
    const corners = [];
    points.forEach(([time, value], index) => {
      corners.push([time, value]);
      if (value !== null) corners.push([points[index + 1]?.[0] ?? end, value]);
    });
    strokes[one.isFilled ? 'area' : 'line'](pen, corners, x, y, tone, end, one);
  },
  bars(pen, points, x, y, tone, end, one, wide) {
    pen.fillStyle = tone;
    const each = points.length > 1 ? Math.max(1, (x(points[1][0]) - x(points[0][0])) * 0.8) : 2;
    for (const [time, value] of points) {
      if (!value) continue;
      const tall = y(value) - y(0);
      pen.fillRect(x(time) - each / 2, y(0), each, Math.abs(tall) < 1.5 ? Math.sign(tall) * 1.5 : tall);
    }
  },
  dots(pen, points, x, y, tone, end, one) {
    strokes.line(pen, points, x, y, tone, end, one);
    pen.fillStyle = tone;
    for (const [time, value] of points) {
      if (value === null) continue;
      pen.beginPath();
      pen.arc(x(time), y(value), 2.2, 0, 2 * Math.PI);
      pen.fill();
    }
  },
};

function line(pen, points) {
  pen.beginPath();
  points.forEach(([x, y], index) => (index ? pen.lineTo(x, y) : pen.moveTo(x, y)));
  pen.stroke();
}

// What lies between gaps.
function runs(points) {
  const found = [];
  let run = [];
  for (const point of points) {
    if (point[1] !== null) { run.push(point); continue; }
    if (run.length) found.push(run);
    run = [];
  }
  if (run.length) found.push(run);
  return found;
}

function valueAt(points, time, kind) {
  let before = null;
  for (const point of points) {
    if (point[0] > time) {
      const isAfterNearer = before === null || point[0] - time < time - before[0];
      if (kind !== 'steps' && isAfterNearer) before = point;
      break;
    }
    before = point;
  }
  return before?.[1] ?? null;
}

const symlog = (value) => Math.sign(value) * Math.log10(1 + Math.abs(value));

// The power of ten that a number fits under; what is not there takes no room.
const decade = (value) => (value <= 0 ? 0 : Math.max(10, 10 ** Math.ceil(Math.log10(value))));

function niceStep(range) {
  const power = 10 ** Math.floor(Math.log10(range / 3));
  return [1, 2, 5, 10].map((factor) => factor * power).find((step) => step >= range / 3.5) ?? 10 * power;
}

function timeStep(rough) {
  const minute = 60_000;
  const hour = 60 * minute;
  return [minute, 2 * minute, 5 * minute, 10 * minute, 15 * minute, 30 * minute, hour, 2 * hour, 3 * hour, 6 * hour, 12 * hour, 24 * hour, 48 * hour]
    .find((step) => step >= rough) ?? 24 * 7 * hour;
}

/// What the lines and bars of a chart stand for.
export const legend = (series) => make('p', { class: 'legend' }, series.map((one) => make('span', {}, make('i', { class: `swatch tone-${one.colour}` }), one.name())));
