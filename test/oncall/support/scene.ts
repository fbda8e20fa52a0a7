import { AdminGateway } from '../../support/admin.ts';
import { Gateway, type GatewayOptions } from '../../support/gateway.ts';
import { guard } from '../../support/watch.ts';
import vectors from '../../vectors/oncall.json';
import { Cloud, EU, EU_HOST, engine, stack, US, US_HOST } from './cloud.ts';

const { fixtures } = vectors;

/** A key that the US knows, one that the EU knows, one that nobody knows, and a service account token. */
export const US_KEY = '0453c08fb71ef963dc24875dbd69a4fbfe8037040f4c66642c7a8689ea896af4';
export const EU_KEY = '13ca4f3cfe7cd84dbe8724646f79b65db52e78cc8561dddb80ca024edb7343a3';
/** Bound nowhere, and of the EU. */
export const UNBOUND_KEY = '0d7737401bc64223e6d93e19dbb70398b9d7c42bc176af9157c99682304e4143';
export const NOBODYS_KEY = 'af5b78461a71e01d6b95afcb70ff1144120862a6f5f9ebe28f95bbd59fb4650e';
export const GLSA = 'glsa_FAKEFAKEFAKEFAKEFAKEFAKEFAKEFAKE_cecb8038';
export const EXPORT_TOKEN = '7c879fa9ad1c424de8f31fdec4bd276b';
export const INTEGRATION_TOKEN = 'EXAMPLEintegrationTOKEN25';
export const EU_STACK = 'https://eu-stack.grafana.net';

for (const [what, token] of Object.entries({ US_KEY, EU_KEY, UNBOUND_KEY, NOBODYS_KEY, GLSA, EXPORT_TOKEN }))
  guard(`the OnCall token ${what}`, token);
guard('an integration token', INTEGRATION_TOKEN);
guard('a Grafana token in an instance context', 'FAKEFAKEFAKEFAKE');

/** What the operator binds: the tokens of the vectors, and the stacks that are known by their number alone. */
export const BINDINGS = JSON.stringify({
  ...fixtures.token_bindings,
  ...Object.fromEntries(
    Object.values(fixtures.stack_directory)
      .filter(({ stack_id }) => ['900001', '900002'].includes(stack_id))
      .map(({ stack_id }) => [`stack:${stack_id}`, stack_id === '900001' ? 'us' : 'eu']),
  ),
});

/** The regions and stacks of the vectors. */
export function createCloud(): Cloud {
  const others = [EXPORT_TOKEN, INTEGRATION_TOKEN];
  const cloud = new Cloud()
    .put(
      US_HOST,
      engine({
        base: US,
        keys: { [US_KEY]: 'https://us-stack.grafana.net' },
        stacks: ['https://us-stack.grafana.net'],
      }),
    )
    .put(
      EU_HOST,
      engine({
        base: EU,
        keys: Object.fromEntries(
          [EU_KEY, UNBOUND_KEY, 'df1ffaad50343304fe4bc22ac17df8af1f6ef8652f28499d8660d052df7dca92'].map(
            (key) => [key, EU_STACK],
          ),
        ),
        stacks: [EU_STACK],
        others,
      }),
    )
    .put('nosuchstack.grafana.net', () => new Response('no such stack', { status: 404 }));
  for (const [address, { onCallApiUrl }] of Object.entries(fixtures.stack_directory))
    cloud.put(new URL(address).host, stack(onCallApiUrl, [GLSA]));
  return cloud.install();
}

export function createGateway(
  vars: Readonly<Record<string, unknown>> = {},
  options: GatewayOptions = {},
): Gateway {
  return new Gateway({ at: fixtures.gateway_origin, ...options, vars });
}

/** The same with storage, and with its admin API. */
export function createStored(vars: Readonly<Record<string, unknown>> = {}): Promise<AdminGateway> {
  return AdminGateway.create({ at: fixtures.gateway_origin, vars });
}
