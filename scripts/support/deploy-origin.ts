import { VARIABLES } from '../../src/config/variables.ts';
import { fail, ok, type Result } from '../../src/lib/result.ts';
import { Failure } from './failure.ts';

/** Where the address of the origin may come from. */
export interface OriginSources {
  readonly flag: string | undefined;
  /** `ORIGIN_URL` in wrangler.toml; empty where it is not filled in. */
  readonly configured: string;
  readonly environment: string | undefined;
}

export interface OriginChoice {
  readonly url: string;
  readonly from: 'flag' | 'wrangler.toml' | 'environment' | 'question';
}

/**
 * The flag first, then wrangler.toml, then the environment: a variable that lies about there from something else
 * does not move a gateway that is configured.
 */
export function chooseOrigin({ flag, configured, environment }: OriginSources): OriginChoice | undefined {
  if (flag) return { url: flag, from: 'flag' };
  if (configured !== '') return { url: configured, from: 'wrangler.toml' };
  return environment ? { url: environment, from: 'environment' } : undefined;
}

/** The address as the Worker will read it, or what is wrong with it. */
export function checkOrigin(text: string): Result<URL, Failure> {
  const { schema, allowed, example } = VARIABLES.ORIGIN_URL;
  const parsed = schema.safeParse(text);
  if (parsed.success) return ok(parsed.data);
  return fail(
    new Failure('The address of the origin cannot be used.', {
      details: `It ${parsed.error.issues.map(({ message }) => message).join(', and it ')}.`,
      fix: `Give ${allowed}, for example ${example}`,
    }),
  );
}

export function missingOrigin(): Failure {
  return new Failure('The gateway does not know its origin yet.', {
    details: 'ORIGIN_URL is empty in wrangler.toml, and neither --origin nor the environment gives one.',
    fix: 'Write the address of your Grafana into wrangler.toml, or: npm run deploy -- --origin https://grafana.example.com',
  });
}

const PRIVATE_HOST = [
  /^(?:localhost|.*\.(?:localhost|local|internal|lan))$/,
  /^(?:10|127)(?:\.\d{1,3}){3}$/,
  /^(?:192\.168|172\.(?:1[6-9]|2\d|3[01]))(?:\.\d{1,3}){2}$/,
  /^\[(?:::1|f[cd].*|fe[89ab].*)\]$/,
];

/** What is allowed but will hardly work, or hardly be meant, once the Worker runs at Cloudflare. */
export function findOriginWarnings(url: URL): string[] {
  if (PRIVATE_HOST.some((pattern) => pattern.test(url.hostname))) {
    return [
      `Cloudflare cannot reach ${url.hostname}, which is an address of a private network: put a tunnel before it (README.md, "A private origin").`,
    ];
  }
  if (url.protocol === 'http:') {
    return ['The origin is asked over plain HTTP: whoever is on the way can read the tokens. Use https.'];
  }
  return [];
}
