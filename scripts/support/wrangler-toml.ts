import { readFile, writeFile } from 'node:fs/promises';
import { unstable_readConfig } from 'wrangler';
import { Failure } from './failure.ts';

/** What a deployment needs to know of wrangler.toml. */
export interface WorkerFile {
  readonly name: string;
  readonly accountId: string | undefined;
  /** `[vars]`, as the Worker will see them. */
  readonly vars: Readonly<Record<string, unknown>>;
}

/** Reads wrangler.toml as wrangler itself does. */
export function readWorkerFile(path: string): WorkerFile {
  const { name = '', account_id: accountId, vars } = unstable_readConfig({ config: path });
  return { name, accountId, vars };
}

/** Writes one text of `[vars]` into the file and leaves the rest of it as it is. */
export async function writeVar(path: string, name: string, value: string): Promise<void> {
  const toml = await readFile(path, 'utf8');
  const changed = replaceVar(toml, name, value);
  if (changed === undefined) {
    throw new Failure(`${name} could not be written into wrangler.toml.`, {
      details: `No line of the file reads ${name} = "…".`,
      fix: `Write it there yourself, below [vars]: ${name} = ${JSON.stringify(value)}`,
    });
  }
  await writeFile(path, changed);
}

/** The text of wrangler.toml with another value of a variable; undefined where no plain line of `[vars]` sets it. */
export function replaceVar(toml: string, name: string, value: string): string | undefined {
  const lines = toml.split('\n');
  const start = lines.findIndex((line) => /^\s*\[vars\]/.test(line)) + 1;
  const end = lines.findIndex((line, at) => at >= start && /^\s*\[/.test(line));
  const assignment = new RegExp(`^(\\s*${name}\\s*=\\s*)(?:"[^"]*"|'[^']*')`);
  const at = lines.findIndex((line, index) => index >= start && assignment.test(line));
  if (start === 0 || at < 0 || (end >= 0 && at >= end)) return undefined;
  // A JSON text is a basic string of TOML as well. A function, since `$` has a meaning in a replacement text.
  lines[at] = (lines[at] ?? '').replace(assignment, (_, before: string) => before + JSON.stringify(value));
  return lines.join('\n');
}
