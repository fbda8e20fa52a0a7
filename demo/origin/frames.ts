import { measure } from './signals.ts';
import type { Panel } from './tenants.ts';

/** Grafana's data frame in JSON (Grafana `packages/grafana-data`, DataFrameJSON). */
export interface DataFrame {
  readonly schema: {
    readonly refId?: string;
    readonly name: string;
    readonly fields: readonly FrameField[];
  };
  /** One column for each field. */
  readonly data: { readonly values: readonly [readonly number[], readonly number[]] };
}

interface FrameField {
  readonly name: string;
  readonly type: 'time' | 'number';
  readonly config?: { readonly displayName: string; readonly unit: string };
}

/** A stretch of time to measure. All in unix milliseconds. */
export interface Stretch {
  readonly from: number;
  readonly to: number;
  readonly step: number;
}

/** A quantity over a stretch of time. */
export function frameOver(panel: Panel, stretch: Stretch, refId: string): DataFrame {
  return frameAt(panel, momentsOf(stretch), refId);
}

/** A quantity at given moments. */
export function frameAt(panel: Panel, moments: readonly number[], refId?: string): DataFrame {
  const values = moments.map((moment) => round(measure(panel.signal, moment)));
  return {
    schema: { ...(refId && { refId }), name: panel.metric, fields: fieldsOf(panel) },
    data: { values: [moments, values] },
  };
}

/** Whole multiples of the step, so that the past keeps its points from one question to the next; the end comes last. */
function momentsOf({ from, to, step }: Stretch): number[] {
  const moments: number[] = [];
  for (let moment = Math.ceil(from / step) * step; moment < to; moment += step) moments.push(moment);
  return [...moments, to];
}

function fieldsOf(panel: Panel): FrameField[] {
  return [
    { name: 'time', type: 'time' },
    { name: 'value', type: 'number', config: { displayName: panel.title, unit: panel.unit } },
  ];
}

function round(value: number): number {
  return Math.round(value * 1000) / 1000;
}
