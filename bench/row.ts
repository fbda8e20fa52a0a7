import type { RatioResult } from './ratio.ts';

/** One line of the table: what was measured, what came out, what is aimed at. */
export interface Row {
  readonly measurement: string;
  readonly value: string;
  readonly aim: string;
}

export function formatRatio(measurement: string, result: RatioResult, aim: string): Row {
  if (result.unexpected > 0)
    throw new Error(`${measurement}: ${result.unexpected} answers were not the expected ones`);
  const { ratio, lowest, highest, requestsPerSecond, yardstickPerSecond } = result;
  const range = `${lowest.toFixed(2)} to ${highest.toFixed(2)}`;
  const speeds = `${requestsPerSecond.toFixed(0)}/s against ${yardstickPerSecond.toFixed(0)}/s`;
  return { measurement, value: `${ratio.toFixed(2)} (${range}; ${speeds})`, aim };
}
