import { expect, test } from 'vitest';
import { Gateway } from '../support/gateway.ts';
import { Jar } from '../support/jar.ts';
import { OBJECT_VARIABLES } from '../support/object-variables.ts';
import { PlainProvider } from '../support/plain-provider.ts';

/** Stands for the binding of a client certificate: what goes through it, and then on to the provider. */
function bindCertificate() {
  const asked: string[] = [];
  const binding = {
    fetch(request: Request): Promise<Response> {
      asked.push(`${request.method} ${request.url}`);
      return fetch(request);
    },
  };
  return { asked, binding };
}

test('a provider that asks for a client certificate is spoken to through its binding, and the origin is not', async () => {
  const { asked, binding } = bindCertificate();
  const gateway = new Gateway({ bindings: 'real', vars: { ...OBJECT_VARIABLES, SSO_MTLS: binding } });
  const provider = new PlainProvider(
    {
      authorization: OBJECT_VARIABLES.GF_AUTH_GENERIC_OAUTH_AUTH_URL,
      token: OBJECT_VARIABLES.GF_AUTH_GENERIC_OAUTH_TOKEN_URL,
      api: { [OBJECT_VARIABLES.GF_AUTH_GENERIC_OAUTH_API_URL]: { sub: 'ann', email: 'ann@example.com' } },
    },
    () => gateway.now,
  ).install();
  const jar = new Jar();
  const start = await gateway.fetchAs(jar, '/-/login/start');
  const callback = provider.authorize(start.headers.get('Location') ?? '');
  const answer = await gateway.fetchAs(jar.take(start), callback);
  expect(answer.status).toBe(303);
  expect(asked).toEqual(provider.asked);
  expect(asked).toHaveLength(2);

  const page = await gateway.fetchAs(jar.take(answer), '/d/uid-one/demo');
  expect(page.status).toBe(200);
  expect(asked).toHaveLength(2);
});
