import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type Browser, type BrowserContext, chromium } from 'playwright-core';
import { atEnd, type Ending } from './at-end.ts';
import { makeScratch } from './scratch.ts';

const SWITCHES = [
  '--no-sandbox',
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
  // Every name of the tests is this machine, and shows a certificate that nobody has signed.
  '--host-resolver-rules=MAP *.test 127.0.0.1',
  '--ignore-certificate-errors',
];

/** Chromium with fresh user data, ended with the test. Its contexts are private ones. */
export async function startBrowser(t: Ending, executablePath: string): Promise<Browser> {
  const browser = await chromium.launch({ executablePath, args: SWITCHES });
  atEnd(t, () => browser.close());
  return browser;
}

export interface ProfileOptions {
  /** As in the file `Preferences` of a profile. */
  readonly preferences?: Readonly<Record<string, unknown>>;
  readonly switches?: readonly string[];
}

/** Chromium with a profile of its own, as on an ordinary desktop, ended with the test. */
export async function startProfile(
  t: Ending,
  executablePath: string,
  { preferences = {}, switches = [] }: ProfileOptions,
): Promise<BrowserContext> {
  const folder = makeScratch(t, 'profile');
  mkdirSync(join(folder, 'Default'));
  writeFileSync(join(folder, 'Default', 'Preferences'), JSON.stringify(preferences));
  const context = await chromium.launchPersistentContext(folder, {
    executablePath,
    args: [...SWITCHES, ...switches],
  });
  atEnd(t, () => context.close());
  return context;
}
