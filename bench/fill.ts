import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { REVOCATION_PREFIX } from '../src/revocation/target.ts';

/**
 * Fills the table in which miniflare keeps KV: `fill.ts <folder> <records> <key>…`. A process of its own, since
 * Node warns of its SQLite, and the warning can only be switched off for a whole process.
 *
 * Every row has expiration and value of the one that is there already.
 */
const [folder = '', total = '', ...keys] = process.argv.slice(2);
const records = Number(total);
/** Steps in which the filling tells how far it is, where it takes long enough to be told. */
const STEPS = 10;
const TOLD_RECORDS_MIN = 100_000;

const RANDOM_ROWS = `
  WITH RECURSIVE made (number) AS (SELECT 1 UNION ALL SELECT number + 1 FROM made WHERE number < :count)
  INSERT INTO _mf_entries (key, blob_id, expiration)
  SELECT :prefix || lower(hex(randomblob(8))), first.blob_id, first.expiration
  FROM made, (SELECT blob_id, expiration FROM _mf_entries LIMIT 1) AS first`;
const NAMED_ROW = `
  INSERT INTO _mf_entries (key, blob_id, expiration)
  SELECT :key, blob_id, expiration FROM _mf_entries LIMIT 1`;

const database = new DatabaseSync(findDatabase());
database.exec('PRAGMA synchronous = OFF; BEGIN');
const insertNamed = database.prepare(NAMED_ROW);
for (const key of keys) insertNamed.run({ ':key': key });
const insertRandom = database.prepare(RANDOM_ROWS);
for (let step = 1, held = countRows(); step <= STEPS && held < records; step++) {
  const target = Math.ceil((records * step) / STEPS);
  if (target <= held) continue;
  insertRandom.run({ ':count': target - held, ':prefix': `${REVOCATION_PREFIX}session:` });
  held = target;
  if (records >= TOLD_RECORDS_MIN) process.stderr.write(`  ${held} of ${records}\n`);
}
database.exec('COMMIT');
const held = countRows();
database.close();
if (held !== records) throw new Error(`the store holds ${held} revocations and not ${records}`);

function findDatabase(): string {
  const place = join(folder, 'kv/miniflare-KVNamespaceObject');
  const files = readdirSync(place).filter((name) => /^[0-9a-f]+\.sqlite$/.test(name));
  const [file] = files;
  if (file === undefined || files.length > 1) throw new Error(`${place} holds ${files.length} namespaces`);
  return join(place, file);
}

function countRows(): number {
  return Number(database.prepare('SELECT count(*) AS held FROM _mf_entries').get()?.held);
}
