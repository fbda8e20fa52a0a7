import { SecretsAnswer } from '../api/keys.ts';
import type { AdminClient } from './admin-client.ts';
import type { Io } from './io.ts';
import { poll } from './poll.ts';
import { createProgress, type Progress } from './progress.ts';
import { findPlace, type RotationIds, type RotationPlace } from './rotation-place.ts';
import {
  createElsewhere,
  createNothingToFinish,
  createNotSeen,
  createOtherGateway,
  createPutFailed,
  createRolledBack,
  createTooEarly,
  createUnreadableKeys,
  createWrongPresent,
} from './rotation-problems.ts';
import { addPasses, type Resealed, resealKeys } from './rotation-reseal.ts';
import { identifySecrets, joinSecrets, makeSecret, readPresentSecrets } from './rotation-secrets.ts';
import { type Rotation, RotationFile } from './rotation-state.ts';
import { formatDuration } from './words.ts';

/** What was asked for. */
export interface RotationOrder {
  readonly statePath: string;
  readonly secretsFile: string | undefined;
  /** Where the new secret is kept at the end, for the next rotation. */
  readonly savePath: string | undefined;
  /** Whether wrangler is run, or its command told. */
  readonly puts: boolean;
  readonly wranglerArgs: readonly string[];
  /** later: once sessions under the former secret have ended. finish: that is so. now: everybody is out. */
  readonly dropsFormer: 'later' | 'finish' | 'now';
  /** Go on although some stored keys can be opened with no secret. */
  readonly force: boolean;
  readonly sessionMaxSeconds: number;
  readonly timeoutSeconds: number;
}

/** How far it came. */
export interface RotationReport {
  readonly step: 'put-both' | 'wait' | 'put-alone' | 'done';
  readonly ids: RotationIds;
  readonly resealed: Resealed | undefined;
  /** Unix seconds. */
  readonly finishFrom: number | undefined;
  /** The file whose content a person is to put. */
  readonly valuePath: string | undefined;
}

/** How often in a row the gateway has to say the same: its isolates do not all change at once. */
const CONFIRMATIONS = 3;
/** How long the gateway may take to show what a person was told to put and says to have put. */
const TOLD_SECONDS = 20;

/**
 * Rotates POSTERN_SECRETS: put "new former" → the gateway works with both → reseal stored keys → (wait) → reseal
 * what came meanwhile → put "new" → the gateway works with it alone.
 *
 * Whatever is about to be done stands in the file first, and what is done is recognised by the gateway's own ids: it
 * can be stopped anywhere. The former secret goes only after stored keys were sealed with the new one.
 */
export async function rotate(order: RotationOrder, client: AdminClient, io: Io): Promise<RotationReport> {
  const run = await RotationRun.takeUp(order, client, io);
  try {
    return await run.goOn();
  } finally {
    run.progress.end();
  }
}

class RotationRun {
  readonly progress: Progress;
  readonly #order: RotationOrder;
  readonly #client: AdminClient;
  readonly #io: Io;
  readonly #file: RotationFile;
  readonly #ids: RotationIds;
  #rotation: Rotation;
  #resealed: Resealed | undefined;

  private constructor(
    { order, client, io, file }: { order: RotationOrder; client: AdminClient; io: Io; file: RotationFile },
    rotation: Rotation,
    ids: RotationIds,
  ) {
    this.progress = createProgress(io.stderr);
    this.#order = order;
    this.#client = client;
    this.#io = io;
    this.#file = file;
    this.#rotation = rotation;
    this.#ids = ids;
  }

  /** The rotation that is under way, else a new one. */
  static async takeUp(order: RotationOrder, client: AdminClient, io: Io): Promise<RotationRun> {
    const file = new RotationFile(order.statePath, io);
    const known = await file.read();
    if (known && known.gateway !== client.origin) throw createOtherGateway(known.gateway, order.statePath);
    if (!known && order.dropsFormer === 'finish') throw createNothingToFinish();
    const rotation = known ?? (await begin(order, client, io));
    if (!known) await file.write(rotation);
    const [newest = ''] = await identifySecrets([rotation.newest]);
    const ids = { newest, former: await identifySecrets(rotation.former) };
    return new RotationRun({ order, client, io, file }, rotation, ids);
  }

  async goOn(): Promise<RotationReport> {
    const place = await this.#locate();
    if (place === 'elsewhere') throw createElsewhere(this.#order.statePath);
    if (this.#rotation.resealedAt !== undefined) return this.#drop(place);
    if (this.#order.dropsFormer === 'finish') throw createNothingToFinish();
    const isThere = place === 'both' || (await this.#wasPut('both'));
    if (!isThere && !(await this.#put('both'))) return this.#report('put-both');
    await this.#save({ phase: 'reseal' });
    await this.#confirm('both');
    await this.#reseal();
    await this.#save({ phase: 'wait', resealedAt: this.#now() });
    return this.#drop('both');
  }

  /** The second half: the former secrets go. */
  async #drop(place: RotationPlace): Promise<RotationReport> {
    if (place === 'former') return this.#goBack();
    if (place === 'alone' || (await this.#wasPut('alone'))) return this.#end();
    if (this.#order.dropsFormer === 'later') return this.#report('wait');
    if (this.#order.dropsFormer === 'finish' && this.#now() < this.#finishFrom()) {
      throw createTooEarly(this.#finishFrom());
    }
    await this.#sealTheRest();
    return (await this.#put('alone')) ? this.#end() : this.#report('put-alone');
  }

  /** Somebody took the new secret away again: it has to come back, since stored keys are sealed with it. */
  async #goBack(): Promise<RotationReport> {
    if (this.#order.dropsFormer === 'finish') throw createRolledBack();
    await this.#save({ phase: 'put-both', resealedAt: undefined, told: undefined });
    return this.goOn();
  }

  /** Keys that were stored meanwhile, and those that a pass had not seen: nothing may be lost with the former secrets. */
  async #sealTheRest(): Promise<void> {
    await this.#confirm('kept');
    const { unreadable } = await this.#reseal();
    await this.#confirm('kept');
    if (unreadable.length > 0 && !this.#order.force) throw createUnreadableKeys(unreadable);
  }

  async #reseal(): Promise<Resealed> {
    const done = await resealKeys(this.#client, this.#ids.newest, ({ resealed, already }) =>
      this.progress.tell(`Resealing stored keys: ${resealed} done, ${already} were done before.`),
    );
    this.#resealed = addPasses(this.#resealed, done);
    return done;
  }

  /** Has a value put as POSTERN_SECRETS. @returns false where a person is to put it */
  async #put(what: 'both' | 'alone'): Promise<boolean> {
    await this.#save({ phase: `put-${what}`, told: this.#order.puts ? undefined : what });
    if (this.#order.puts) await this.#runWrangler(what);
    else await this.#file.writeValue(this.#valueOf(what));
    return this.#order.puts;
  }

  async #runWrangler(what: 'both' | 'alone'): Promise<void> {
    const args = ['wrangler', 'secret', 'put', 'POSTERN_SECRETS', ...this.#order.wranglerArgs];
    this.progress.tell(`Putting ${NAMES[what]}: npx ${args.slice(0, 4).join(' ')}`);
    this.progress.end();
    const code = await this.#io.runProgram({ command: 'npx', args, input: this.#valueOf(what).reveal() });
    if (code !== 0) throw createPutFailed(code);
  }

  #valueOf(what: 'both' | 'alone') {
    const { newest, former } = this.#rotation;
    return joinSecrets(what === 'both' ? [newest, ...former] : [newest]);
  }

  /** Whether the gateway shows, within a moment, what a person was told to put. */
  async #wasPut(what: 'both' | 'alone'): Promise<boolean> {
    if (this.#rotation.told !== what) return false;
    const seconds = Math.min(TOLD_SECONDS, this.#order.timeoutSeconds);
    return (await this.#waitFor(what, seconds, 1)).isThere;
  }

  async #confirm(what: Awaited): Promise<void> {
    const { isThere, trouble } = await this.#waitFor(what, this.#order.timeoutSeconds, CONFIRMATIONS);
    if (!isThere) throw createNotSeen(NAMES[what], trouble);
  }

  #waitFor(what: Awaited, timeoutSeconds: number, confirmations: number) {
    return poll(
      {
        isThere: async (seconds) => PLACES[what].includes(await this.#locate(seconds)),
        timeoutSeconds,
        confirmations,
        onWait: (passed) =>
          this.progress.tell(
            `Waiting for the gateway to work with ${NAMES[what]}, ${formatDuration(passed)}.`,
          ),
      },
      this.#io,
    );
  }

  async #locate(timeoutSeconds?: number): Promise<RotationPlace> {
    const limit = timeoutSeconds === undefined ? {} : { timeoutSeconds };
    return findPlace(await askSecrets(this.#client, limit), this.#ids);
  }

  /** The files go last: until then they hold what could be needed to go back. */
  async #end(): Promise<RotationReport> {
    await this.#confirm('alone');
    const { savePath } = this.#order;
    if (savePath !== undefined) await this.#file.save(savePath, this.#rotation.newest);
    await this.#file.remove();
    return this.#report('done');
  }

  async #save(change: Partial<Rotation>): Promise<void> {
    this.#rotation = { ...this.#rotation, ...change };
    await this.#file.write(this.#rotation);
  }

  #report(step: RotationReport['step']): RotationReport {
    const isTold = step === 'put-both' || step === 'put-alone';
    return {
      step,
      ids: this.#ids,
      resealed: this.#resealed,
      finishFrom: step === 'wait' ? this.#finishFrom() : undefined,
      valuePath: isTold ? this.#file.valuePath : undefined,
    };
  }

  #finishFrom(): number {
    return (this.#rotation.resealedAt ?? this.#now()) + this.#order.sessionMaxSeconds;
  }

  #now(): number {
    return Math.floor(this.#io.now() / 1000);
  }
}

/** What is waited for: both secrets, the new one alone, or the new one with whatever is left of the former ones. */
type Awaited = 'both' | 'alone' | 'kept';

const PLACES: Readonly<Record<Awaited, readonly RotationPlace[]>> = {
  both: ['both'],
  alone: ['alone'],
  kept: ['both', 'partly'],
};

const NAMES: Readonly<Record<Awaited, string>> = {
  both: 'the new secret and the former ones',
  alone: 'the new secret alone',
  kept: 'the new secret and the former ones',
};

function askSecrets(client: AdminClient, limit: { readonly timeoutSeconds?: number } = {}) {
  return client.ask({ method: 'GET', path: '/secrets', answer: SecretsAnswer, ...limit });
}

/** A new secret beside the present ones, which have to be those of the gateway. */
async function begin(order: RotationOrder, client: AdminClient, io: Io): Promise<Rotation> {
  const former = await readPresentSecrets(order.secretsFile, io);
  const ids = await identifySecrets(former);
  const { newest, accepted } = await askSecrets(client);
  const isWhole = accepted.every((id) => ids.includes(id));
  if (newest !== ids[0] || !isWhole) throw createWrongPresent();
  const madeAt = Math.floor(io.now() / 1000);
  return { gateway: client.origin, phase: 'put-both', newest: makeSecret(), former, madeAt };
}
