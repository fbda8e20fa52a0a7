import type { Finding } from '../../api/findings.ts';
import { readJsonBody } from '../../lib/bounded-body.ts';
import { within } from '../../lib/deadline.ts';
import { fail, type Result } from '../../lib/result.ts';
import type { Accounts } from '../accounts.ts';
import type { Person } from '../person.ts';
import type { Presenter } from '../presentation.ts';
import type { HealthContext } from './context.ts';
import { bySpeed, finding, skipped } from './finding.ts';

/** What it takes to come to Grafana as a test user. */
export interface AssertionProbe {
  /** `SSO_PROBE_LOGIN` */
  readonly login: string;
  readonly presenter: Presenter;
  readonly accounts: Accounts;
  /** `GET /api/user` at the origin, with these headers. */
  readonly askUser: (headers: Headers) => Promise<Result<Response, 'unreachable' | 'timeout'>>;
}

const TIMEOUT_MS = 8_000;
const BODY_BYTES_MAX = 65_536;
/** Of no provider: whoever it belongs to can sign in nowhere. */
const ISSUER = 'postern:probe';

/** Whether Grafana takes a test user for who they are. @throws StorageUnavailable */
export async function checkAssertion(
  probe: AssertionProbe | undefined,
  { options, gateway, now }: HealthContext,
): Promise<Finding> {
  if (!probe)
    return skipped(
      'sso.assertion',
      'No test user is named.',
      'Set SSO_PROBE_LOGIN to a login that nobody has, if Grafana may keep a user for this.',
    );
  if (gateway === undefined)
    return skipped('sso.assertion', 'The address of the gateway is not known here.', 'Set PUBLIC_URL.');
  const person = personOf(probe.login, options.claims.autoAssign.orgId);
  const problem = probe.presenter.findProblem(person);
  if (problem !== undefined) return refuse(`SSO_PROBE_LOGIN is not to be presented (${problem}).`, ANOTHER);
  if (!(await probe.accounts.hold(person, ISSUER, now)))
    return refuse('SSO_PROBE_LOGIN is the login of somebody who signs in here.', ANOTHER);
  const headers = await probe.presenter.present({ person, issuer: ISSUER }, gateway, now);
  if (!headers) return refuse('SSO_PROBE_LOGIN is not to be presented.', ANOTHER);
  const startedMs = Date.now();
  const answer = await ask(probe, new Headers([...headers, ['Accept', 'application/json']]));
  return judge(answer, probe.login, Date.now() - startedMs);
}

const ANOTHER = 'Set SSO_PROBE_LOGIN to a login that nobody has.';
const SETTINGS =
  "Compare Grafana's settings with docs/sso/grafana.md; its log has the reason. postern sso explain shows the assertion's claims.";

function personOf(login: string, orgId: number): Person {
  const email = login.includes('@') ? login : `${login}@localhost`;
  return {
    sub: 'postern-probe',
    login,
    name: 'Postern (health check)',
    email,
    orgRoles: [[orgId, 'Viewer']],
    isGrafanaAdmin: undefined,
    groups: [],
  };
}

interface Answered {
  readonly status: number;
  readonly body: Readonly<Record<string, unknown>>;
}

async function ask(
  { askUser }: AssertionProbe,
  headers: Headers,
): Promise<Result<Answered, 'unreachable' | 'timeout'>> {
  const late = () => new DOMException('no answer in time', 'TimeoutError');
  try {
    return await within(TIMEOUT_MS, receive(askUser(headers)), late);
  } catch {
    // The deadline: nothing else throws.
    return fail('timeout');
  }
}

async function receive(
  asked: ReturnType<AssertionProbe['askUser']>,
): Promise<Result<Answered, 'unreachable' | 'timeout'>> {
  const answer = await asked;
  if (!answer.ok) return answer;
  const value = await readJsonBody(answer.value, BODY_BYTES_MAX);
  const isObject = typeof value === 'object' && value !== null;
  const body = isObject ? (value as Readonly<Record<string, unknown>>) : {};
  return { ok: true, value: { status: answer.value.status, body } };
}

function judge(
  answer: Result<Answered, 'unreachable' | 'timeout'>,
  login: string,
  milliseconds: number,
): Finding {
  const measured = { milliseconds };
  if (!answer.ok)
    return refuse(
      `Grafana ${answer.reason === 'timeout' ? 'did not answer in time' : 'could not be reached'}.`,
      'See whether Grafana is up, and ORIGIN_URL.',
      measured,
    );
  const { status, body } = answer.value;
  if (status !== 200) {
    const { messageId } = body;
    const isId = typeof messageId === 'string' && /^[a-zA-Z0-9._-]{1,64}$/.test(messageId);
    return refuse(
      `Grafana answered ${status}${isId ? ` (${messageId})` : ''} to the test user.`,
      SETTINGS,
      measured,
    );
  }
  if (typeof body.login !== 'string' || body.login.toLowerCase() !== login.toLowerCase())
    return refuse('Grafana took the test user for somebody else.', SETTINGS, measured);
  return finding(
    'sso.assertion',
    bySpeed(milliseconds),
    `Grafana took the test user for who they are, in ${milliseconds} ms.`,
    measured,
  );
}

function refuse(seen: string, fix: string, measured: { readonly milliseconds?: number } = {}): Finding {
  return finding('sso.assertion', 'red', seen, { fix, ...measured });
}
