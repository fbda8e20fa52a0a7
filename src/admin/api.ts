import { OpenAPIHono } from '@hono/zod-openapi';
import { bodyLimit } from 'hono/body-limit';
import { HTTPException } from 'hono/http-exception';
import type { Visit } from '../corridor.ts';
import { LruMap } from '../lib/lru.ts';
import { StorageUnavailable } from '../lib/storage-error.ts';
import { KeyConflict } from '../share/key-registrar.ts';
import { addDoctorRoutes } from './doctor/routes.ts';
import type { AdminEnvironment } from './environment.ts';
import { addEventRoutes } from './event-routes.ts';
import { addKeyRoutes } from './key-routes.ts';
import { addLinkRoutes } from './link-routes.ts';
import { addOncallRoutes } from './oncall-routes.ts';
import { Refused } from './refused.ts';
import { addRevocationRoutes } from './revocation-routes.ts';
import { addSsoRecoverRoutes } from './sso-recover-routes.ts';
import { addSsoRoutes } from './sso-routes.ts';

const BODY_BYTES_MAX = 65_536;
/** Addresses of the gateway for which the document is kept: it takes a while to make. */
const DOCUMENTS_MAX = 4;

export type AdminApi = OpenAPIHono<AdminEnvironment>;

/** What the door needs of the API. */
interface AdminApiFace {
  answer(request: Request, environment: AdminEnvironment['Bindings']): Promise<Response>;
  /** The OpenAPI document. @param gateway the address that it names */
  describe(gateway: string): Response;
}

/** The admin API: routes with their schemas, and the OpenAPI document that follows from them. */
export function createAdminApi(): AdminApiFace {
  const api: AdminApi = new OpenAPIHono<AdminEnvironment>({
    defaultHook(result, c) {
      if (result.success) return undefined;
      return c.env.visit.refuse({ code: 'invalid_input', more: describeIssues(result.error.issues) });
    },
  });
  api.use(bodyLimit({ maxSize: BODY_BYTES_MAX }));
  api.use(async (c, next) => {
    await next();
    c.header('Cache-Control', 'no-store');
  });
  api.openAPIRegistry.registerComponent('securitySchemes', 'token', { type: 'http', scheme: 'bearer' });
  addKeyRoutes(api);
  addRevocationRoutes(api);
  addLinkRoutes(api);
  addEventRoutes(api);
  addOncallRoutes(api);
  addSsoRoutes(api);
  addSsoRecoverRoutes(api);
  addDoctorRoutes(api);
  api.notFound((c) => c.env.visit.refuse({ code: 'not_found' }));
  api.onError((error, c) => answerError(error, c.env.visit));
  const documents = new LruMap<string, string>(DOCUMENTS_MAX);
  return {
    answer: async (request, environment) => api.fetch(request, environment),
    describe(gateway) {
      const text = documents.get(gateway) ?? describeApi(api, gateway);
      documents.set(gateway, text);
      const headers = { 'Content-Type': 'application/json', 'Cache-Control': 'no-store' };
      return new Response(text, { headers });
    },
  };
}

/** Somebody was faster. */
const CONFLICTS: Readonly<Record<KeyConflict['reason'], string>> = {
  'changed-meanwhile':
    'Somebody changed this key meanwhile. Nothing was changed by this request: look at it again.',
  'token-taken': 'This token is registered already, under another name.',
};

/** @throws what is a mistake of the gateway itself */
function answerError(error: Error, visit: Visit): Response {
  if (error instanceof Refused) return visit.refuse(error.refusal);
  if (error instanceof KeyConflict) return visit.refuse({ code: 'conflict', more: CONFLICTS[error.reason] });
  if (error instanceof StorageUnavailable) return refuseStorage(error, visit);
  if (error instanceof HTTPException && error.status < 500)
    return visit.refuse({ code: 'invalid_input', more: 'The body is not JSON, or longer than 64 KiB.' });
  throw error;
}

/** What failed may have been done in part. Every order may be sent again, and then is done in whole. */
function refuseStorage({ operation }: StorageUnavailable, visit: Visit): Response {
  visit.observe('storage.failed', { reason: operation });
  return visit.refuse({ code: 'storage_unavailable' }, new Headers({ 'Retry-After': '5' }));
}

function describeApi(api: AdminApi, gateway: string): string {
  const document = api.getOpenAPI31Document({
    openapi: '3.1.0',
    info: {
      title: 'Postern admin API',
      version: '1',
      description:
        'Keys, revocations, links, regions of OnCall, sign-in and events of a Postern gateway. Every request that changes something may be sent again: it leaves the same state.',
    },
    servers: [{ url: gateway }],
    security: [{ token: [] }],
  });
  return JSON.stringify(document);
}

/** What zod found. The type is its own, with what is used of it. */
interface Issue {
  readonly path: readonly PropertyKey[];
  readonly code?: string | undefined;
  /** Names of fields that there are not. */
  readonly keys?: readonly string[] | undefined;
  readonly message: string;
}

/** Where and what is wrong, never the value: one of them may be a token. */
function describeIssues(issues: readonly Issue[]): string {
  return issues.slice(0, 10).map(describeIssue).join(' ');
}

function describeIssue({ path, code, keys = [], message }: Issue): string {
  const where = path.length === 0 ? 'The request' : path.map(String).join('.');
  if (code !== 'unrecognized_keys') return `${where}: ${message}.`;
  // What is no plain word may be a token in the wrong place.
  const words = keys.filter((key) => /^[A-Za-z]{1,24}$/.test(key));
  return `${where}: has a field that there is not${words.length === 0 ? '' : ` (${words.join(', ')})`}.`;
}
