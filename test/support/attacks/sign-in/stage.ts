import { expect } from 'vitest';
import { Jar } from '../../jar.ts';
import { origin } from '../../origin.ts';
import type { AttackCase } from '../cases.ts';
import { judgeAnswer } from '../judge.ts';
import { fillIn } from '../placeholders.ts';
import type { Lies } from './provider.ts';
import { GATEWAY, readCookie, SignInScene, sceneOf, USER_COOKIE } from './scene.ts';

/** One way in which the precondition of a case comes true, and what it says in words. */
export interface Variant {
  /** What is different in this one; a case that can be read in one way only has none. */
  readonly name?: string;
  readonly vars?: Readonly<Record<string, unknown>>;
  /** What the provider does from the moment when the browser comes back. */
  readonly lies?: Lies;
  /** What happens before the request, behind whatever its placeholders stand for. */
  before?(stage: Stage): void | Promise<void>;
  /** What is asserted beyond what all cases are held against. */
  after?(response: Response, stage: Stage): void | Promise<void>;
  /** Whether clocks run ahead while the request is on its way, since somebody makes it wait. */
  readonly waits?: boolean;
  /** How long it may take where they cannot: a Durable Object has clocks of its own. */
  readonly milliseconds?: number;
}

/** What a case meets: a browser in which a sign-in was begun, and what the texts of its request stand for. */
export interface Stage {
  readonly scene: SignInScene;
  readonly browser: Jar;
  /** By placeholder; {@link Variant.before} may put others in their place. */
  readonly texts: Record<string, string>;
}

/** Sets up what a case needs, its lies included. */
async function setStage({ request }: AttackCase, variant: Variant): Promise<Stage> {
  const scene = new SignInScene({ vars: variant.vars ?? {} });
  const texts: Record<string, string> = {};
  const written = `${request.path} ${Object.values(request.headers).join(' ')}`;
  for (const [name, make] of Object.entries(MAKERS)) {
    if (written.includes(`{{${name}}}`)) texts[name] = await make(scene);
  }
  const stage: Stage = { scene, browser: new Jar(), texts };
  await beginAnew(stage);
  scene.provider.lies = variant.lies ?? {};
  await variant.before?.(stage);
  scene.provider.asked.length = 0;
  origin.received = [];
  return stage;
}

/** Begins to sign in in the browser of a stage: the texts of its request stand for this attempt from now on. */
export async function beginAnew({ scene, browser, texts }: Stage): Promise<void> {
  const callback = new URL(await scene.begin(browser));
  const state = callback.searchParams.get('state') ?? '';
  const cookie = browser.header.split('; ').find((pair) => pair.includes(state.split('.')[0] ?? '')) ?? '';
  Object.assign(texts, {
    CODE: callback.searchParams.get('code') ?? '',
    STATE: state,
    STATE_16MIN_OLD: state,
    STATE_COOKIE: cookie,
    'STATE_COOKIE|as_session': `${USER_COOKIE}=${cookie.slice(cookie.indexOf('=') + 1)}`,
  });
}

/** What takes a sign-in of somebody else to make. */
const MAKERS: Readonly<Record<string, (scene: SignInScene) => Promise<string>>> = {
  SESSION_COOKIE: async (scene) => userPairOf(await scene.signIn()),
  PLANTED_SESSION: async (scene) => {
    const mallory = { sub: 'mallory-1', email: 'mallory@example.com', login: 'mallory' };
    scene.provider.lies = { claims: mallory, userinfo: mallory };
    const planted = userPairOf(await scene.signIn());
    scene.provider.lies = {};
    return planted;
  },
  OTHER_BROWSER_STATE: async (scene) => {
    const callback = await scene.begin(new Jar());
    return new URL(callback).searchParams.get('state') ?? '';
  },
  USED_CODE: async (scene) => {
    const browser = new Jar();
    const callback = await scene.begin(browser);
    expect((await scene.gateway.fetchAs(browser, callback)).status).toBe(303);
    return new URL(callback).searchParams.get('code') ?? '';
  },
};

export function userPairOf(jar: Jar): string {
  return `${USER_COOKIE}=${readCookie(jar, /postern-user$/)}`;
}

/** Sends the request of a case with its placeholders filled in, as a browser that wants a page. */
function sendCase({ request }: AttackCase, { scene, texts }: Stage): Promise<Response> {
  const filled = sceneOf(texts, scene.gateway.now);
  const headers = new Headers({ Accept: 'text/html' });
  for (const [name, value] of Object.entries(request.headers)) headers.append(name, fillIn(value, filled));
  return scene.gateway.fetch(`${GATEWAY}${fillIn(request.path, filled)}`, {
    method: request.method,
    headers,
    ...(request.body !== undefined && { body: fillIn(request.body, filled) }),
  });
}

/** A case as a variant makes it real, held against what it says is safe. */
export async function runCase(
  attack: AttackCase,
  variant: Variant,
  hurry: <T>(work: () => Promise<T>) => Promise<T>,
): Promise<void> {
  const stage = await setStage(attack, variant);
  const send = () => sendCase(attack, stage);
  const response = await (variant.waits ? hurry(send) : send());
  judgeAnswer(attack, response, origin.received);
  await variant.after?.(response, stage);
}
