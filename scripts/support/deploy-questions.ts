import { readFile } from 'node:fs/promises';
import type { Account } from './deploy-account.ts';
import { checkOrigin, type OriginChoice } from './deploy-origin.ts';
import { Failure, formatFailure } from './failure.ts';
import type { Terminal } from './terminal.ts';

/** Asks until an address is given that can be used. */
export async function askOriginUrl(terminal: Terminal): Promise<OriginChoice> {
  for (;;) {
    const url = await terminal.ask('Address of your Grafana (for example https://grafana.example.com):');
    const checked = checkOrigin(url);
    if (checked.ok) return { url, from: 'question' };
    terminal.say(formatFailure(checked.reason));
  }
}

export async function askAccount(accounts: readonly Account[], terminal: Terminal): Promise<Account> {
  for (const [index, { id, name }] of accounts.entries()) terminal.say(`  ${index + 1}  ${name} (${id})`);
  for (;;) {
    const answer = await terminal.ask(`Which account (1 to ${accounts.length})?`);
    const account = accounts[Number(answer) - 1];
    if (account) return account;
  }
}

/** Enter means yes. */
export async function askYes(question: string, terminal: Terminal): Promise<boolean> {
  return /^(?:y(?:es)?)?$/i.test(await terminal.ask(`${question} [Y/n]`));
}

/** A file rather than the keys themselves: what is typed stays on the screen, and terminals cut long lines. */
export async function askShareKeysFile(terminal: Terminal): Promise<string | undefined> {
  const path = await terminal.ask('File with the share keys as JSON (Enter: later):');
  return path === '' ? undefined : path;
}

/** The text of a file with share keys. Its content is judged with the rest of the configuration. */
export async function readShareKeys(path: string): Promise<string> {
  try {
    return (await readFile(path, 'utf8')).trim();
  } catch (error) {
    throw new Failure('The file with the share keys cannot be read.', {
      details: error instanceof Error ? error.message : String(error),
      fix: 'Give the path of a file, as seen from where the command runs.',
    });
  }
}
