import { expect } from 'vitest';
import { Jar } from '../../jar.ts';
import type { Lies } from './provider.ts';
import { presented } from './scene.ts';
import { beginAnew, type Stage, type Variant } from './stage.ts';

/** By case: the ways in which its precondition comes true. */
export type Variants = Readonly<Record<string, readonly Variant[]>>;

export const bearing = (name: string, lies: Lies, more: Partial<Variant> = {}): Variant => ({
  name,
  lies,
  ...more,
});

/** An ID token that says what it should not, and is refused for it. */
export const claiming = (name: string, claims: Record<string, unknown>): Variant =>
  bearing(name, { claims }, { after: idTokenRefused });

/** What the log says of the last sign-in that was refused. */
export function reasonOf({ scene }: Stage): unknown {
  return scene.gateway.events.findLast(({ event }) => event === 'sso.refused')?.reason;
}

export function tokenNotAsked(_: Response, { scene }: Stage): void {
  expect(scene.provider.asked).not.toContain('token');
}

/** Refused for what the ID token says, not for something that went wrong beside it. */
export function idTokenRefused(_: Response, stage: Stage): void {
  expect(stage.scene.provider.asked).toContain('token');
  expect(reasonOf(stage)).toMatch(/^id-token: /);
}

export const refusedFor =
  (reason: string) =>
  (_: Response, stage: Stage): void =>
    expect(reasonOf(stage)).toBe(reason);

/** Whom Grafana is told of where a sign-in succeeds, as the next request tells it. */
export async function presentedAfter(response: Response, { scene }: Stage) {
  const browser = new Jar().take(response);
  expect((await scene.ask(browser)).status).toBe(200);
  return presented();
}

/** Signs somebody in first, so that what the provider publishes is remembered, and then begins anew. */
export const remembering =
  (more: (stage: Stage) => void = () => undefined, lies: Lies = {}) =>
  async (stage: Stage): Promise<void> => {
    const { provider } = stage.scene;
    const coming = provider.lies;
    provider.lies = lies;
    await stage.scene.signIn();
    more(stage);
    provider.lies = {};
    await beginAnew(stage);
    provider.lies = coming;
  };

/** An answer that never comes. */
export const hanging = () => new Promise<never>(() => undefined);
