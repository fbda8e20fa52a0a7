import { type Round, runRound } from './load.ts';

/** One measured pair: requests a second of both sides, and the ratio of each pair of rounds. */
export interface RatioResult {
  readonly requestsPerSecond: number;
  readonly yardstickPerSecond: number;
  /** Median, lowest and highest of the paired ratios. */
  readonly ratio: number;
  readonly lowest: number;
  readonly highest: number;
  readonly unexpected: number;
}

const WARM_UP_ROUNDS = 2;

/** Measures one round against its yardstick, in turn, so that the machine's drift touches both alike. */
export async function measureRatio(subject: Round, yardstick: Round, pairs: number): Promise<RatioResult> {
  // Long enough for the engine to have optimised what it will: a shorter warm-up was seen to cost a third.
  for (const round of [yardstick, subject])
    await runRound({ ...round, milliseconds: WARM_UP_ROUNDS * round.milliseconds });
  const found = [];
  for (let pair = 0; pair < pairs; pair++) {
    const reference = await runRound(yardstick);
    const measured = await runRound(subject);
    found.push({ measured, reference, ratio: measured.requestsPerSecond / reference.requestsPerSecond });
  }
  const ratios = found.map(({ ratio }) => ratio).sort((a, b) => a - b);
  return {
    requestsPerSecond: median(found.map(({ measured }) => measured.requestsPerSecond)),
    yardstickPerSecond: median(found.map(({ reference }) => reference.requestsPerSecond)),
    ratio: median(ratios),
    lowest: ratios[0] ?? Number.NaN,
    highest: ratios.at(-1) ?? Number.NaN,
    unexpected: found.reduce(
      (sum, { measured, reference }) => sum + measured.unexpected + reference.unexpected,
      0,
    ),
  };
}

export function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = Math.floor(sorted.length / 2);
  const upper = sorted[middle] ?? Number.NaN;
  return sorted.length % 2 === 1 ? upper : ((sorted[middle - 1] ?? Number.NaN) + upper) / 2;
}
