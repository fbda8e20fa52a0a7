import { Hono } from 'hono';
import { adminDoor } from './admin/door.ts';
import { metricsDoor, signInHealthDoor } from './admin/health-doors.ts';
import { health, noSuchPage, problemPage, robots } from './admin/public-pages.ts';
import type { Door } from './corridor.ts';
import { createEntrance, type WorkerEnv } from './entrance.ts';
import { ambiguityGate } from './headers/gate.ts';
import { createLog, type Observer } from './observe/log.ts';
import { oncallDoor } from './oncall/door.ts';
import { originDoor } from './origin/door.ts';
import { closedGate, routeGate, shareKeyGate } from './origin/gate.ts';
import { ticketGate } from './session/gate.ts';
import { shareGate } from './share/gate.ts';
import { backchannelDoor } from './sso/backchannel-door.ts';
import { keysDoor, signInDoor } from './sso/door.ts';
import { runScheduled } from './sso/health/scheduled.ts';
import { loginDoor, startDoor } from './sso/login-door.ts';
import { logoutDoor } from './sso/logout-door.ts';
import { Wiring } from './wiring.ts';

/** What a whole application takes from outside: its clock and its log. */
export interface AppOptions {
  /** Unix seconds. */
  readonly now?: () => number;
  readonly observe?: Observer;
}

/** The corridor from the entrance to the origin. A request stops at the first door that answers it. */
const CORRIDOR: readonly Door[] = [
  ambiguityGate, // headers: what can be read in two ways goes no further
  closedGate, // origin: closed paths
  oncallDoor, // oncall: calls that need no session, to the region of their token
  shareKeyGate, // origin: share keys in other hands
  routeGate, // origin: other origins behind the same gateway
  signInDoor, // sso: /login/generic_oauth, /login and /logout
  ticketGate, // session: did the cookie of a frame come back?
  shareGate, // share: a link becomes a session
  originDoor, // origin: who asks, may they, and the answer
];

/** The gateway as one Hono application: its own addresses below `/-/`, and the corridor for everything else. */
export function createApp(options: AppOptions = {}): Hono<WorkerEnv> {
  const { now = () => Math.floor(Date.now() / 1000), observe = createLog() } = options;
  return createGateway(now, observe, new Wiring(observe, now));
}

/** The same as a whole Worker: what comes by request, and what comes by cron, with one memory for both. */
export function createWorker(options: AppOptions = {}) {
  const { now = () => Math.floor(Date.now() / 1000), observe = createLog() } = options;
  const wiring = new Wiring(observe, now);
  const app = createGateway(now, observe, wiring);
  return {
    fetch: app.fetch,
    async scheduled(_event: unknown, env: WorkerEnv['Bindings']): Promise<void> {
      const house = wiring.houseOf(env);
      if (house !== 'misconfigured') await runScheduled(house, now());
    },
  };
}

function createGateway(now: () => number, observe: Observer, wiring: Wiring): Hono<WorkerEnv> {
  const { through, onError } = createEntrance(now, observe, wiring);
  const app = new Hono<WorkerEnv>();
  app.onError(onError);
  app.get('/-/health', through([ambiguityGate, health]));
  app.all('/-/health/sso', through([ambiguityGate, signInHealthDoor]));
  app.all('/-/metrics', through([ambiguityGate, metricsDoor]));
  app.get('/-/problems/:code', through([ambiguityGate, problemPage]));
  app.get('/robots.txt', through([ambiguityGate, robots]));
  app.all('/-/login', through([ambiguityGate, loginDoor]));
  app.all('/-/login/start', through([ambiguityGate, startDoor]));
  app.all('/-/logout', through([ambiguityGate, logoutDoor]));
  app.all('/-/backchannel-logout', through([ambiguityGate, backchannelDoor]));
  app.all('/-/jwks.json', through([ambiguityGate, keysDoor]));
  app.all('/-/api/*', through([ambiguityGate, adminDoor]));
  app.all('/-/*', through([ambiguityGate, noSuchPage]));
  app.all('*', through(CORRIDOR));
  return app;
}
