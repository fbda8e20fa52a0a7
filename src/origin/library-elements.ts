import * as z from 'zod';
import type { Visit } from '../corridor.ts';
import { readJsonBody } from '../lib/bounded-body.ts';
import { LruMap } from '../lib/lru.ts';
import type { Serving } from '../session/choose.ts';
import { ALL } from '../session/scope.ts';
import type { ShareKey } from '../share/key.ts';
import { askOrigin } from './ask.ts';
import { setKeyHeaders } from './own-headers.ts';

const REMEMBERED_MAX = 512;
const REMEMBERED_SECONDS = 60;
const ANSWER_BYTES_MAX = 262_144;

/** Grafana's answer to `GET /api/library-elements/:uid/connections/` (Grafana `pkg/services/libraryelements`). */
const CONNECTIONS = z.object({ result: z.array(z.object({ connectionUid: z.string() })) });

interface Finding {
  readonly dashboards: readonly string[];
  readonly until: number;
}

/** Knows, for a minute, which dashboards a library panel stands in. */
export class LibraryElements {
  readonly #findings = new LruMap<string, Finding>(REMEMBERED_MAX);

  /**
   * Whether a library panel stands in a dashboard that the session covers. The origin is asked, as the session's
   * key; what it does not say is not so.
   */
  async isShared(uid: string, serving: Serving<ShareKey>, visit: Visit): Promise<boolean> {
    if (serving.dashboards.includes(ALL)) return true;
    const { key } = serving;
    const memo = `${key.orgId}|${key.name}|${uid}`;
    const known = this.#findings.get(memo);
    const dashboards =
      known && visit.now < known.until ? known.dashboards : await this.#ask(memo, uid, key, visit);
    return dashboards.some((dashboard) => serving.dashboards.includes(dashboard));
  }

  async #ask(memo: string, uid: string, key: ShareKey, visit: Visit): Promise<readonly string[]> {
    const dashboards = await findDashboards(uid, key, visit);
    if (dashboards) this.#findings.set(memo, { dashboards, until: visit.now + REMEMBERED_SECONDS });
    return dashboards ?? [];
  }
}

/** Undefined where the origin gave no answer that can be relied on. */
async function findDashboards(
  uid: string,
  key: ShareKey,
  visit: Visit,
): Promise<readonly string[] | undefined> {
  const headers = new Headers({ Accept: 'application/json' });
  setKeyHeaders(headers, key);
  const target = `/api/library-elements/${uid}/connections/`;
  const answered = await askOrigin({ method: 'GET', target, headers, body: null }, visit.house.config.origin);
  if (!answered.ok) return undefined;
  if (answered.value.status !== 200) {
    await answered.value.body?.cancel();
    return undefined;
  }
  const parsed = CONNECTIONS.safeParse(await readJsonBody(answered.value, ANSWER_BYTES_MAX));
  return parsed.success ? parsed.data.result.map(({ connectionUid }) => connectionUid) : undefined;
}
