import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join, relative, resolve } from 'node:path';
import { describe, expect, test } from 'vitest';

const SRC = resolve(import.meta.dirname, '../../src');

/**
 * Who may know whom: a room's own files, `lib`, and what stands here. `types:` allows `import type` only.
 * docs/architecture.md says the same in words.
 */
const MAY_KNOW: Readonly<Record<string, readonly string[]>> = {
  lib: [],
  api: [],
  observe: [],
  refusal: [],
  ledger: ['observe', 'types:share', 'types:sso'],
  revocation: ['session'],
  config: ['headers', 'share', 'session', 'origin', 'oncall', 'sso', 'types:revocation', 'types:admin'],
  headers: ['types:corridor.ts', 'types:observe', 'types:refusal'],
  session: ['headers', 'types:share', 'types:corridor.ts', 'types:refusal'],
  share: ['session', 'headers', 'observe', 'types:ledger', 'types:corridor.ts', 'types:refusal'],
  origin: ['session', 'headers', 'observe', 'sso', 'types:share', 'types:corridor.ts', 'types:refusal'],
  sso: ['api', 'session', 'headers', 'observe', 'refusal', 'types:corridor.ts'],
  oncall: ['headers', 'origin', 'refusal', 'types:observe', 'types:corridor.ts'],
  admin: [
    'api',
    'observe',
    'refusal',
    'share',
    'session',
    'revocation',
    'headers',
    'oncall',
    'origin',
    'sso',
    'types:ledger',
    'types:corridor.ts',
  ],
  cli: ['api', 'config', 'share', 'headers', 'session', 'revocation', 'oncall', 'sso'],
  'corridor.ts': [
    'types:config',
    'types:headers',
    'types:observe',
    'types:refusal',
    'types:session',
    'types:share',
    'types:origin',
    'types:oncall',
    'types:ledger',
    'types:revocation',
    'types:sso',
  ],
  'entrance.ts': ['config', 'observe', 'refusal', 'corridor.ts', 'wiring.ts'],
  'wiring.ts': [
    'config',
    'headers',
    'ledger',
    'observe',
    'session',
    'share',
    'revocation',
    'origin',
    'oncall',
    'sign-in-wiring.ts',
    'types:sso',
    'types:corridor.ts',
  ],
  'sign-in-wiring.ts': ['ledger', 'origin', 'session', 'sso', 'observe', 'types:config'],
  'app.ts': [
    'admin',
    'headers',
    'observe',
    'oncall',
    'origin',
    'session',
    'share',
    'sso',
    'entrance.ts',
    'wiring.ts',
    'types:corridor.ts',
  ],
  'index.ts': ['app.ts', 'ledger', 'observe', 'sso', 'wiring.ts'],
};

/** The files that may speak Hono. Doors are plain functions and need not. */
const SPEAKS_HONO = /^(?:app|entrance)\.ts$|^admin\//;

interface Import {
  readonly file: string;
  readonly isTypeOnly: boolean;
  /** A path inside src, or a package. */
  readonly target: string;
}

function listFiles(folder: string): string[] {
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && entry.name.endsWith('.ts'))
    .map((entry) => join(entry.parentPath, entry.name));
}

function readImports(path: string): Import[] {
  const file = relative(SRC, path);
  const source = readFileSync(path, 'utf8');
  const statements = source.matchAll(/^(?:import|export)\s+(type\s)?([^'";]*?from\s+)?'([^']+)'/gm);
  return [...statements].map(([, type, , specifier = '']) => ({
    file,
    isTypeOnly: type !== undefined,
    target: specifier.startsWith('.') ? relative(SRC, resolve(dirname(path), specifier)) : specifier,
  }));
}

const imports = listFiles(SRC).flatMap(readImports);
const roomOf = (file: string) => file.split('/')[0] ?? file;

describe('who may know whom', () => {
  const inner = imports.filter(({ target }) => target.endsWith('.ts'));

  test('imports are found at all', () => {
    expect(inner.length).toBeGreaterThan(100);
  });

  test('every room stands in the table', () => {
    const rooms = new Set(listFiles(SRC).map((path) => roomOf(relative(SRC, path))));
    expect([...rooms].filter((room) => !Object.hasOwn(MAY_KNOW, room))).toEqual([]);
  });

  test.each(Object.keys(MAY_KNOW))('%s knows only whom it may', (room) => {
    const allowed = MAY_KNOW[room] ?? [];
    const trespasses = inner.filter(({ file, target, isTypeOnly }) => {
      const other = roomOf(target);
      if (roomOf(file) !== room || other === room || other === 'lib') return false;
      return !allowed.includes(other) && !(isTypeOnly && allowed.includes(`types:${other}`));
    });
    expect(trespasses).toEqual([]);
  });

  test('lib knows nobody', () => {
    expect(inner.filter(({ file, target }) => roomOf(file) === 'lib' && roomOf(target) !== 'lib')).toEqual(
      [],
    );
  });
});

describe('what comes from outside', () => {
  const packages = imports.filter(({ target }) => !target.endsWith('.ts'));

  test('Hono stays in app, entrance and admin', () => {
    const speakers = packages.filter(({ target }) => target.startsWith('hono')).map(({ file }) => file);
    expect(speakers.filter((file) => !SPEAKS_HONO.test(file))).toEqual([]);
  });

  test('zod is taken from zod: the bundle has another under its name, which lacks what @hono/zod-openapi names z', () => {
    const users = imports.filter(({ target }) => target === '@hono/zod-openapi').map(({ file }) => file);
    expect(users.length).toBeGreaterThan(0);
    for (const file of users) {
      const source = readFileSync(join(SRC, file), 'utf8');
      const [, names = ''] = /import \{([^}]*)\} from '@hono\/zod-openapi'/.exec(source) ?? [];
      expect(names.split(',').map((name) => name.trim())).not.toContain('z');
    }
    const root = resolve(SRC, '..');
    expect(readFileSync(join(root, 'wrangler.toml'), 'utf8')).toContain('"zod" = "./src/lib/zod.ts"');
    expect(readFileSync(join(root, 'scripts/bundle.ts'), 'utf8')).toContain("zod: './src/lib/zod.ts'");
  });

  test('the runtime’s own modules stay in the files of the Durable Objects', () => {
    const users = packages.filter(({ target }) => target.startsWith('cloudflare:')).map(({ file }) => file);
    expect(users.sort()).toEqual(['ledger/ledger.ts', 'sso/sign-in-object.ts']);
  });

  test('node: stays in the command line', () => {
    const users = packages.filter(({ target }) => target.startsWith('node:')).map(({ file }) => file);
    expect(users.filter((file) => roomOf(file) !== 'cli')).toEqual([]);
  });

  test('the command line has no Hono, not even through others', () => {
    const reached = new Set(listFiles(join(SRC, 'cli')).map((path) => relative(SRC, path)));
    for (const file of reached) {
      for (const { target } of imports.filter((one) => one.file === file && !one.isTypeOnly))
        reached.add(target);
    }
    expect([...reached].filter((target) => target.startsWith('hono'))).toEqual([]);
  });
});
