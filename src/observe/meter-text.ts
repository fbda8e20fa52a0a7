import { BUCKETS, ORIGIN_SUM_SERIES } from './meter.ts';
import { label, METRICS, metricOf, type SeriesCount } from './meter-series.ts';

/** A value that is no count: it goes up and down. */
export interface Gauge {
  readonly name: string;
  readonly help: string;
  readonly samples: readonly SeriesCount[];
}

const HISTOGRAM = 'postern_origin_answer_seconds';

/**
 * Counts since they are kept, as Prometheus reads them (text exposition format 0.0.4).
 *
 * @param totals one for each series
 */
export function formatMetrics(totals: readonly SeriesCount[], gauges: readonly Gauge[]): string {
  const lines = Object.entries(METRICS).flatMap(([metric, help]) =>
    metric === HISTOGRAM
      ? formatHistogram(totals, help)
      : formatSamples(metric, help, 'counter', totals.filter(isOf(metric))),
  );
  for (const { name, help, samples } of gauges) lines.push(...formatSamples(name, help, 'gauge', samples));
  return `${lines.join('\n')}\n`;
}

function isOf(metric: string) {
  return ({ series }: SeriesCount) => metricOf(series) === metric;
}

/** A metric of which nothing was counted is there all the same, so that nobody takes it for gone. */
function formatSamples(
  metric: string,
  help: string,
  type: 'counter' | 'gauge',
  samples: readonly SeriesCount[],
): string[] {
  const lines = samples.map(({ series, count }) => `${series} ${count}`).sort();
  const isPlain = type === 'counter' && lines.length === 0;
  return [
    `# HELP ${metric} ${help}`,
    `# TYPE ${metric} ${type}`,
    ...lines,
    ...(isPlain ? [`${metric} 0`] : []),
  ];
}

/** Buckets are counted each for itself, and told as Prometheus has them: each with all that are below it. */
function formatHistogram(totals: readonly SeriesCount[], help: string): string[] {
  const countOf = (series: string) => totals.find((one) => one.series === series)?.count ?? 0;
  let sum = 0;
  const buckets = BUCKETS.map((le) => {
    const series = label(`${HISTOGRAM}_bucket`, { le });
    sum += countOf(series);
    return `${series} ${sum}`;
  });
  return [
    `# HELP ${HISTOGRAM} ${help}`,
    `# TYPE ${HISTOGRAM} histogram`,
    ...buckets,
    `${HISTOGRAM}_sum ${countOf(ORIGIN_SUM_SERIES) / 1000}`,
    `${HISTOGRAM}_count ${sum}`,
  ];
}
