import { expect } from 'vitest';
import { foldName } from '../../../src/headers/names.ts';
import { HOST } from '../gateway.ts';
import { readSetCookies, type SetCookie } from '../jar.ts';
import type { AttackCase } from './cases.ts';
import type { Scene } from './placeholders.ts';

/** Holds an answer, and what the origin received for it, against what a case says is safe. */
export function judge(
  attack: AttackCase,
  response: Response,
  received: readonly Request[],
  scene: Scene,
): void {
  judgeAnswer(attack, response, received);
  for (const request of received) judgeForwarded(request, attack, scene);
}

/** What every case says of its answer, whoever is served by it. */
export function judgeAnswer(
  { expect: safe }: AttackCase,
  response: Response,
  received: readonly Request[],
): void {
  expect(safe.status).toContain(response.status);
  if (safe.origin === 'called') expect(received).not.toEqual([]);
  if (safe.origin === 'not_called') expect(received).toEqual([]);
  const opens = safe.set_cookie ?? safe.set_cookie_session;
  if (opens === false) expect(findSessions(response)).toEqual([]);
  if (opens === true) expect(findSessions(response)).toHaveLength(1);
  judgeRedirect(response);
}

/** The cookies of an answer that open a session, of a link or of a sign-in. */
export function findSessions(response: Response): readonly SetCookie[] {
  return readSetCookies(response).filter(
    ({ name, value }) => /postern-(?:s-|user)/.test(name) && value !== '',
  );
}

/** Nobody is led elsewhere, and no parameter of a link goes on. */
function judgeRedirect(response: Response): void {
  const location = response.headers.get('Location');
  if (location === null) return;
  expect(new URL(location, `https://${HOST}`).host).toBe(HOST);
  expect(decodeLoosely(location)).not.toMatch(/aliyun/i);
}

/** What the origin received: the gateway's own identity, and of the client's names only those that are safe. */
function judgeForwarded(request: Request, { request: sent, expect: safe }: AttackCase, { key }: Scene): void {
  expect(decodeLoosely(request.url)).not.toMatch(/aliyun/i);
  expect(request.headers.get('Cookie')).toBeNull();
  const hasSession = sent.headers.Cookie !== undefined && !isStatic(request);
  expect(request.headers.get('Authorization')).toBe(hasSession ? `Bearer ${key.token}` : null);
  expect(request.headers.get('X-Grafana-Org-Id')).toBe(hasSession ? String(key.orgId) : null);
  const values = [...request.headers.values()];
  for (const absent of safe.upstream_absent_value ?? []) expect(values).not.toContain(absent);
  for (const absent of safe.upstream_names_absent_alias_of ?? []) {
    expect([...request.headers.keys()].filter((name) => isAlias(name, absent))).toEqual([]);
  }
}

function isStatic(request: Request): boolean {
  return new URL(request.url).pathname.startsWith('/public/');
}

/** Whether a name that went on might be read as a framing name. `Content-Type` itself is the one that may go on. */
function isAlias(name: string, protectedName: string): boolean {
  const folded = foldName(name);
  const matches = protectedName.endsWith('*')
    ? folded.startsWith(protectedName.slice(0, -1))
    : folded === protectedName;
  return matches && name !== 'content-type';
}

function decodeLoosely(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}
