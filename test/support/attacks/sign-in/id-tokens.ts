import { NOW } from '../../gateway.ts';
import { CLIENT } from '../../plain-provider.ts';
import { forgeJwt, ISSUER, pairNamed, signJwt } from './provider.ts';
import { bearing, claiming, idTokenRefused, refusedFor, type Variants } from './variants.ts';

/** ID tokens that are not what they should be. */
export const ID_TOKENS: Variants = {
  'oauth-022': [
    bearing(
      'PS512, by the very key',
      { header: { alg: 'PS512' } },
      { after: refusedFor('id-token: algorithm') },
    ),
    bearing(
      'HS256, with the client secret',
      { idToken: ({ claims }) => forgeJwt(claims, 'HS256', CLIENT.secret) },
      { after: refusedFor('id-token: algorithm') },
    ),
    bearing(
      'HS256, with the public key',
      { idToken: async ({ claims, pair }) => forgeJwt(claims, 'HS256', JSON.stringify(pair.published)) },
      { after: refusedFor('id-token: algorithm') },
    ),
    bearing(
      'HS256 that the provider itself claims to use',
      {
        discovery: { id_token_signing_alg_values_supported: ['HS256', 'none'] },
        idToken: ({ claims }) => forgeJwt(claims, 'HS256', CLIENT.secret),
      },
      { after: idTokenRefused },
    ),
    bearing('none', { idToken: ({ claims }) => forgeJwt(claims, 'none') }, { after: idTokenRefused }),
  ],
  'oauth-023': [
    claiming('as written', { aud: [CLIENT.id, 'foreign'] }),
    claiming('with an azp that is foreign', { aud: [CLIENT.id, 'foreign'], azp: 'foreign' }),
    claiming('foreign alone', { aud: 'foreign' }),
    claiming('in another case', { aud: CLIENT.id.toUpperCase() }),
    claiming('nobody', { aud: [] }),
    claiming('missing', { aud: undefined }),
    claiming('ours, but issued for another', { azp: 'foreign' }),
  ],
  'oauth-024': [
    claiming('with a slash', { iss: `${ISSUER}/` }),
    claiming('in another case', { iss: ISSUER.toUpperCase() }),
    claiming('over http', { iss: ISSUER.replace('https', 'http') }),
    claiming('in a list', { iss: [ISSUER] }),
    claiming('missing', { iss: undefined }),
  ],
  'oauth-025': [
    claiming('missing', { nonce: undefined }),
    claiming('wrong', { nonce: 'another' }),
    claiming('empty', { nonce: '' }),
    {
      name: 'of another attempt',
      async before({ scene }) {
        const other = await scene.gateway.fetch('/-/login/start');
        const nonce = new URL(other.headers.get('Location') ?? '').searchParams.get('nonce');
        scene.provider.lies = { claims: { nonce } };
      },
      after: idTokenRefused,
    },
  ],
  'oauth-026': [
    claiming('expired', { exp: NOW - 61 }),
    claiming('issued in the future', { iat: NOW + 61 }),
    claiming('both', { exp: NOW - 61, iat: NOW + 61 }),
    claiming('without an end', { exp: undefined }),
    claiming('without a beginning', { iat: undefined }),
    claiming('with an end in words', { exp: 'never' }),
    claiming('not good before tomorrow', { nbf: NOW + 86_400 }),
  ],
  'oauth-031': [
    ...(['jku', 'x5u'] as const).map((member) =>
      bearing(
        member,
        { signedBy: () => pairNamed('stolen', 'first'), header: { [member]: 'https://evil.test/keys' } },
        { after: idTokenRefused },
      ),
    ),
    bearing(
      'jwk',
      {
        async idToken({ claims }) {
          const pair = await pairNamed('stolen', 'first');
          return signJwt(claims, pair, { jwk: pair.published });
        },
      },
      { after: idTokenRefused },
    ),
    bearing(
      'a kid that is a path',
      { signedBy: () => pairNamed('stolen', '../../../dev/null') },
      { after: idTokenRefused },
    ),
    bearing(
      'no kid at all',
      { signedBy: () => pairNamed('stolen'), header: { kid: undefined } },
      { after: idTokenRefused },
    ),
    bearing('crit', { header: { crit: ['made-up'], 'made-up': 1 } }, { after: idTokenRefused }),
  ],
};
