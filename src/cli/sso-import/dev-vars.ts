import { CliError } from '../cli-error.ts';
import type { Io } from '../io.ts';
import type { FoundSecret } from './translate.ts';

/**
 * Writes the secrets that were found into a `.dev.vars`, for this user alone, behind what stands there already.
 *
 * @returns the names of those that were written
 * @throws CliError where the file has one of them already, or cannot be read
 */
export async function writeDevVars(path: string, secrets: readonly FoundSecret[], io: Io): Promise<string[]> {
  const lines = secrets.flatMap(({ name, value }) => {
    const written = value && quoteDotenv(value.reveal());
    return written === undefined ? [] : [{ name, line: `${name}=${written}` }];
  });
  if (lines.length === 0) return [];
  const before = await readBefore(path, io);
  const there = lines.find(({ name }) => new RegExp(`^\\s*(?:export\\s+)?${name}\\s*[=:]`, 'm').test(before));
  if (there) throw createTaken(there.name);
  const gap = before === '' || before.endsWith('\n') ? '' : '\n';
  await io.replaceFile(path, `${before}${gap}${lines.map(({ line }) => `${line}\n`).join('')}`);
  return lines.map(({ name }) => name);
}

async function readBefore(path: string, io: Io): Promise<string> {
  try {
    return await io.readFile(path);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return '';
    throw error instanceof CliError ? error : createUnreadable();
  }
}

/**
 * A value as dotenv reads it back, which knows quotes and, but for `\n` in double ones, no escapes. Undefined where it
 * has no such form.
 */
function quoteDotenv(value: string): string | undefined {
  if (/^[^\s'"`#]+$/.test(value)) return value;
  if (value.endsWith('\\') || value.includes('\r')) return undefined;
  const quote = ["'", '`', '"'].find((sign) => !value.includes(sign));
  return quote === undefined || (quote === '"' && value.includes('\\'))
    ? undefined
    : `${quote}${value}${quote}`;
}

function createTaken(name: string): CliError {
  return new CliError({
    code: 'with-secrets-taken',
    what: `The file of --with-secrets has ${name} already.`,
    details: 'Nothing was written: which of the two is meant is not known here.',
    fix: 'Take its line out of that file, or name another file.',
  });
}

function createUnreadable(): CliError {
  return new CliError({
    code: 'with-secrets-unreadable',
    what: 'The file of --with-secrets cannot be read.',
    details: 'What stands in it already would be lost.',
    fix: 'Name another file.',
  });
}
