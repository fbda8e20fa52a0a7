import { describe, expect, test } from 'vitest';
import type { Gateway } from '../support/gateway.ts';
import vectors from '../vectors/oncall.json';
import type { Cloud } from './support/cloud.ts';
import { BINDINGS, createCloud, createGateway, EU_STACK, GLSA } from './support/scene.ts';

interface Case {
  readonly name: string;
  readonly request: {
    readonly method: string;
    readonly path: string;
    readonly headers: Readonly<Record<string, string | undefined>>;
    readonly body?: string;
  };
  readonly expect: {
    readonly action: 'route' | 'probe' | 'lookup' | 'reject';
    readonly region: string | null;
    readonly host: string | null;
    readonly status?: number;
    readonly body?: unknown;
    readonly upstream_path?: string;
    readonly probe_order?: readonly string[];
  };
}

const CASES = vectors.cases as unknown as readonly Case[];
/** Cases in which the stack is known from before: a service account token has named it. */
const WITH_KNOWN_STACK = new Set([
  'unknown_legacy_key_with_stack_url',
  'glc_policy_region_differs_from_stack',
]);

function send(gateway: Gateway, { request }: Case): Promise<Response> {
  const { method, path, headers, body } = request;
  const sent = Object.entries(headers).flatMap(([name, value]) =>
    value === undefined ? [] : [[name, value]],
  );
  return gateway.fetch(path, {
    method,
    headers: sent as [string, string][],
    ...(body !== undefined && { body }),
  });
}

async function set({ name }: Case): Promise<{ gateway: Gateway; cloud: Cloud }> {
  const cloud = createCloud();
  const gateway = createGateway({ ONCALL_BINDINGS: BINDINGS });
  if (WITH_KNOWN_STACK.has(name)) {
    const headers = { Authorization: GLSA, 'X-Grafana-URL': EU_STACK };
    expect((await gateway.fetch('/oncall/api/v1/users/', { headers })).status).toBe(200);
    cloud.forget();
  }
  return { gateway, cloud };
}

const casesOf = (...actions: Case['expect']['action'][]) =>
  CASES.filter(({ expect: { action } }) => actions.includes(action));

test('there are 62 cases', () => expect(CASES).toHaveLength(62));

describe('calls of the vectors', () => {
  test.each(casesOf('route'))('$name goes to $expect.region', async (oncallCase) => {
    const { gateway, cloud } = await set(oncallCase);
    const response = await send(gateway, oncallCase);
    expect(response.status).toBeLessThan(300);
    const [call, ...others] = cloud.calls;
    expect(others).toEqual([]);
    const { request, expect: expected } = oncallCase;
    expect(call).toMatchObject({ host: expected.host, method: request.method, body: request.body ?? '' });
    expect(call?.target).toBe(
      expected.upstream_path ??
        new URL(request.path, 'https://x').pathname + new URL(request.path, 'https://x').search,
    );
    for (const [name, value] of Object.entries(request.headers)) expect(call?.headers.get(name)).toBe(value);
    expect(cloud.questions.map(({ host }) => host)).not.toContain(expected.host);
  });

  test.each(casesOf('probe'))('$name is found by one round of probes', async (oncallCase) => {
    const { gateway, cloud } = await set(oncallCase);
    expect((await send(gateway, oncallCase)).status).toBe(200);
    const { region_table } = vectors.fixtures;
    expect(cloud.questions.map(({ host, method, target }) => `${method} ${host}${target}`).sort()).toEqual(
      [region_table.eu.host, region_table.us.host].map((host) => `GET ${host}/oncall/api/v1/info/`),
    );
    expect(cloud.calls.map(({ host }) => host)).toEqual([region_table.eu.host]);
  });

  test.each(casesOf('lookup'))(
    '$name is answered 421: nothing else helps, and no host is made up',
    async (oncallCase) => {
      const { gateway, cloud } = await set(oncallCase);
      const response = await send(gateway, oncallCase);
      expect(response.status).toBe(421);
      const problem: { code: string; detail: string } = await response.json();
      expect(problem.code).toBe('oncall_region_unknown');
      expect(problem.detail).toContain('ONCALL_REGIONS');
      expect(cloud.received).toEqual([]);
    },
  );

  test.each(casesOf('reject'))('$name is refused with $expect.status', async (oncallCase) => {
    const { gateway, cloud } = await set(oncallCase);
    const response = await send(gateway, oncallCase);
    const { status, body } = oncallCase.expect;
    expect(response.status).toBe(status);
    expect(response.headers.get('Content-Type')).toMatch(/^application\/(?:problem\+)?json/);
    const answer: { detail: unknown } = await response.json();
    if (body !== undefined) expect(answer).toEqual(body);
    expect(answer.detail).toEqual(expect.any(String));
    expect(cloud.calls).toEqual([]);
  });
});
