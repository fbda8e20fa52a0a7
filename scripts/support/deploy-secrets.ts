import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fail, ok, type Result } from '../../src/lib/result.ts';
import type { Ended } from './child.ts';
import { Failure } from './failure.ts';

/** Values that go along with a deployment. Never printed. */
export type NewSecrets = Readonly<Record<string, string>>;

/** Names of the Worker's secrets, by the answer of `wrangler secret list`; none where there is no Worker yet. */
export function judgeSecretList(ended: Ended): Result<readonly string[], Failure> {
  const names = ended.code === 0 ? parseNames(ended.stdout) : undefined;
  if (names) return ok(names);
  if (ended.code !== 0 && /Worker "[^"]*"[^\n]* not found/.test(ended.stderr + ended.stdout)) return ok([]);
  return fail(
    new Failure('The secrets of the Worker could not be listed.', {
      details: ended.stderr || ended.stdout,
      fix: 'The credentials need the permission “Workers Scripts: Edit”. `npx wrangler secret list` shows the same error.',
    }),
  );
}

function parseNames(stdout: string): string[] | undefined {
  const start = stdout.indexOf('[');
  try {
    const rows: unknown = start < 0 ? undefined : JSON.parse(stdout.slice(start));
    return Array.isArray(rows) ? rows.map((row: { readonly name: string }) => row.name) : undefined;
  } catch {
    // Not the list that was asked for: wrangler's own words are shown instead.
    return undefined;
  }
}

/** What has to be set: a key ring where there is none (a new one would end every session), and keys that were given. */
export function planSecrets(
  existing: readonly string[],
  shareKeys: string | undefined,
  makeText: () => string,
): NewSecrets {
  return {
    ...(existing.includes('POSTERN_SECRETS') ? {} : { POSTERN_SECRETS: makeText() }),
    ...(shareKeys === undefined ? {} : { SHARE_KEYS: shareKeys }),
  };
}

/**
 * Writes the secrets as `wrangler deploy --secrets-file` reads them: a Worker that does not exist yet takes them in no
 * other way. @returns the file, or nothing where there is nothing to set
 */
export async function writeSecretsFile(folder: string, secrets: NewSecrets): Promise<string | undefined> {
  if (Object.keys(secrets).length === 0) return undefined;
  const path = join(folder, 'secrets.json');
  // As JSON no value is expanded; the dotenv form would read `$`.
  await writeFile(path, JSON.stringify(secrets), { flag: 'wx', mode: 0o600 });
  return path;
}
