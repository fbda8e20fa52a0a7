/** What a measured quantity looks like over time. */
export interface Signal {
  /** The middle, in the quantity's own unit. */
  readonly base: number;
  /** How far it strays from the middle; the noise adds a fifth of that. */
  readonly swing: number;
  /** Sets one signal apart from another: phase and noise come from it. */
  readonly seed: number;
}

/** Length of one step of the noise. Shorter steps look like static, longer ones cannot be seen in five minutes. */
const NOISE_STEP_SECONDS = 7;
const WAVES = [
  { periodSeconds: 290, weight: 0.5 },
  { periodSeconds: 97, weight: 0.3 },
  { periodSeconds: 31, weight: 0.12 },
] as const;
const NOISE_WEIGHT = 0.2;

/**
 * The value of a signal at a moment: a function of its arguments alone, so that every question about the
 * past gets the same answer.
 *
 * @param unixMilliseconds any moment
 */
export function measure(signal: Signal, unixMilliseconds: number): number {
  const seconds = unixMilliseconds / 1000;
  const waves = WAVES.reduce(
    (sum, wave) => sum + wave.weight * swingAt(wave.periodSeconds, signal.seed, seconds),
    0,
  );
  const noise = NOISE_WEIGHT * smoothNoise(signal.seed, seconds / NOISE_STEP_SECONDS);
  return signal.base + signal.swing * (waves + noise);
}

function swingAt(periodSeconds: number, seed: number, seconds: number): number {
  return Math.sin((2 * Math.PI * seconds) / periodSeconds + seed);
}

/** Noise between -1 and 1 without corners: random values on a grid, eased into each other. */
function smoothNoise(seed: number, position: number): number {
  const cell = Math.floor(position);
  const part = position - cell;
  const ease = part * part * (3 - 2 * part);
  const left = randomAt(seed, cell);
  return left + (randomAt(seed, cell + 1) - left) * ease;
}

/** A number between -1 and 1 that looks random and depends on seed and cell only (an integer hash, 32 bits). */
function randomAt(seed: number, cell: number): number {
  let hash = Math.imul(cell | 0, 0x9e3779b1) ^ Math.imul(seed | 0, 0x85ebca6b);
  hash = Math.imul(hash ^ (hash >>> 15), 0x2c1b3c6d);
  hash = Math.imul(hash ^ (hash >>> 12), 0x297a2d39);
  return ((hash ^ (hash >>> 15)) >>> 0) / 0x7fffffff - 1;
}
