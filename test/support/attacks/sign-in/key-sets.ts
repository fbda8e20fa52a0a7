import { expect } from 'vitest';
import { findSessions } from '../judge.ts';
import { type Lies, pairNamed } from './provider.ts';
import type { Variant } from './stage.ts';
import { hanging, idTokenRefused, reasonOf, refusedFor, remembering, type Variants } from './variants.ts';

/** A key set in which a key is that will be stolen, good for a year as it says. */
async function publishStolen(): Promise<Response> {
  const keys = await Promise.all(['first', 'stolen'].map(async (name) => (await pairNamed(name)).published));
  return Response.json({ keys }, { headers: { 'Cache-Control': 'max-age=31536000' } });
}

const SICK_KEYS: Readonly<Record<string, () => Response | Promise<Response>>> = {
  '500': () => new Response('ill', { status: 500 }),
  HTML: () => new Response('<h1>ill</h1>', { headers: { 'Content-Type': 'text/html' } }),
  '10 MB': () => new Response(`{"keys":[],"more":"${'x'.repeat(10_485_760)}"}`),
  slow: hanging,
};

/** One variant for each way in which a key set can be ill. */
const withSickKeys = (name: string, lies: Lies, more: Partial<Variant>): Variant[] =>
  Object.entries(SICK_KEYS).map(([illness, keys]) => ({
    name: `${illness}, ${name}`,
    lies: { ...lies, answers: { keys } },
    waits: illness === 'slow',
    ...more,
  }));

/** Keys that were taken back, replaced, or cannot be had. */
export const KEY_SETS: Variants = {
  'oauth-027': [
    {
      name: 'once the remembered set is five minutes old',
      lies: { signedBy: () => pairNamed('stolen') },
      before: remembering(
        ({ scene }) => {
          scene.gateway.now += 300;
        },
        {
          published: () =>
            Promise.all(['first', 'stolen'].map(async (name) => (await pairNamed(name)).published)),
        },
      ),
      after: idTokenRefused,
    },
    {
      name: 'whatever Cache-Control says, after an hour',
      lies: { signedBy: () => pairNamed('stolen') },
      before: remembering(
        ({ scene }) => {
          scene.gateway.now += 3_600;
        },
        { answers: { keys: publishStolen } },
      ),
      after: idTokenRefused,
    },
    {
      name: 'and the set cannot be had for an hour',
      lies: {
        signedBy: () => pairNamed('stolen'),
        answers: { keys: () => new Response('', { status: 500 }) },
      },
      before: remembering(
        ({ scene }) => {
          scene.gateway.now += 3_600;
        },
        { answers: { keys: publishStolen } },
      ),
      after: refusedFor('provider: unreachable'),
    },
  ],
  'oauth-029': [
    {
      lies: {
        signedBy: () => pairNamed('second', 'first'),
        published: async () => [(await pairNamed('second', 'first')).published],
      },
      before: remembering(({ scene }) => {
        scene.gateway.now += 20;
      }),
      after: (_, { scene }) =>
        expect(scene.provider.asked.filter((place) => place === 'keys')).toHaveLength(1),
    },
  ],
  'oauth-030': [
    ...withSickKeys(
      'and none remembered',
      {},
      {
        after: async (response, stage) => {
          expect(response.status).toBe(502);
          expect(findSessions(response)).toEqual([]);
          expect(reasonOf(stage)).toMatch(/^provider: /);
        },
      },
    ),
    ...withSickKeys(
      'and good ones remembered',
      {},
      {
        before: remembering(({ scene }) => {
          scene.gateway.now += 301;
        }),
        after: (response) => expect(findSessions(response)).toHaveLength(1),
      },
    ),
    ...withSickKeys(
      'and a token that the remembered ones do not fit',
      { signedBy: () => pairNamed('stolen') },
      {
        before: remembering(({ scene }) => {
          scene.gateway.now += 301;
        }),
        after: (response, stage) => {
          expect(findSessions(response)).toEqual([]);
          idTokenRefused(response, stage);
        },
      },
    ),
  ],
};
