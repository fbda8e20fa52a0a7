import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { readConfig } from '../../src/config/read.ts';
import { formatMistake } from '../../src/config/report.ts';
import { VARIABLES } from '../../src/config/variables.ts';
import { foldName } from '../../src/headers/names.ts';
import { findPathProblem } from '../../src/headers/path.ts';
import { fromBase64Url, toBase64Url } from '../../src/lib/bytes.ts';
import { equalInConstantTime } from '../../src/lib/constant-time.ts';
import { formatCookies, parseCookies } from '../../src/lib/cookie.ts';
import { createKeyring } from '../../src/lib/keyring.ts';
import { formatQuery, parseQuery } from '../../src/lib/query.ts';
import { splitRequestUrl } from '../../src/lib/request-url.ts';
import { seal, unseal } from '../../src/lib/seal.ts';
import { Secret } from '../../src/lib/secret.ts';
import { nameTarget } from '../../src/session/named-target.ts';
import { SECRET } from '../support/gateway.ts';

const texts = fc.string({ unit: 'binary', maxLength: 200 }).filter((text) => text.isWellFormed());

describe('a seal', () => {
  const ring = createKeyring([new Secret(SECRET)], 'test');

  test('gives back any text in its context', async () => {
    const given = fc.asyncProperty(texts, texts, async (text, context) => {
      expect(await unseal(await ring, await seal(await ring, text, context), context)).toBe(text);
    });
    await fc.assert(given);
  });

  test('opens in no other context', async () => {
    const given = fc.asyncProperty(texts, texts, texts, async (text, context, other) => {
      fc.pre(context !== other);
      expect(await unseal(await ring, await seal(await ring, text, context), other)).toBeUndefined();
    });
    await fc.assert(given);
  });

  test.each(['', 'a', 'ab', 'abc'])('of %j with any one character changed does not open', async (text) => {
    const characters = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_.';
    const sealed = await seal(await ring, text, 'context');
    const opened: string[] = [];
    for (let at = 0; at < sealed.length; at++) {
      for (const character of characters.replace(sealed[at] ?? '', '')) {
        const changed = sealed.slice(0, at) + character + sealed.slice(at + 1);
        if ((await unseal(await ring, changed, 'context')) !== undefined)
          opened.push(`${sealed[at]} at ${at} as ${character}`);
      }
    }
    expect(opened).toEqual([]);
  });

  test('that anyone makes up does not open, and throws nothing', async () => {
    const given = fc.asyncProperty(
      fc.oneof(
        texts,
        fc.base64String().map((body) => `00000000.${body}`),
      ),
      async (sealed) => {
        expect(await unseal(await ring, sealed, 'context')).toBeUndefined();
      },
    );
    await fc.assert(given);
  });
});

describe('a path', () => {
  const segments = fc.constantFrom(
    'd',
    '..',
    '.',
    '%2e',
    '%2F',
    '%5c',
    ';',
    '\\',
    '%',
    '%E5%90%8D',
    'a b',
    'x',
    '',
    '%252e',
    '名',
    '#',
    '?',
  );
  const paths = fc.oneof(
    fc.array(segments, { maxLength: 8 }).map((parts) => `/${parts.join('/')}`),
    fc.string({ unit: 'binary', maxLength: 60 }).map((text) => `/${text}`),
    fc.webPath(),
  );

  test('that is taken reads the same to every reader', () => {
    const given = fc.property(paths, (path) => {
      if (findPathProblem(path) !== undefined) return;
      // What a URL parser makes of it, and what a second decoding would: nothing else.
      if (path.startsWith('/')) expect(new URL(path, 'https://a.test').pathname).toBe(path);
      const decoded = decodeURIComponent(path);
      expect(decoded.split('/').length).toBe(path.split('/').length);
      expect(decoded).not.toMatch(/[\\;?#%\p{Cc}]|\/\.{0,2}\/|\/\.{1,2}$/u);
      expect(encodeURI(decoded).replace(/[[\]^|`"<>{}]/g, escapeOne)).toBe(
        path.replace(/[[\]^|]/g, escapeOne),
      );
    });
    fc.assert(given, { numRuns: 3000 });
  });

  test('is judged the same however often', () => {
    const given = fc.property(paths, (path) => {
      expect(findPathProblem(path)).toBe(findPathProblem(path));
    });
    fc.assert(given);
  });
});

function escapeOne(character: string): string {
  return `%${character.charCodeAt(0).toString(16).toUpperCase().padStart(2, '0')}`;
}

describe('reading what anyone may send throws nothing', () => {
  test('of an address', () => {
    const given = fc.property(fc.webUrl({ withFragments: true, withQueryParameters: true }), (url) => {
      const parts = splitRequestUrl(url);
      const expected = new URL(url);
      expect(parts.host).toBe(expected.host === '' ? parts.host : url.split('/')[2]?.split(/[?#]/)[0]);
      expect(`?${parts.query}`.replace(/^\?$/, '')).toBe(
        /\?[^#]*/.exec(url.split('#')[0] ?? '')?.[0].replace(/^\?$/, '') ?? '',
      );
    });
    fc.assert(given);
  });

  test('of cookies, and what is read is written as it was read', () => {
    const given = fc.property(fc.string({ unit: 'binary' }), (header) => {
      const pairs = parseCookies(header);
      expect(parseCookies(formatCookies(pairs))).toEqual(pairs);
    });
    fc.assert(given, { numRuns: 1000 });
  });

  test('of a query, and it is written as it came', () => {
    const given = fc.property(fc.string({ unit: 'binary' }), (query) => {
      expect(formatQuery(parseQuery(query))).toBe(query === '' ? '' : `?${query}`);
    });
    fc.assert(given, { numRuns: 1000 });
  });

  test('of what a request names', () => {
    const headerText = fc.string().filter((text) => /^[\x21-\x7e]*$/.test(text));
    const given = fc.property(headerText, headerText, headerText, fc.string(), (uid, org, referer, query) => {
      const headers = new Headers({ 'X-Dashboard-Uid': uid, 'X-Grafana-Org-Id': org, Referer: referer });
      const target = nameTarget({ pathUid: undefined, headers, query, host: 'dash.example.com' });
      if (target.ok && target.value.uid !== undefined)
        expect(target.value.uid).toMatch(/^[A-Za-z0-9_-]{1,40}$/);
      if (target.ok && target.value.orgId !== undefined) expect(target.value.orgId).toBeGreaterThan(0);
    });
    fc.assert(given, { numRuns: 1000 });
  });

  test('of a configuration, and every mistake can be told', () => {
    const names = fc.oneof(fc.constantFrom(...Object.keys(VARIABLES)), fc.string());
    const values = fc.oneof(
      fc.string(),
      fc.json(),
      fc.jsonValue(),
      fc.integer(),
      fc.constantFrom('', undefined, null),
    );
    const given = fc.property(fc.dictionary(names, values), (env) => {
      const config = readConfig(env as Record<string, unknown>);
      if (!config.ok) expect(config.reason.map(formatMistake).every((text) => text.length > 0)).toBe(true);
    });
    fc.assert(given, { numRuns: 500 });
  });
});

describe('helpers', () => {
  test('base64url gives back any bytes', () => {
    const given = fc.property(fc.uint8Array(), (bytes) => {
      expect([...(fromBase64Url(toBase64Url(bytes)) ?? [])]).toEqual([...bytes]);
    });
    fc.assert(given);
  });

  test('texts are equal where they are the same', async () => {
    const given = fc.asyncProperty(texts, texts, async (one, other) => {
      expect(await equalInConstantTime(one, one)).toBe(true);
      expect(await equalInConstantTime(one, other)).toBe(one === other);
    });
    await fc.assert(given);
  });

  test('a folded name is one that folds to itself', () => {
    const given = fc.property(fc.string(), (name) => {
      const folded = foldName(name);
      expect(foldName(folded)).toBe(folded);
      expect(foldName(name.replace(/-/g, '_'))).toBe(folded);
    });
    fc.assert(given, { numRuns: 1000 });
  });
});
