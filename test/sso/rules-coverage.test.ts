/// <reference types="vite/types/importMeta.d.ts" />
import { describe, expect, test } from 'vitest';
import { STRICTER } from './stricter.ts';
import { VECTORS } from './vectors.ts';

const TESTS = import.meta.glob<string>('../{sso,config,app}/**/*.test.ts', {
  query: '?raw',
  import: 'default',
  eager: true,
});

/** Which file asks for the vectors of a kind. */
function runnersOf(kind: string): readonly string[] {
  const asks = [`vectorsOf('${kind}')`, `asGrafana('${kind}')`];
  return Object.keys(TESTS).filter((file) => asks.some((call) => TESTS[file]?.includes(call)));
}

/** Who runs the vectors of each kind. */
const RUN_BY: Readonly<Record<string, RegExp>> = {
  userinfo: /sso\/vectors/,
  id_token_decode: /sso\/vectors/,
  org_mapping_parse: /sso\/vectors/,
  split_string: /sso\/vectors/,
  json_search: /sso\/vectors/,
  email_allowed: /sso\/vectors/,
  settings_parse: /sso\/vectors/,
  // The configuration, which judges what the settings API of Grafana judges.
  settings_validate: /sso\/settings/,
  // The flow, against a provider.
  oauth_callback: /sso\/flow-vectors/,
  oauth_redirect: /sso\/flow-vectors/,
  id_token_signature: /sso\/flow-vectors/,
};

/** How files are named in a glob: those of this folder from here, the others from the folder above. */
const nameOf = (file: string) => file.replace(/^\.\//, 'sso/').replace(/^\.\.\//, '');

test('there are 134 vectors, and no two of one name', () => {
  expect(new Set(VECTORS.map(({ name }) => name)).size).toBe(134);
  expect(VECTORS).toHaveLength(134);
});

describe('every vector is run by somebody', () => {
  test.each([...new Set(VECTORS.map(({ kind }) => kind))])('%s', (kind) => {
    const runner = runnersOf(kind)
      .map(nameOf)
      .find((file) => RUN_BY[kind]?.test(file));
    expect(runner).toBeDefined();
  });
});

test.each(Object.keys(STRICTER))('stricter than a vector that exists: %s', (name) => {
  expect(VECTORS.filter((vector) => vector.name === name)).toHaveLength(1);
});
