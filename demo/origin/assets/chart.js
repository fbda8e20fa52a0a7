/** Room around the plot for labels, in pixels. */
const MARGIN = { top: 8, right: 10, bottom: 20, left: 38 };
const TIME_STEPS_SECONDS = [5, 15, 30, 60, 120];
const TIME_LABEL_WIDTH = 62;

/**
 * A time series as SVG text. It holds numbers and its own words only, so it may go into the page as it is.
 *
 * @param series `times`, `values` and `range` (`from`, `to`), in unix milliseconds
 * @param size in pixels
 * @param marked index of the point under the pointer, if there is one
 */
export function drawChart(series, size, marked) {
  const scale = makeScale(series, size);
  const line = toPath(series, scale);
  return `<svg width="${size.width}" height="${size.height}" viewBox="0 0 ${size.width} ${size.height}" aria-hidden="true">
    ${drawValueGrid(scale)}${drawTimeGrid(scale, series.range)}
    <path class="area" d="${line}V${scale.bottom}H${round(scale.x(series.times[0]))}Z"/>
    <path class="line" d="${line}"/>
    ${drawMark(series, scale, marked)}${drawHead(series, scale)}
  </svg>`;
}

/** The index of the point nearest to a pixel, counted from the plot's left edge. */
export function findNearest(series, size, pixel) {
  const { x } = makeScale(series, size);
  const distances = series.times.map((time) => Math.abs(x(time) - pixel));
  return distances.indexOf(Math.min(...distances));
}

function makeScale({ values, range }, { width, height }) {
  const ticks = niceTicks(Math.min(...values), Math.max(...values), height > 130 ? 4 : 3);
  const [low, high] = [ticks[0], ticks.at(-1)];
  const [left, right, top, bottom] = [MARGIN.left, width - MARGIN.right, MARGIN.top, height - MARGIN.bottom];
  return {
    ticks,
    left,
    right,
    top,
    bottom,
    x: (time) => left + ((time - range.from) / (range.to - range.from)) * (right - left),
    y: (value) => bottom - ((value - low) / (high - low)) * (bottom - top),
  };
}

/** Round numbers from just below the lowest value to just above the highest. */
function niceTicks(low, high, count) {
  const rough = Math.max(high - low, Math.abs(high) * 1e-3, 1e-6) / count;
  const power = 10 ** Math.floor(Math.log10(rough));
  const step = [1, 2, 2.5, 5, 10].find((factor) => factor * power >= rough) * power;
  const first = Math.floor(low / step);
  const last = Math.max(Math.ceil(high / step), first + 1);
  return Array.from({ length: last - first + 1 }, (_, index) => (first + index) * step);
}

function drawValueGrid({ ticks, left, right, y }) {
  const decimals = decimalsOf(ticks[1] - ticks[0]);
  return ticks
    .map((tick) => {
      const at = round(y(tick));
      return `<line class="grid-line" x1="${left}" x2="${right}" y1="${at}" y2="${at}"/><text class="value" x="${left - 6}" y="${at}">${tick.toFixed(decimals)}</text>`;
    })
    .join('');
}

function drawTimeGrid({ left, right, bottom, top, x }, { from, to }) {
  const step = timeStep(right - left, to - from);
  const marks = [];
  for (let time = Math.ceil(from / step) * step; time <= to; time += step) marks.push(time);
  return marks
    .map((time) => {
      const at = round(x(time));
      const label =
        at - left > 14 && right - at > 14
          ? `<text class="time" x="${at}" y="${bottom + 15}">${timeLabel(time, step)}</text>`
          : '';
      return `<line class="grid-line" x1="${at}" x2="${at}" y1="${top}" y2="${bottom}"/>${label}`;
    })
    .join('');
}

function timeStep(pixels, milliseconds) {
  const labels = Math.max(1, Math.floor(pixels / TIME_LABEL_WIDTH));
  const seconds =
    TIME_STEPS_SECONDS.find((step) => milliseconds / 1000 / step <= labels) ?? TIME_STEPS_SECONDS.at(-1);
  return seconds * 1000;
}

function timeLabel(time, step) {
  return new Date(time).toLocaleTimeString('en-GB').slice(0, step < 60_000 ? 8 : 5);
}

function toPath({ times, values }, { x, y }) {
  return values
    .map((value, index) => `${index === 0 ? 'M' : 'L'}${round(x(times[index]))},${round(y(value))}`)
    .join('');
}

function drawHead({ times, values }, { x, y }) {
  return `<circle class="head-dot" cx="${round(x(times.at(-1)))}" cy="${round(y(values.at(-1)))}" r="3.5"/>`;
}

function drawMark({ times, values }, { x, y, top, bottom }, marked) {
  if (marked === undefined) return '';
  const [left, at] = [round(x(times[marked])), round(y(values[marked]))];
  return `<line class="cursor" x1="${left}" x2="${left}" y1="${top}" y2="${bottom}"/><circle class="mark-dot" cx="${left}" cy="${at}" r="3.5"/>`;
}

function decimalsOf(step) {
  return Math.max(0, Math.min(4, -Math.floor(Math.log10(step) + 1e-9) + (isTwoAndAHalf(step) ? 1 : 0)));
}

/** Steps of 2.5, 0.25 … need one decimal more than their size says. */
function isTwoAndAHalf(step) {
  return Math.abs(step / 10 ** Math.floor(Math.log10(step) + 1e-9) - 2.5) < 1e-6;
}

function round(value) {
  return Math.round(value * 10) / 10;
}
