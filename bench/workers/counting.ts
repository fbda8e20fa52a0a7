import { createApp } from '../../src/app.ts';

/** What the gateway did since the isolate began. */
const counts = { derivations: 0, storageReads: 0 };

const deriveBits = crypto.subtle.deriveBits;
Object.defineProperty(crypto.subtle, 'deriveBits', {
  value: function countedDeriveBits(...args: Parameters<typeof deriveBits>) {
    const [algorithm] = args;
    if (typeof algorithm === 'object' && 'name' in algorithm && algorithm.name === 'PBKDF2')
      counts.derivations += 1;
    return deriveBits.apply(crypto.subtle, args);
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
    if (new URL(request.url).pathname === '/-/counts') return Response.json(counts);
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
        return Reflect.apply(member, target, args);
      };
    },
  });
}
