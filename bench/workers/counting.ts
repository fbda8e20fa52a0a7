import { createApp } from '../../src/app.ts';
import { REVOCATION_PREFIX } from '../../src/revocation/target.ts';

export { Ledger, SignIn } from '../../src/index.ts';

/** What the gateway did since the isolate began. */
const counts = {
  requests: 0,
  derivations: 0,
  /** Assertions for Grafana that were signed. */
  signatures: 0,
  /** Operations on KV and on ledgers. */
  storageReads: 0,
  /** Those of them that ask KV for revocations. */
  revocationReads: 0,
};

const deriveBits = crypto.subtle.deriveBits;
Object.defineProperty(crypto.subtle, 'deriveBits', {
  value: function countedDeriveBits(...args: Parameters<typeof deriveBits>) {
    const [algorithm] = args;
    if (typeof algorithm === 'object' && 'name' in algorithm && algorithm.name === 'PBKDF2')
      counts.derivations += 1;
    return deriveBits.apply(crypto.subtle, args);
  },
});

const sign = crypto.subtle.sign;
Object.defineProperty(crypto.subtle, 'sign', {
  value: function countedSign(...args: Parameters<typeof sign>) {
    counts.signatures += 1;
    return sign.apply(crypto.subtle, args);
  },
});

const app = createApp({ observe: () => undefined });

/** The real gateway, its derivations and its reads of storage counted; `/-/counts` tells them. */
export default {
  fetch(
    request: Request,
    env: Record<string, unknown>,
    context: ExecutionContext,
  ): Response | Promise<Response> {
    if (request.url.endsWith('/-/counts')) return Response.json(counts);
    counts.requests += 1;
    return app.fetch(request, countingEnv(env), context);
  },
};

let counted: Record<string, unknown> | undefined;

/** The same object for the whole isolate, as the runtime's own is. */
function countingEnv(env: Record<string, unknown>): Record<string, unknown> {
  counted ??= Object.fromEntries(Object.entries(env).map(([name, value]) => [name, countReads(value)]));
  return counted;
}

function countReads(binding: unknown): unknown {
  if (typeof binding !== 'object' || binding === null) return binding;
  return new Proxy(binding, {
    get(target, name) {
      const member: unknown = Reflect.get(target, name);
      if (typeof member !== 'function') return member;
      return (...args: unknown[]) => {
        counts.storageReads += 1;
        if (namesRevocation(args[0])) counts.revocationReads += 1;
        return Reflect.apply(member, target, args);
      };
    },
  });
}

function namesRevocation(keys: unknown): boolean {
  return [keys].flat().some((key) => typeof key === 'string' && key.startsWith(REVOCATION_PREFIX));
}
