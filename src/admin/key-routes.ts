import * as z from 'zod';
import { KeyName, NamedOrgId } from '../api/common.ts';
import {
  KeyAnswer,
  KeyList,
  KeyPatch,
  MintTokenAnswer,
  NewKey,
  NewMintToken,
  PageOrder,
  RemovedKeys,
  Replacement,
  ResealedKeys,
  ResealOrder,
  SecretsAnswer,
} from '../api/keys.ts';
import { decodeUtf8, fromBase64Url } from '../lib/bytes.ts';
import type { AdminApi } from './api.ts';
import { KEYS_PER_PAGE_MAX, listKeys } from './key-list.ts';
import { listSecrets, removeExpired, reseal } from './key-sweeps.ts';
import { checkKey, patchKey, putKey, removeKey, replaceKey, showKey } from './keys.ts';
import { mintFor, unmint } from './mint-tokens.ts';
import { adminRoute, body, outcome } from './route.ts';

const tags = ['keys'];

/** A name in a path, or `~` and its base64url: for names that no canonical path can hold. */
const NamedKey = z
  .string()
  .transform((segment, context) => {
    if (!segment.startsWith('~')) return segment;
    const bytes = fromBase64Url(segment.slice(1));
    const name = bytes && decodeUtf8(bytes);
    if (name !== undefined) return name;
    context.addIssue({ code: 'custom', message: 'is not base64url of UTF-8 behind its ~' });
    return z.NEVER;
  })
  .pipe(KeyName)
  .meta({ description: 'Percent-encoded, or ~ and base64url of its UTF-8', example: 'portal' });

const params = z.object({ orgId: NamedOrgId, name: NamedKey });
const mintParams = params.extend({ id: z.string().regex(/^[0-9a-f]{8}$/, { error: 'is not 8 hex digits' }) });
const KEYS = '/-/api/v1/keys';
const KEY = `${KEYS}/{orgId}/{name}` as const;

const LIST = adminRoute({
  method: 'get',
  path: KEYS,
  tags,
  summary: 'List keys',
  request: {
    query: z.object({
      orgId: NamedOrgId.optional(),
      limit: z.coerce.number().int().min(1).max(KEYS_PER_PAGE_MAX).default(KEYS_PER_PAGE_MAX),
      cursor: z.string().max(2_048).optional(),
    }),
  },
  responses: { 200: outcome('One page; those of SHARE_KEYS on the last', KeyList) },
});

const SHOW = adminRoute({
  method: 'get',
  path: KEY,
  tags,
  summary: 'Look at a key',
  request: { params },
  responses: { 200: outcome('The key', KeyAnswer) },
});

const PUT = adminRoute({
  method: 'put',
  path: KEY,
  tags,
  summary: 'Register a key',
  description: 'The origin is asked whether it takes the token, and for whose.',
  request: { params, body: body(NewKey) },
  responses: {
    200: outcome('The key was there, and has these settings now', KeyAnswer),
    201: outcome('The key is registered', KeyAnswer),
  },
});

const PATCH = adminRoute({
  method: 'patch',
  path: KEY,
  tags,
  summary: 'Change settings; disable or enable',
  description:
    'Disabling acts as fast as any revocation. Other settings take up to a minute, and what KV needs.',
  request: { params, body: body(KeyPatch) },
  responses: { 200: outcome('The key as it is now', KeyAnswer) },
});

const REMOVE = adminRoute({
  method: 'delete',
  path: KEY,
  tags,
  summary: 'Remove a key',
  request: { params },
  responses: { 200: outcome('The key that was removed', KeyAnswer) },
});

const REPLACE = adminRoute({
  method: 'post',
  path: `${KEY}/replace`,
  tags,
  summary: 'Swap the token, with an overlap',
  request: { params, body: body(Replacement) },
  responses: { 200: outcome('The key with its new token', KeyAnswer) },
});

const CHECK = adminRoute({
  method: 'post',
  path: `${KEY}/check`,
  tags,
  summary: 'Ask the origin about the token',
  request: { params },
  responses: { 200: outcome('The key with what the origin said', KeyAnswer) },
});

const MINT = adminRoute({
  method: 'post',
  path: `${KEY}/mint-tokens`,
  tags,
  summary: 'Make a token that makes links of this key, and nothing else',
  request: {
    params,
    headers: z.object({
      'idempotency-key': z
        .string()
        .regex(/^[\x21-\x7e]{1,255}$/, { error: 'is not 1 to 255 characters without spaces' })
        .optional()
        .meta({ description: 'The same key makes the same token: for an order that may have got lost' }),
    }),
    body: body(NewMintToken),
  },
  responses: { 201: outcome('The token', MintTokenAnswer) },
});

const UNMINT = adminRoute({
  method: 'delete',
  path: `${KEY}/mint-tokens/{id}`,
  tags,
  summary: 'Remove a mint token',
  request: { params: mintParams },
  responses: { 200: outcome('The key without it', KeyAnswer) },
});

const REMOVE_EXPIRED = adminRoute({
  method: 'post',
  path: `${KEYS}/remove-expired`,
  tags,
  summary: 'Remove expired keys, some at a time',
  request: { body: body(PageOrder) },
  responses: { 200: outcome('What was removed, and where to go on', RemovedKeys) },
});

const RESEAL = adminRoute({
  method: 'post',
  path: `${KEYS}/reseal`,
  tags,
  summary: 'Seal stored keys with the newest secret, some at a time',
  request: { body: body(ResealOrder) },
  responses: { 200: outcome('How many, and where to go on', ResealedKeys) },
});

const SECRETS = adminRoute({
  method: 'get',
  path: '/-/api/v1/secrets',
  tags,
  summary: 'Which of POSTERN_SECRETS the gateway works with, by their ids',
  responses: { 200: outcome('Newest first', SecretsAnswer) },
});

export function addKeyRoutes(api: AdminApi): void {
  api.openapi(LIST, async (c) => c.json(await listKeys(c.req.valid('query'), c.env.visit), 200));
  api.openapi(SHOW, async (c) => c.json(await showKey(c.req.valid('param'), c.env.visit), 200));
  api.openapi(PUT, async (c) => {
    const { isNew, ...answer } = await putKey(c.req.valid('param'), c.req.valid('json'), c.env.visit);
    return c.json(answer, isNew ? 201 : 200);
  });
  api.openapi(PATCH, async (c) => {
    return c.json(await patchKey(c.req.valid('param'), c.req.valid('json'), c.env.visit), 200);
  });
  api.openapi(REMOVE, async (c) => c.json(await removeKey(c.req.valid('param'), c.env.visit), 200));
  api.openapi(REPLACE, async (c) => {
    return c.json(await replaceKey(c.req.valid('param'), c.req.valid('json'), c.env.visit), 200);
  });
  api.openapi(CHECK, async (c) => c.json(await checkKey(c.req.valid('param'), c.env.visit), 200));
  api.openapi(MINT, async (c) => {
    const { note } = c.req.valid('json');
    const idempotencyKey = c.req.valid('header')['idempotency-key'];
    return c.json(await mintFor(c.req.valid('param'), { note, idempotencyKey }, c.env.visit), 201);
  });
  api.openapi(UNMINT, async (c) => {
    const { id, ...identity } = c.req.valid('param');
    return c.json(await unmint(identity, id, c.env.visit), 200);
  });
  api.openapi(REMOVE_EXPIRED, async (c) => {
    return c.json(await removeExpired(c.req.valid('json').cursor ?? undefined, c.env.visit), 200);
  });
  api.openapi(RESEAL, async (c) => {
    return c.json(await reseal(c.req.valid('json'), c.env.visit), 200);
  });
  api.openapi(SECRETS, async (c) => c.json(await listSecrets(c.env.visit), 200));
}
