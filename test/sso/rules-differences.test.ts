import { expect, test } from 'vitest';
import { compileExpression } from '../../src/sso/expression.ts';
import { readJwtPayload } from '../../src/sso/jwt-payload.ts';
import { parseOrgMapping } from '../../src/sso/org-mapping.ts';
import { jwtOf, path, signIn, signInWith } from './scene.ts';

const JANE = { sub: 'jane-1', email: 'jane@example.com' };
const EMAILS = { emails: [{ email: 'primary@example.com', primary: true }] };

/** Where the rules differ from Grafana's and no vector shows it: the difference, why, and an example. */
const DIFFERENCES: readonly (readonly [difference: string, why: string, holds: () => Promise<void>])[] = [
  [
    'A member of the wrong type is left out, and the rest of its source is read.',
    'Grafana drops the whole source: `"login": 7` in userinfo would hide the groups beside it.',
    async () => {
      const { person } = await signIn({ ...JANE, login: 7, name: 'Jane' });
      expect(person).toMatchObject({ login: JANE.email, name: 'Jane' });
    },
  ],
  [
    'A record of the wrong shape in /emails, /teams or /orgs is left out, and the others are read.',
    'Grafana drops the whole answer, and refuses the sign-in.',
    async () => {
      const { person } = await signIn(JANE, { teamIds: ['2'] }, { teams: [{ id: 'x' }, 7, { id: 2 }] });
      expect(person).toBeDefined();
    },
  ],
  [
    'Names of members match exactly.',
    "Go's decoder also takes `Email` for `email`, so that two members could mean one; a JMESPath reads the other.",
    async () => {
      const { person } = await signIn({ Email: 'other@example.com' }, {}, EMAILS);
      expect(person?.email).toBe('primary@example.com');
    },
  ],
  [
    'Two sources with different `sub` refuse the sign-in.',
    'OpenID Connect Core 5.3.2 forbids to use such a userinfo answer; Grafana reads both.',
    async () => {
      const { refusal } = await signInWith({ id_token: JANE, userinfo: { ...JANE, sub: 'john-2' } });
      expect(refusal).toBe('sub-differs');
    },
  ],
  [
    'An access token with another `sub` than the other sources is left out whole.',
    'It may speak of a service or of another name of the person, and two people must not be mixed.',
    async () => {
      const { person } = await signInWith({
        id_token: JANE,
        access_token: { sub: 'service', name: 'Service' },
      });
      expect(person?.name).toBe('');
    },
  ],
  [
    'Somebody without `sub` is named by the address.',
    'Grafana takes the empty name for everybody; sessions and revocations need one for each.',
    async () =>
      expect((await signIn({ email: 'Jane@example.com' })).person?.sub).toBe('email:jane@example.com'),
  ],
  [
    'Domains of addresses are compared without regard to case in ASCII only, and an address with two @ has none.',
    'In Unicode, other letters become ASCII ones in lower case.',
    async () => {
      const { refusal } = await signIn(
        { email: 'a@\u212aite.example' },
        { allowedDomains: ['kite.example'] },
      );
      expect(refusal).toBe('domain-not-allowed');
    },
  ],
  [
    'A text with a control character, of more than 1024 characters, or with half a character is no text.',
    'Names and groups go into headers and tokens.',
    async () => expect((await signIn({ ...JANE, login: 'root\n' })).person?.login).toBe(JANE.email),
  ],
  [
    'A JMESPath that calls a function that does not exist is a mistake of the configuration.',
    'Grafana finds out when somebody signs in, and reads it as nothing.',
    async () => expect(compileExpression("contain(groups, 'a')").ok).toBe(false),
  ],
  [
    'Organisations have ids from 1 in org_mapping.',
    'Grafana reads -1 as every organisation, which is how it writes `*` for itself.',
    async () => {
      const { mapping, problems } = parseOrgMapping(['a:-1:Admin', 'a:0:Admin'], false, new Map());
      expect([mapping.rules.length, problems.length]).toEqual([0, 2]);
    },
  ],
  [
    'What is nested deeper than 64 levels is cut, and a JWT of more than 64 KiB is not read.',
    'Claims come from elsewhere, and what they cost has a bound.',
    async () => {
      const name = JSON.parse(`${'{"a":'.repeat(70)}"Jane"${'}'.repeat(70)}`);
      const namePath = path(`name${'.a'.repeat(70)}`);
      expect((await signIn({ ...JANE, name }, { namePath })).person?.name).toBe('');
      expect(await readJwtPayload(jwtOf({ sub: 'a'.repeat(65_536) }))).toBeUndefined();
    },
  ],
];

test.each(DIFFERENCES)('%s %s', async (_difference, _why, holds) => holds());
