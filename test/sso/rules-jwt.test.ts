import { describe, expect, test } from 'vitest';
import { toBase64Url, utf8 } from '../../src/lib/bytes.ts';
import { readJwtPayload } from '../../src/sso/jwt-payload.ts';
import { jwtOf } from './scene.ts';

const encode = (text: string) => toBase64Url(utf8(text));

async function compress(text: string, format: 'deflate' | 'deflate-raw' | 'gzip'): Promise<string> {
  const stream = new Blob([text]).stream().pipeThrough(new CompressionStream(format));
  return toBase64Url(new Uint8Array(await new Response(stream).arrayBuffer()));
}

const HEADER = encode('{"alg":"RS256"}');
const FOLDED = encode('{"alg":"RS256","zip":"DEF"}');

describe('the payload of a JWT', () => {
  test('is read as it stands', async () => {
    expect(await readJwtPayload(jwtOf({ sub: 'jane', groups: ['a'] }))).toEqual({
      sub: 'jane',
      groups: ['a'],
    });
  });

  test('is unfolded', async () => {
    expect(await readJwtPayload(`${FOLDED}.${await compress('{"sub":"jane"}', 'deflate')}.c2ln`)).toEqual({
      sub: 'jane',
    });
  });

  test('is not read where it unfolds to more than 1 MiB', async () => {
    const bomb = await compress(JSON.stringify({ sub: 'jane', more: ' '.repeat(20_000_000) }), 'deflate');
    expect(bomb.length).toBeLessThan(65_000);
    expect(await readJwtPayload(`${FOLDED}.${bomb}.c2ln`)).toBeUndefined();
  });

  test('may come with a padded signature', async () => {
    expect(await readJwtPayload(`${HEADER}.${encode('{"sub":"j"}')}.c2ln==`)).toEqual({ sub: 'j' });
  });

  test.each([
    ['no text at all', ''],
    ['opaque', 'opaque-token'],
    ['two parts', `${HEADER}.${encode('{}')}`],
    ['an empty signature', `${HEADER}.${encode('{}')}.`],
    ['four parts', `${HEADER}.${encode('{}')}.c2ln.c2ln`],
    ['encrypted', `${HEADER}.a.b.c.d`],
    ['a space', ` ${HEADER}.${encode('{}')}.c2ln`],
    ['a line break at the end', `${HEADER}.${encode('{}')}.c2ln\n`],
    ['a padded payload', `${HEADER}.${btoa('{"a":1}')}=.c2ln`],
    ['a length that base64 cannot have', `${HEADER}.eyJhIjoxfQabc.c2ln`],
    ['a header that is no JSON', `${encode('x')}.${encode('{}')}.c2ln`],
    ['a header that is no object', `${encode('[]')}.${encode('{}')}.c2ln`],
    ['a payload that is no JSON', `${HEADER}.${encode('x')}.c2ln`],
    ['a payload that is a list', `${HEADER}.${encode('[]')}.c2ln`],
    ['a payload that is null', `${HEADER}.${encode('null')}.c2ln`],
    ['a payload that is no UTF-8', `${HEADER}.${toBase64Url(new Uint8Array([0x22, 0xff, 0x22]))}.c2ln`],
    ['another compression', `${encode('{"zip":"GZIP"}')}.${encode('{}')}.c2ln`],
    ['a compression that is null', `${encode('{"zip":null}')}.${encode('{}')}.c2ln`],
    ['a compression that is a number', `${encode('{"zip":1}')}.${encode('{}')}.c2ln`],
    ['folded, and no zlib stream', `${FOLDED}.${encode('{"sub":"jane"}')}.c2ln`],
    ['longer than 64 KiB', jwtOf({ sub: 'a'.repeat(65_536) })],
  ])('undefined: %s', async (_what, token) => expect(await readJwtPayload(token)).toBeUndefined());

  test.each(['deflate-raw', 'gzip'] as const)('undefined: folded as %s', async (format) => {
    const payload = await compress('{"sub":"jane"}', format);
    expect(await readJwtPayload(`${FOLDED}.${payload}.c2ln`)).toBeUndefined();
  });

  test.each(['GZIP', 'def', 'DEFLATE', null, 1, true, ['DEF']])(
    'undefined: a zlib stream under zip %j',
    async (zip) => {
      const header = encode(JSON.stringify({ zip }));
      const payload = await compress('{"sub":"jane"}', 'deflate');
      expect(await readJwtPayload(`${header}.${payload}.c2ln`)).toBeUndefined();
    },
  );

  test('undefined: a folded payload that ends early', async () => {
    const payload = await compress(`{"sub":"${'jane'.repeat(50)}"}`, 'deflate');
    expect(await readJwtPayload(`${FOLDED}.${payload.slice(0, 24)}.c2ln`)).toBeUndefined();
  });
});
