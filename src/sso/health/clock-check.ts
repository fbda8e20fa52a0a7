import type { Finding } from '../../api/findings.ts';
import type { HealthContext } from './context.ts';
import { finding, skipped } from './finding.ts';
import type { Look } from './look.ts';

/** As for tokens: beyond it they are refused. */
const RED_SECONDS = 60;
const YELLOW_SECONDS = 30;

/** Compares the clocks, by the first answer that names its time. */
export function judgeClock(looks: readonly (Look | undefined)[], context: HealthContext): Finding {
  for (const seen of looks) {
    const skew = seen && findSkew(seen, context);
    if (skew !== undefined) return judge(skew);
  }
  return skipped('sso.clock', 'No answer of the provider names its time.');
}

/** By how many seconds the provider's clock is ahead. What a cache has kept for a while is told by it (RFC 9111 §5.1). */
function findSkew({ headers, atMs }: Look, { now, startedMs }: HealthContext): number | undefined {
  const date = Date.parse(headers.get('Date') ?? '');
  if (Number.isNaN(date)) return undefined;
  const age = /^\d{1,9}$/.exec(headers.get('Age') ?? '')?.[0] ?? '0';
  return Math.round(date / 1000 + Number(age) - (now + (atMs - startedMs) / 1000));
}

function judge(skew: number): Finding {
  const apart = Math.abs(skew);
  const way = skew > 0 ? 'ahead of' : 'behind';
  const seen =
    apart <= 1
      ? "The provider's clock and the gateway's agree."
      : `The provider's clock is ${apart} seconds ${way} the gateway's.`;
  const more = { ageSeconds: apart };
  if (apart <= YELLOW_SECONDS) return finding('sso.clock', 'green', seen, more);
  const fix = "Set the provider's clock by NTP: that of the gateway is Cloudflare's.";
  return finding('sso.clock', apart > RED_SECONDS ? 'red' : 'yellow', seen, { fix, ...more });
}
