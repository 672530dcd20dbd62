'use strict';

/* Small charts of the last hour. Lines are broken where nothing is known: a gap is not a zero. */

const HOUR_MS = 3600000;
const CHART = { width: 320, height: 96, left: 4, right: 4, top: 16, bottom: 16 };

function svg(tag, attributes, text) {
  const made = document.createElementNS(document.querySelector('#blank').namespaceURI, tag);
  for (const [name, value] of Object.entries(attributes)) made.setAttribute(name, value);
  if (text !== undefined) made.textContent = text;
  return made;
}

/** 1, 2 or 5 times a power of ten, not below the value. */
function niceTop(value) {
  if (!(value > 0)) return 1;
  const power = 10 ** Math.floor(Math.log10(value));
  return [1, 2, 5, 10].map((step) => step * power).find((top) => top >= value);
}

/** Runs of samples without a gap, each as the text of a path. */
function linesOf(points, stepMs, place) {
  const runs = [];
  let last = null;
  for (const [at, value] of points) {
    if (value === null) {
      last = null;
      continue;
    }
    const start = last === null || at - last > stepMs * 3;
    const [x, y] = place(at, value);
    const spot = `${x.toFixed(1)},${y.toFixed(1)}`;
    if (start) runs.push([spot]);
    else runs[runs.length - 1].push(spot);
    last = at;
  }
  return runs;
}

/** `points`: [time in ms, value or null], oldest first. */
function chart({ title, points, stepSeconds, format, className }) {
  const { width, height, left, right, top, bottom } = CHART;
  const now = Date.now();
  const recent = points.filter(([at]) => at >= now - HOUR_MS);
  const values = recent.map(([, value]) => value).filter((value) => value !== null);
  const highest = values.length === 0 ? 0 : Math.max(...values);
  const scale = niceTop(highest);
  const base = height - bottom;
  const place = (at, value) => [
    left + ((at - now + HOUR_MS) / HOUR_MS) * (width - left - right),
    base - (value / scale) * (base - top),
  ];
  const latest = values.length === 0 ? null : values[values.length - 1];
  const figure = svg('svg', {
    class: `chart ${className}`,
    viewBox: `0 0 ${width} ${height}`,
    role: 'img',
    'aria-label': `${title} over the last hour: now ${format(latest)}, at most ${format(highest)}`,
  });
  for (const share of [0, 0.5, 1]) {
    const y = base - share * (base - top);
    figure.append(svg('line', { class: 'grid', x1: left, x2: width - right, y1: y, y2: y }));
  }
  for (const run of linesOf(recent, stepSeconds * 1000, place)) {
    const first = run[0].split(',')[0];
    const end = run[run.length - 1].split(',')[0];
    figure.append(
      svg('path', { class: 'area', d: `M${first},${base} L${run.join(' L')} L${end},${base} Z` }),
      svg('path', { class: 'line', d: `M${run.join(' L')}` }),
    );
    if (run.length === 1) {
      const [x, y] = run[0].split(',');
      figure.append(svg('circle', { class: 'dot', cx: x, cy: y, r: 2 }));
    }
  }
  figure.append(
    svg('text', { x: left, y: top - 5 }, `${title}, up to ${format(scale)}`),
    svg('text', { x: left, y: height - 4 }, '1 hour ago'),
    svg('text', { x: width - right, y: height - 4, 'text-anchor': 'end' }, 'now'),
  );
  return figure;
}
