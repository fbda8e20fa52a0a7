import { findStalePages, writePage } from './support/docs-pages.ts';

/** `npm run docs`: makes the pages that follow from tables in src. `--check` only says which are stale. */
async function main(args: readonly string[]): Promise<number> {
  const stale = await findStalePages();
  if (args.includes('--check')) {
    for (const { path } of stale) console.error(`✘ ${path} is stale. Run: npm run docs`);
    return stale.length === 0 ? 0 : 1;
  }
  for (const page of stale) {
    await writePage(page);
    console.log(`✔ ${page.path} is made anew`);
  }
  if (stale.length === 0) console.log('✔ Nothing to do: the pages are up to date');
  return 0;
}

process.exitCode = await main(process.argv.slice(2));
