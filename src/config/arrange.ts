import type { AdminOptions } from '../admin/options.ts';
import { foldName } from '../headers/names.ts';
import type { HeaderOptions } from '../headers/options.ts';
import type { Secret } from '../lib/secret.ts';
import type { OncallOptions } from '../oncall/options.ts';
import type { OriginOptions, RouteOptions } from '../origin/options.ts';
import type { PublicDashboardOptions } from '../origin/public-dashboards.ts';
import type { RevocationOptions } from '../revocation/options.ts';
import type { SessionOptions } from '../session/options.ts';
import type { ShareOptions } from '../share/options.ts';
import type { SsoOptions } from '../sso/options.ts';
import { arrangeSso } from './sso.ts';
import type { Values } from './values.ts';

/** Everything that the operator decided, in the rooms' own terms. */
export interface Config {
  readonly origin: OriginOptions;
  readonly routes: readonly RouteOptions[];
  readonly headers: HeaderOptions;
  readonly publicDashboards: PublicDashboardOptions;
  /** Lower-case path prefixes that nobody reaches. */
  readonly closedPrefixes: readonly string[];
  readonly share: ShareOptions;
  readonly session: SessionOptions;
  readonly revocation: RevocationOptions;
  readonly admin: AdminOptions;
  readonly oncall: OncallOptions;
  /** Undefined where sign-in is off. */
  readonly sso: SsoOptions | undefined;
  /** Where changes of the health of sign-in are posted to. */
  readonly alertWebhook: Secret | undefined;
  /** The test user of the health checks. */
  readonly probeLogin: string | undefined;
  /** What becomes of people who come without a session; `login` only where there is sign-in. */
  readonly visitors: 'deny' | 'login' | 'pass';
  /** `URL.origin` of `PUBLIC_URL`. */
  readonly publicOrigin: string | undefined;
  /** What is allowed but probably not meant, one sentence each. */
  readonly warnings: readonly string[];
}

/** The rooms' options out of the variables. */
export function arrange(values: Values, warnings: readonly string[]): Config {
  return {
    origin: {
      ...arrangeAddress(values.ORIGIN_URL),
      headers: Object.entries(values.ORIGIN_HEADERS),
      timeoutSeconds: values.ORIGIN_TIMEOUT_SECONDS,
      frameAncestors: values.FRAME_ANCESTORS,
    },
    routes: values.ROUTES.map((route) => arrangeRoute(route, values)),
    publicDashboards: {
      enabled: values.PUBLIC_DASHBOARDS,
      requestsPerMinute: values.PUBLIC_DASHBOARDS_RATE_LIMITER,
    },
    closedPrefixes: values.NOT_ALLOW_REQUEST_URI.map((prefix) => prefix.toLowerCase()),
    headers: arrangeHeaders(values),
    share: {
      enabled: values.API_KEY_SHARE,
      versions: values.API_KEY_SHARE_VERSION,
      keys: values.SHARE_KEYS,
      sessionSeconds: values.SHARE_SESSION_SECONDS,
      sessionMaxSeconds: values.SHARE_SESSION_MAX_SECONDS,
      freshnessSeconds: values.SHARE_FRESHNESS_SECONDS,
      attempts: { perMinute: values.LOGIN_RATE_LIMITER, pauseSeconds: values.LOGIN_FORBIDDEN_SECONDS },
    },
    session: { secrets: values.POSTERN_SECRETS, maxSeconds: values.SHARE_SESSION_MAX_SECONDS },
    revocation: {
      memoSeconds: values.REVOCATION_MEMO_SECONDS,
      whenUnavailable: values.REVOCATION_UNAVAILABLE,
    },
    admin: { token: values.ADMIN_TOKEN, host: values.ADMIN_HOST },
    oncall: {
      path: values.ONCALL_PATH === 'off' ? undefined : values.ONCALL_PATH,
      regions: values.ONCALL_REGIONS,
      bindings: values.ONCALL_BINDINGS,
      stackHosts: values.ONCALL_STACK_HOSTS,
      lookup: values.ONCALL_LOOKUP,
      timeoutSeconds: values.ORIGIN_TIMEOUT_SECONDS,
    },
    sso: arrangeSso(values),
    alertWebhook: values.ALERT_WEBHOOK_URL,
    probeLogin: values.SSO_PROBE_LOGIN,
    visitors: values.VISITORS,
    publicOrigin: values.PUBLIC_URL?.origin,
    warnings,
  };
}

/** What the origin trusts a proxy to say is a claim, under whatever name the operator gave it. */
export function arrangeHeaders(values: Values): HeaderOptions {
  const claims = [
    values.GF_AUTH_PROXY_HEADER_NAME,
    ...values.GF_AUTH_PROXY_HEADERS.values(),
    values.GF_AUTH_JWT_HEADER_NAME,
    ...Object.keys(values.ORIGIN_HEADERS),
  ];
  return {
    underscores: values.UNDERSCORE_HEADERS,
    renamed: values.UNDERSCORE_HEADER_MAP,
    claims: claims.map(foldName),
  };
}

function arrangeAddress(url: URL): Pick<OriginOptions, 'base' | 'host' | 'prefix'> {
  return { base: url.origin, host: url.host, prefix: url.pathname.replace(/\/+$/, '') };
}

/** Another origin gets no headers of the operator's, and keeps its own say on framing. */
function arrangeRoute(route: Values['ROUTES'][number], values: Values): RouteOptions {
  const { host, path, origin, visitors } = route;
  return {
    host: host?.toLowerCase(),
    path: path.replace(/\/+$/, ''),
    visitors,
    origin: {
      ...arrangeAddress(origin),
      headers: [],
      timeoutSeconds: values.ORIGIN_TIMEOUT_SECONDS,
      frameAncestors: undefined,
    },
  };
}
