import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { CHECKS, GROUP_TITLES } from '../../src/api/check-table.ts';
import { BINDINGS, VARIABLES } from '../../src/config/variables.ts';
import { EVENTS } from '../../src/observe/events.ts';
import { CODES } from '../../src/refusal/codes.ts';
import { putChecks, renderChecks } from './docs-checks.ts';
import { renderConfiguration } from './docs-configuration.ts';
import { renderEvents } from './docs-events.ts';
import { renderRefusals } from './docs-refusals.ts';
import { renderSsoOptions } from './docs-sso-options.ts';
import { ROOT } from './root.ts';

/** A page that is made from a table in src. */
export interface Page {
  /** Inside the checkout. */
  readonly path: string;
  readonly text: string;
}

async function makePages(): Promise<Page[]> {
  return [
    { path: 'docs/configuration.md', text: renderConfiguration(VARIABLES, BINDINGS) },
    { path: 'docs/sso/options.md', text: renderSsoOptions(VARIABLES) },
    { path: 'docs/refusals.md', text: renderRefusals(CODES) },
    { path: 'docs/events.md', text: renderEvents(EVENTS) },
    { path: OPERATIONS, text: await renderOperations() },
  ];
}

/** That page is written by hand, but for its tables. */
const OPERATIONS = 'docs/operations.md';

async function renderOperations(): Promise<string> {
  return putChecks((await readPage(OPERATIONS)) ?? '', renderChecks(CHECKS, GROUP_TITLES));
}

/** The pages whose file says something else, or is not there. */
export async function findStalePages(): Promise<Page[]> {
  const stale: Page[] = [];
  for (const page of await makePages()) {
    if ((await readPage(page.path)) !== page.text) stale.push(page);
  }
  return stale;
}

async function readPage(path: string): Promise<string | undefined> {
  try {
    return await readFile(join(ROOT, path), 'utf8');
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return undefined;
    throw error;
  }
}

export async function writePage({ path, text }: Page): Promise<void> {
  await mkdir(dirname(join(ROOT, path)), { recursive: true });
  await writeFile(join(ROOT, path), text);
}
