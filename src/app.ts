import { Hono } from 'hono';
import { health, problemPage, robots } from './admin/public-pages.ts';
import type { CorridorEnv } from './corridor.ts';
import { createEntrance } from './entrance.ts';
import { ambiguityGate } from './headers/gate.ts';
import { createLog, type Observer } from './observe/event.ts';
import { originDoor } from './origin/door.ts';
import { closedGate, routeGate } from './origin/gate.ts';
import { ticketGate } from './session/gate.ts';
import { shareGate } from './share/gate.ts';

/** What a whole application takes from outside: its clock and its log. */
export interface AppOptions {
  /** Unix seconds. */
  readonly now?: () => number;
  readonly observe?: Observer;
}

/** The corridor, from the door to the origin. Each line is one room's door; the order is the design. */
export function createApp(options: AppOptions = {}): Hono<CorridorEnv> {
  const { now = () => Math.floor(Date.now() / 1000), observe = createLog() } = options;
  const entrance = createEntrance(now, observe);
  const app = new Hono<CorridorEnv>();
  app.onError(entrance.onError);
  app.use(entrance.open);
  app.use(ambiguityGate);
  app.get('/-/health', health);
  app.get('/-/problems/:code', problemPage);
  app.get('/robots.txt', robots);
  app.all('/-', (c) => c.var.visit.refuse({ code: 'not_found' }));
  app.all('/-/*', (c) => c.var.visit.refuse({ code: 'not_found' }));
  app.use(closedGate);
  app.use(routeGate);
  app.use(ticketGate);
  app.use(shareGate);
  app.all('*', originDoor);
  return app;
}
