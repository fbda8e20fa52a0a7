import { execFileSync, spawn } from 'node:child_process';
import {
  copyFileSync,
  existsSync,
  mkdtempSync,
  readFileSync,
  realpathSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, join, resolve } from 'node:path';

const ROOT = resolve(import.meta.dirname, '../..');
const PACKAGED_NODE = join(ROOT, 'node_modules/.bin/node');

interface Vectors {
  readonly keys: readonly {
    readonly name: string;
    readonly orgId: number;
    readonly token: string;
    readonly secret: string;
    readonly derived: string;
  }[];
  readonly signatures: readonly {
    readonly name: string;
    readonly orgId: number;
    readonly timestamp: number;
    readonly sign: string;
  }[];
  readonly cases: readonly {
    readonly name: string;
    readonly now: number;
    readonly request: { readonly method: string; readonly url: string };
    readonly expect: { readonly accept: boolean; readonly reason?: string; readonly sessionSeconds?: number };
  }[];
}

export const VECTORS: Vectors = JSON.parse(readFileSync(join(ROOT, 'test/vectors/share-v2.json'), 'utf8'));

export function keyOf(name: string): Vectors['keys'][number] {
  const key = VECTORS.keys.find((one) => one.name === name);
  if (!key) throw new Error(`the vectors have no key ${name}`);
  return key;
}

/** The Nodes to run on: the one that runs the tests, that of the package, and those of this machine. */
export function listNodes(): string[] {
  const directories = (process.env.PATH ?? '').split(delimiter).map((directory) => join(directory, 'node'));
  const found = [process.execPath, PACKAGED_NODE, ...directories].filter((path) => existsSync(path));
  return [...new Set(found.map((path) => realpathSync(path)))].filter((path) => !path.endsWith('.js'));
}

export function versionOf(node: string): string {
  return execFileSync(node, ['--version'], { encoding: 'utf8' }).trim();
}

export interface Outcome {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

export interface RunOptions {
  readonly env?: Readonly<Record<string, string>>;
  /** Standard input; empty where there is none. */
  readonly input?: string;
  /** The folder to run in, where it is not this checkout. */
  readonly cwd?: string;
}

/** The built command line in a folder of its own, so that another build cannot pull it away. */
export class BuiltCli {
  readonly folder = mkdtempSync(join(tmpdir(), 'postern-cli-'));
  readonly #file = join(this.folder, 'postern.mjs');
  /** Everything that was printed. */
  printed = '';

  constructor() {
    execFileSync(PACKAGED_NODE, [join(ROOT, 'scripts/build-cli.ts')], { stdio: 'pipe' });
    copyFileSync(join(ROOT, 'dist/postern.mjs'), this.#file);
  }

  /** Writes a file beside the command line and tells its path. */
  write(name: string, text: string): string {
    const path = join(this.folder, name);
    writeFileSync(path, text, { mode: 0o600 });
    return path;
  }

  async run(node: string, args: readonly string[], options: RunOptions = {}): Promise<Outcome> {
    const { env, cwd } = options;
    const child = spawn(node, [this.#file, ...args], { env: { ...env }, cwd });
    child.stdin.on('error', () => undefined);
    child.stdin.end(options.input ?? '');
    const [stdout, stderr, code] = await Promise.all([
      gather(child.stdout),
      gather(child.stderr),
      new Promise<number | null>((done) => child.on('close', done)),
    ]);
    this.printed += stdout + stderr;
    return { code, stdout, stderr };
  }

  /** Runs until standard error says something, and is interrupted then, as by Ctrl-C. */
  async runInterrupted(
    node: string,
    args: readonly string[],
    options: RunOptions,
    word: string,
  ): Promise<void> {
    const child = spawn(node, [this.#file, ...args], { env: { ...options.env } });
    child.stdin.on('error', () => undefined);
    child.stdin.end(options.input ?? '');
    const ended = new Promise<void>((done) => child.on('close', () => done()));
    for await (const chunk of child.stderr.setEncoding('utf8')) {
      this.printed += chunk;
      if (chunk.includes(word)) child.kill('SIGINT');
    }
    await ended;
  }

  /** Runs with a reader that has gone before anything is written. */
  async runUnheard(node: string, args: readonly string[]): Promise<Pick<Outcome, 'code' | 'stderr'>> {
    const child = spawn(node, [this.#file, ...args], { env: {} });
    child.stdout.destroy();
    const [stderr, code] = await Promise.all([
      gather(child.stderr),
      new Promise<number | null>((done) => child.on('close', done)),
    ]);
    return { code, stderr };
  }

  remove(): void {
    rmSync(this.folder, { recursive: true });
  }
}

async function gather(stream: NodeJS.ReadableStream): Promise<string> {
  let text = '';
  for await (const chunk of stream.setEncoding('utf8')) text += chunk;
  return text;
}
