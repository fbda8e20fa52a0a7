import { createInterface } from 'node:readline/promises';
import { Failure } from './failure.ts';

/** The person at the terminal, if there is one. */
export interface Terminal {
  /** Whether questions can be answered. */
  readonly isInteractive: boolean;
  say(text: string): void;
  /** @returns the answer without spaces around it; empty for a bare Enter */
  ask(question: string): Promise<string>;
}

/** A terminal on both sides, and no build machine: there nobody would answer. */
export function canAsk(
  streams: { readonly in: boolean; readonly out: boolean },
  environment: Readonly<Record<string, string | undefined>>,
): boolean {
  return streams.in && streams.out && !isSet(environment.CI);
}

function isSet(text: string | undefined): boolean {
  return text !== undefined && text !== '' && text !== 'false' && text !== '0';
}

export function openTerminal(): Terminal {
  const streams = { in: process.stdin.isTTY ?? false, out: process.stdout.isTTY ?? false };
  return { isInteractive: canAsk(streams, process.env), say: (text) => console.log(text), ask };
}

async function ask(question: string): Promise<string> {
  const lines = createInterface({ input: process.stdin, output: process.stdout });
  const stop = new AbortController();
  lines.once('SIGINT', () => stop.abort());
  lines.once('close', () => stop.abort());
  try {
    return (await lines.question(`${question} `, { signal: stop.signal })).trim();
  } catch {
    // Ctrl-C or Ctrl-D: the only ways in which a question ends without an answer.
    throw new Failure('Stopped.', { details: '', fix: 'Nothing was deployed.', exitCode: 130 });
  } finally {
    lines.close();
  }
}
