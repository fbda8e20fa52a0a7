import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import * as z from 'zod';
import { ProblemDocument } from '../../src/api/common.ts';
import { DoctorAnswer, type DoctorGroup, DoctorOrder } from '../../src/api/doctor.ts';
import { EventList } from '../../src/api/events.ts';
import type { Finding } from '../../src/api/findings.ts';
import {
  KeyAnswer,
  type KeyJson,
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
} from '../../src/api/keys.ts';
import { BindingAnswer, NewBinding, WhichAnswer, WhichOrder } from '../../src/api/oncall.ts';
import {
  NewRevocation,
  type NewRevocationJson,
  RevocationAnswer,
  type RevocationJson,
  RevocationList,
  SeenAnswer,
} from '../../src/api/revocations.ts';
import {
  ExplainAnswer,
  ExplainOrder,
  type ExplanationJson,
  ReleaseAnswer,
  ReleaseOrder,
} from '../../src/api/sso.ts';
import { RecoverAnswer, RecoverOrder, type RecoveryJson } from '../../src/api/sso-recover.ts';
import { createKeyring } from '../../src/lib/keyring.ts';
import { Secret } from '../../src/lib/secret.ts';
import { clueOfStack, clueOfToken, clueOfTokenHash } from '../../src/oncall/clue.ts';
import { idOf, labelOf, type Target } from '../../src/revocation/target.ts';
import { foldAccountName } from '../../src/sso/account-name.ts';

export const ADMIN_TOKEN = 'stand-in-admin-token-of-32-characters-and-more';
const NOW = '2026-11-21T08:00:00Z';

export interface Asked {
  readonly method: string;
  readonly path: string;
  readonly body: unknown;
}

interface Reply {
  readonly status: number;
  readonly body: unknown;
}

interface StoredKey {
  key: KeyJson;
  sealedWith: string;
}

/** What a route is handed. */
interface Ask {
  readonly query: URLSearchParams;
  readonly body: unknown;
  /** Groups of the route's pattern. */
  readonly at: readonly string[];
}

/**
 * Stands in for the admin API, as far as the command line needs it. What comes in and what goes out is held against
 * the schemas of `src/api`: it cannot drift from them.
 */
export class StandIn {
  readonly asked: Asked[] = [];
  readonly keys = new Map<string, StoredKey>();
  readonly revocations = new Map<string, RevocationJson>();
  readonly bindings = new Set<string>();
  /** Logins and addresses that users of the provider hold, folded. */
  readonly names = new Set<string>();
  /** What it explains, whatever is pasted. */
  explanation: ExplanationJson = REFUSED;
  /** What its recovery comes to, whatever is asked for. */
  recovery: RecoveryJson = RECOVERED;
  /** What it finds of itself, by groups; those of keys one for each call. */
  findings: Partial<Record<DoctorGroup, readonly Finding[]>> = {};
  /** How far its clock is ahead of this machine's. */
  clockSeconds = 0;
  events: Record<string, unknown>[] = [];
  /** POSTERN_SECRETS, as deployed. */
  secrets = '';
  /** Where it is read from in place of {@link secrets}. */
  readSecrets: () => string = () => this.secrets;
  /** How many times `…/seen` still says no. */
  unseen = 0;
  /** When the revocation that `…/seen` sees was made, where it is another one. */
  seenAt: string | undefined;
  memoSeconds = 1;
  pageSize = 2;
  /** Answers the next request instead of its route. */
  next: ((response: ServerResponse) => void) | undefined;
  isOn = true;
  readonly #server: Server = createServer((request, response) => void this.#handle(request, response));

  async listen(): Promise<void> {
    await new Promise<void>((done) => this.#server.listen(0, '127.0.0.1', done));
  }

  close(): void {
    this.#server.closeAllConnections();
    this.#server.close();
  }

  reset(): void {
    this.asked.length = 0;
    this.keys.clear();
    this.revocations.clear();
    this.bindings.clear();
    this.names.clear();
    this.explanation = REFUSED;
    this.recovery = RECOVERED;
    this.findings = {};
    this.clockSeconds = 0;
    this.events = [];
    this.unseen = 0;
    this.seenAt = undefined;
    this.next = undefined;
    this.isOn = true;
  }

  get origin(): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  get env(): { POSTERN_URL: string; POSTERN_ADMIN_TOKEN: string } {
    return { POSTERN_URL: this.origin, POSTERN_ADMIN_TOKEN: ADMIN_TOKEN };
  }

  /** Ids of the secrets, newest first. */
  ids(): Promise<string[]> {
    const texts = this.readSecrets()
      .split(/[\s,]+/)
      .filter((text) => text !== '');
    return Promise.all(texts.map(async (text) => (await createKeyring([new Secret(text)], 'key')).newest.id));
  }

  /** Registers a key without being asked. */
  async put(orgId: number, name: string, change: Partial<KeyJson> = {}): Promise<void> {
    const [sealedWith = ''] = await this.ids();
    this.keys.set(`${orgId}/${name}`, { key: { ...createKey(orgId, name), ...change }, sealedWith });
  }

  async #handle(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const url = new URL(request.url ?? '/', this.origin);
    let text = '';
    for await (const chunk of request.setEncoding('utf8')) text += chunk;
    const body: unknown = text === '' ? undefined : JSON.parse(text);
    const method = request.method ?? '';
    this.asked.push({ method, path: `${url.pathname}${url.search}`, body });
    const { next } = this;
    this.next = undefined;
    if (next) return next(response);
    const { status, body: answer } = await this.#answer(method, url, request.headers.authorization, body);
    const type = status < 400 ? 'application/json' : 'application/problem+json';
    const date = new Date(Date.now() + this.clockSeconds * 1000).toUTCString();
    response.writeHead(status, { 'Content-Type': type, Date: date }).end(JSON.stringify(answer));
  }

  async #answer(method: string, url: URL, authorization: string | undefined, body: unknown): Promise<Reply> {
    if (!this.isOn) return problem(404, 'not_found', 'Addresses below /-/ belong to the gateway.');
    if (url.pathname === '/-/health') return { status: 200, body: { status: 'ok' } };
    if (url.pathname === '/-/api/openapi.json') return { status: 200, body: { openapi: '3.1.0' } };
    if (authorization !== `Bearer ${ADMIN_TOKEN}`)
      return problem(401, 'admin_token_required', 'The admin API needs its token.');
    for (const [allowed, pattern, answer] of this.#routes) {
      const match = pattern.exec(url.pathname.replace('/-/api/v1', ''));
      if (allowed !== method || !match) continue;
      const at = match.slice(1).map((part) => part ?? '');
      try {
        return await answer({ query: url.searchParams, body, at });
      } catch (error) {
        return problem(400, 'invalid_input', error instanceof z.ZodError ? error.message : String(error));
      }
    }
    return problem(404, 'not_found', 'There is nothing at this address.');
  }

  readonly #routes: readonly (readonly [string, RegExp, (ask: Ask) => Reply | Promise<Reply>])[] = [
    ['GET', /^\/keys$/, ({ query }) => this.#listKeys(query)],
    ['POST', /^\/keys\/remove-expired$/, ({ body }) => this.#removeExpired(PageOrder.parse(body))],
    ['POST', /^\/keys\/reseal$/, ({ body }) => this.#reseal(ResealOrder.parse(body))],
    ['PUT', /^\/keys\/(\d+)\/~([\w-]+)$/, ({ at, body }) => this.#putKey(at, NewKey.parse(body))],
    ['GET', /^\/keys\/(\d+)\/~([\w-]+)$/, ({ at }) => this.#withKey(at, () => undefined)],
    [
      'PATCH',
      /^\/keys\/(\d+)\/~([\w-]+)$/,
      ({ at, body }) => this.#withKey(at, (stored) => patch(stored, KeyPatch.parse(body))),
    ],
    [
      'DELETE',
      /^\/keys\/(\d+)\/~([\w-]+)$/,
      ({ at }) => this.#withKey(at, ({ key }) => void this.keys.delete(`${key.orgId}/${key.name}`)),
    ],
    [
      'POST',
      /^\/keys\/(\d+)\/~([\w-]+)\/replace$/,
      ({ at, body }) =>
        this.#withKey(at, ({ key }) => {
          Replacement.parse(body);
          key.formerTokenUntil = NOW;
          key.marks.push('being-replaced');
        }),
    ],
    [
      'POST',
      /^\/keys\/(\d+)\/~([\w-]+)\/check$/,
      ({ at }) => this.#withKey(at, ({ key }) => void Object.assign(key, { origin: WORKS })),
    ],
    ['POST', /^\/keys\/(\d+)\/~([\w-]+)\/mint-tokens$/, ({ at, body }) => this.#mint(at, body)],
    [
      'DELETE',
      /^\/keys\/(\d+)\/~([\w-]+)\/mint-tokens\/([0-9a-f]{8})$/,
      ({ at }) => this.#withKey(at, ({ key }) => void Object.assign(key, { mintTokens: [] })),
    ],
    ['GET', /^\/secrets$/, () => this.#listSecrets()],
    ['POST', /^\/revocations$/, ({ body }) => this.#revoke(NewRevocation.parse(body))],
    ['GET', /^\/revocations$/, ({ query }) => this.#listRevocations(query)],
    ['GET', /^\/revocations\/([\w:*-]+)\/seen$/, ({ at: [id = ''] }) => this.#see(id)],
    ['DELETE', /^\/revocations\/([\w:*-]+)$/, ({ at: [id = ''] }) => this.#lift(id)],
    ['POST', /^\/oncall\/which$/, ({ body }) => this.#findRegion(WhichOrder.parse(body))],
    ['POST', /^\/oncall\/bindings$/, ({ body }) => this.#bind(NewBinding.parse(body))],
    ['DELETE', /^\/oncall\/bindings\/([a-z0-9:.-]+)$/, ({ at: [clue = ''] }) => this.#forget(clue)],
    ['POST', /^\/sso\/explain$/, ({ body }) => this.#explain(ExplainOrder.parse(body))],
    ['POST', /^\/sso\/release$/, ({ body }) => this.#release(ReleaseOrder.parse(body))],
    ['POST', /^\/sso\/recover$/, ({ body }) => this.#recover(RecoverOrder.parse(body))],
    ['POST', /^\/doctor$/, ({ body }) => this.#examine(DoctorOrder.parse(body))],
    ['GET', /^\/events$/, ({ query }) => this.#listEvents(query)],
  ];

  #recover({ dryRun = false }: z.output<typeof RecoverOrder>): Reply {
    return answer(RecoverAnswer, { ...this.recovery, dryRun });
  }

  #examine({ group, cursor }: z.output<typeof DoctorOrder>): Reply {
    const all = this.findings[group] ?? [];
    if (group !== 'keys') return answer(DoctorAnswer, { findings: all, cursor: null });
    const [, at = '0'] = cursor?.split(':') ?? [];
    const next = Number(at) + 1;
    const findings = all.slice(next - 1, next);
    return answer(DoctorAnswer, { findings, cursor: next < all.length ? `SHARE_KEYS:${next}` : null });
  }

  #listKeys(query: URLSearchParams): Reply {
    const org = query.get('orgId');
    const all = [...this.keys.values()].map(({ key }) => key);
    const rows = all.filter(({ orgId }) => org === null || String(orgId) === org);
    const { page, cursor } = this.#page(rows, query.get('cursor'));
    const warnings =
      query.has('cursor') || rows.length < 5
        ? []
        : [{ code: 'many-keys', message: 'Organisation 1 has 101 keys.' }];
    return answer(KeyList, { keys: page, warnings, cursor });
  }

  #page<T>(rows: readonly T[], given: string | null | undefined, size = this.pageSize) {
    const begin = Number(given ?? 0);
    const end = begin + size;
    return { page: rows.slice(begin, end), cursor: end < rows.length ? String(end) : null };
  }

  async #putKey([org = '', encoded = '']: readonly string[], order: z.output<typeof NewKey>): Promise<Reply> {
    const name = decode(encoded);
    const isNew = !this.keys.has(`${org}/${name}`);
    const { dashboards = null, maxSessionSeconds = null, note = null, live = false } = order;
    await this.put(Number(org), name, { dashboards, maxSessionSeconds, note, live, origin: WORKS });
    const reply = this.#withKey([org, encoded], () => undefined);
    return { ...reply, status: isNew ? 201 : 200 };
  }

  #withKey([org = '', encoded = '']: readonly string[], change: (stored: StoredKey) => void): Reply {
    const stored = this.keys.get(`${org}/${decode(encoded)}`);
    if (!stored) return problem(404, 'not_found', 'There is no such key.');
    change(stored);
    const warnings = stored.key.dashboards
      ? []
      : [{ code: 'no-dashboards', message: 'No dashboards are listed.' }];
    return answer(KeyAnswer, { key: stored.key, warnings });
  }

  #mint(at: readonly string[], body: unknown): Reply {
    const { note = null } = NewMintToken.parse(body);
    const found = this.#withKey(at, ({ key }) =>
      key.mintTokens.push({ id: '0f3c91aa', note, createdAt: NOW }),
    );
    if (found.status !== 200) return found;
    return answer(MintTokenAnswer, { id: '0f3c91aa', token: 'pmt_stand-in-mint-token' }, 201);
  }

  #removeExpired({ cursor }: z.output<typeof PageOrder>): Reply {
    const { page, cursor: next } = this.#page([...this.keys.values()], cursor);
    const removed = page
      .filter(({ key }) => key.state === 'expired')
      .map(({ key: { orgId, name } }) => ({ orgId, name }));
    return answer(RemovedKeys, { removed, cursor: next });
  }

  async #reseal({ cursor, newest: meant }: z.output<typeof ResealOrder>): Promise<Reply> {
    const ids = await this.ids();
    const [newest = ''] = ids;
    if (meant !== undefined && meant !== newest)
      return problem(409, 'conflict', 'Another secret is the newest here.');
    const { page, cursor: next } = this.#page([...this.keys.values()], cursor);
    const unreadable = page.filter(({ sealedWith }) => !ids.includes(sealedWith));
    const due = page.filter(({ sealedWith }) => sealedWith !== newest && ids.includes(sealedWith));
    for (const stored of due) stored.sealedWith = newest;
    return answer(ResealedKeys, {
      resealed: due.length,
      already: page.length - due.length - unreadable.length,
      unreadable: unreadable.map(({ key: { orgId, name } }) => ({ orgId, name })),
      cursor: next,
    });
  }

  async #listSecrets(): Promise<Reply> {
    const accepted = await this.ids();
    return answer(SecretsAnswer, { newest: accepted[0] ?? '', accepted });
  }

  #revoke(order: NewRevocationJson): Reply {
    const { mode, before, until = null, reason = null, publicReason = null, by = null, ...rest } = order;
    const target: Target = rest;
    const isBefore = mode === 'issued-before' || (mode === undefined && order.kind === 'all');
    const revocation: RevocationJson = {
      id: idOf(target),
      kind: order.kind,
      target: labelOf(target),
      mode: isBefore ? 'issued-before' : 'until-lifted',
      before: isBefore ? (before ?? NOW) : null,
      until,
      reason,
      publicReason,
      by,
      at: NOW,
    };
    this.revocations.set(revocation.id, revocation);
    const warnings =
      order.kind === 'subject' ? [{ code: 'no-sign-in', message: 'There is no sign-in.' }] : [];
    return answer(RevocationAnswer, { revocation, bound: this.#bound, warnings });
  }

  get #bound() {
    return { memoSeconds: this.memoSeconds, propagationSeconds: 60 };
  }

  #listRevocations(query: URLSearchParams): Reply {
    const kind = query.get('kind');
    const rows = [...this.revocations.values()].filter((one) => kind === null || one.kind === kind);
    const { page, cursor } = this.#page(rows, query.get('cursor'));
    return answer(RevocationList, { revocations: page, cursor });
  }

  #see(id: string): Reply {
    const seen = this.unseen <= 0 && this.revocations.has(id);
    this.unseen -= 1;
    const at = this.seenAt ?? this.revocations.get(id)?.at ?? null;
    return answer(SeenAnswer, { seen, at: seen ? at : null, bound: this.#bound });
  }

  #lift(id: string): Reply {
    const revocation = this.revocations.get(id);
    if (!revocation) return problem(404, 'not_found', 'There is no such revocation.');
    this.revocations.delete(id);
    return answer(RevocationAnswer, { revocation, bound: this.#bound, warnings: [] });
  }

  /** A key of nines is known nowhere. */
  #findRegion({ token }: z.output<typeof WhichOrder>): Reply {
    const clues = [clueOfToken(token)];
    const nothing = { kind: 'api-key', region: null, address: null, way: null, clues };
    const problem = { status: 403, code: null, detail: 'Invalid token.' };
    if (/^9+$/.test(token)) return answer(WhichAnswer, { ...nothing, problem });
    const found = { region: 'eu', address: 'https://oncall.example/oncall', way: 'probe', problem: null };
    return answer(WhichAnswer, { ...nothing, ...found });
  }

  #bind(order: z.output<typeof NewBinding>): Reply {
    const clue =
      'tokenSha256' in order
        ? clueOfTokenHash(order.tokenSha256)
        : clueOfStack('stackId' in order ? order.stackId : new URL('stack' in order ? order.stack : '').host);
    if (order.region !== 'eu') return problem(400, 'invalid_input', 'region: is not in ONCALL_REGIONS.');
    this.bindings.add(clue);
    return answer(BindingAnswer, { clue, region: 'eu', source: 'bound', effectiveSeconds: 360 });
  }

  #forget(clue: string): Reply {
    if (!this.bindings.delete(clue)) return problem(404, 'not_found', 'Nothing is bound or learnt of it.');
    return answer(BindingAnswer, { clue, region: 'eu', source: 'bound', effectiveSeconds: 360 });
  }

  /** A token that the gateway could not read is refused. */
  #explain({ idToken }: z.output<typeof ExplainOrder>): Reply {
    if (typeof idToken === 'string' && idToken.split('.').length !== 3)
      return problem(400, 'invalid_input', 'idToken: is no JWT with claims in it.');
    return answer(ExplainAnswer, this.explanation);
  }

  #release({ name }: z.output<typeof ReleaseOrder>): Reply {
    return answer(ReleaseAnswer, { released: this.names.delete(foldAccountName(name)) });
  }

  #listEvents(query: URLSearchParams): Reply {
    const { page, cursor } = this.#page(this.events, query.get('cursor'), Number(query.get('limit')));
    return answer(EventList, { events: page, cursor, missing: [] });
  }
}

function answer(schema: z.ZodType, body: unknown, status = 200): Reply {
  // Parsed, so that a document that the real one could not send fails the test.
  return { status, body: schema.parse(body) };
}

function problem(status: number, code: string, detail: string): Reply {
  const type = `https://gateway.example/-/problems/${code}`;
  const document = { type, title: `Title of ${code}`, status, detail, code, requestId: 'request-1' };
  return { status, body: ProblemDocument.parse({ ...document, gateway: 'Postern' }) };
}

function decode(encoded: string): string {
  return Buffer.from(encoded, 'base64url').toString('utf8');
}

const RECOVERED: RecoveryJson = {
  dryRun: false,
  at: NOW,
  steps: [
    { step: 'sign-ins', state: 'done', says: 'Everybody who had signed in is signed out.' },
    { step: 'share-sessions', state: 'left', says: 'What share links have opened stays open.' },
  ],
  findings: [
    {
      check: 'sso.client',
      verdict: 'green',
      seen: 'The provider takes the client id and the client secret.',
      why: 'Without it nobody can sign in.',
      milliseconds: 12,
    },
  ],
  effectiveSeconds: 70,
  assertionKeySeconds: 600,
  left: ['Restart what signs people in by itself.'],
};

const REFUSED: ExplanationJson = {
  steps: [],
  decision: { allowed: false, reason: 'email-missing', code: 'sso_email_missing', detail: 'There is none.' },
  warnings: [],
};

const WORKS = { state: 'works', checkedAt: NOW, role: 'Viewer', orgId: 1, orgName: 'Main Org.' } as const;

function patch({ key }: StoredKey, change: z.output<typeof KeyPatch>): void {
  const { disabled, expires, ...rest } = change;
  Object.assign(key, rest);
  if (expires !== undefined) key.expiresAt = expires === null ? null : `${expires}T23:59:59Z`;
  if (disabled !== undefined) key.state = disabled ? 'disabled' : 'active';
}

function createKey(orgId: number, name: string): KeyJson {
  return {
    id: `${orgId}:hash`,
    orgId,
    name,
    source: 'kv',
    state: 'active',
    kind: 'service-account-token',
    dashboards: null,
    frameAncestors: null,
    maxSessionSeconds: null,
    live: false,
    resources: [],
    expiresAt: null,
    createdAt: NOW,
    changedAt: NOW,
    tokenAt: NOW,
    lastUsedAt: null,
    note: null,
    formerTokenUntil: null,
    origin: null,
    refusedByOriginAt: null,
    mintTokens: [],
    marks: [],
  };
}
