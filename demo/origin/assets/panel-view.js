import { drawChart, findNearest } from './chart.js';

/** One panel on the page: its last value, its chart, and a plain word where data stops. */
export class PanelView {
  #element;
  #plot;
  #decimals = 1;
  #shown;
  /** Where the pointer is over the plot, in pixels from its left edge. */
  #pointer;

  constructor(element) {
    this.#element = element;
    this.#plot = element.querySelector('.plot');
    this.#plot.addEventListener('pointermove', (event) => this.#point(event.clientX));
    this.#plot.addEventListener('pointerleave', () => this.#point(undefined));
    new ResizeObserver(() => this.#draw()).observe(this.#plot);
  }

  configure(panel) {
    this.#decimals = panel.fieldConfig.defaults.decimals;
  }

  /** @param columns times (unix milliseconds, ascending) and values. @param range `from` and `to` of the plot. */
  show([times, values], range) {
    this.#shown = { times, values, range };
    this.#setState('live', '');
    this.#element.dataset.points = String(times.length);
    this.#element.dataset.updated = String(Number(this.#element.dataset.updated) + 1);
    this.#element.querySelector('output').textContent = this.#format(values.at(-1));
    this.#draw();
  }

  /** Leaves the last chart standing, greyed, and says why nothing new comes. */
  stop(reason) {
    this.#setState('stopped', reason);
  }

  #setState(state, notice) {
    const line = this.#element.querySelector('.notice');
    this.#element.dataset.state = state;
    // Written only when it changes: a screen reader would read it out each time.
    if (line.textContent !== notice) line.textContent = notice;
  }

  #point(clientX) {
    this.#pointer = clientX === undefined ? undefined : clientX - this.#plot.getBoundingClientRect().left;
    this.#draw();
  }

  #draw() {
    if (!this.#shown) return;
    const { clientWidth: width, clientHeight: height } = this.#plot;
    if (width === 0 || height === 0) return;
    const size = { width, height };
    const found = this.#pointer === undefined ? undefined : findNearest(this.#shown, size, this.#pointer);
    this.#plot.innerHTML = drawChart(this.#shown, size, found);
    this.#element.querySelector('.at').textContent = found === undefined ? '' : this.#readOut(found);
  }

  #readOut(index) {
    const time = new Date(this.#shown.times[index]).toLocaleTimeString('en-GB');
    return `${time} · ${this.#format(this.#shown.values[index])}`;
  }

  #format(value) {
    return value.toLocaleString('en-GB', {
      minimumFractionDigits: this.#decimals,
      maximumFractionDigits: this.#decimals,
    });
  }
}
