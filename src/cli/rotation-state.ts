import * as z from 'zod';
import { Secret } from '../lib/secret.ts';
import { CliError } from './cli-error.ts';
import type { Io } from './io.ts';
import { FILE_PROBLEMS } from './secret-file.ts';

/** What a rotation is at; what is done is recognised from the gateway as well. */
export const ROTATION_PHASES = ['put-both', 'reseal', 'wait', 'put-alone'] as const;

/** The file of a rotation. It holds secrets: for this user alone, and gone when the rotation is over. */
const STORED = z.strictObject({
  v: z.literal(1),
  gateway: z.string(),
  phase: z.enum(ROTATION_PHASES),
  /** The new secret. */
  newest: z.string().min(32),
  /** Those before, newest first. */
  former: z.array(z.string().min(32)).min(1),
  madeAt: z.int(),
  /** When all stored keys were sealed with the new secret. Unix seconds, as all times here. */
  resealedAt: z.int().optional(),
  /** What the person was told to put. */
  told: z.enum(['both', 'alone']).optional(),
});

type Stored = z.output<typeof STORED>;

export interface Rotation extends Readonly<Omit<Stored, 'v' | 'newest' | 'former'>> {
  readonly newest: Secret;
  readonly former: readonly Secret[];
}

/** A rotation in its file. */
export class RotationFile {
  readonly #path: string;
  readonly #io: Io;

  constructor(path: string, io: Io) {
    this.#path = path;
    this.#io = io;
  }

  /** Where the value stands that a person is to put: the secret store reads it from there. */
  get valuePath(): string {
    return `${this.#path}.value`;
  }

  /** Undefined where no rotation is under way. @throws CliError where the file cannot be read */
  async read(): Promise<Rotation | undefined> {
    const text = await this.#readText();
    if (text === undefined) return undefined;
    const stored = STORED.safeParse(parseJson(text));
    if (!stored.success) throw this.#createUnreadable('It is not what this command wrote.');
    const { v: _, newest, former, ...rest } = stored.data;
    return { ...rest, newest: new Secret(newest), former: former.map((text) => new Secret(text)) };
  }

  /** @throws CliError where it cannot be written: nothing may be done that is not in it */
  async write({ newest, former, ...rest }: Rotation): Promise<void> {
    const stored: Stored = {
      v: 1,
      ...rest,
      newest: newest.reveal(),
      former: former.map((secret) => secret.reveal()),
    };
    await this.#replace(this.#path, `${JSON.stringify(stored, null, 2)}\n`);
  }

  async writeValue(value: Secret): Promise<void> {
    await this.#replace(this.valuePath, value.reveal());
  }

  /** Keeps a value beyond the rotation. */
  async save(path: string, value: Secret): Promise<void> {
    await this.#replace(path, `${value.reveal()}\n`);
  }

  async remove(): Promise<void> {
    await this.#io.removeFile(this.valuePath);
    await this.#io.removeFile(this.#path);
  }

  async #readText(): Promise<string | undefined> {
    try {
      return await this.#io.readFile(this.#path);
    } catch (error) {
      if (error instanceof CliError) throw error;
      const { code = '' } = error as NodeJS.ErrnoException;
      if (code === 'ENOENT') return undefined;
      throw this.#createUnreadable(FILE_PROBLEMS[code] ?? `The system says ${code || 'no more'}.`);
    }
  }

  async #replace(path: string, text: string): Promise<void> {
    try {
      await this.#io.replaceFile(path, text);
    } catch (error) {
      const { code = '' } = error as NodeJS.ErrnoException;
      throw new CliError({
        code: 'state-unwritable',
        what: 'A file of the rotation cannot be written.',
        details: `${path}: ${code === 'ENOENT' ? 'there is no such folder' : `the system says ${code || 'no more'}`}. Nothing more was done.`,
        fix: 'Give a place that can be written: --state FILE, --save FILE',
      });
    }
  }

  #createUnreadable(details: string): CliError {
    return new CliError({
      code: 'state-unreadable',
      what: `The file of the rotation cannot be read: ${this.#path}`,
      details,
      fix: 'It may hold the only copy of a secret that the gateway works with: look at it before you remove it.',
    });
  }
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    // Not JSON: none of ours, as the reader says.
    return undefined;
  }
}
