import { fail, ok, type Result } from '../lib/result.ts';
import { Secret } from '../lib/secret.ts';
import { type AskFailure, askBriefly, fieldOf, type Told } from './ask.ts';
import type { Region, Regions } from './region.ts';
import type { Stack } from './stack.ts';

/** Where a stack tells the address of its OnCall (oncall.md §3, mcp-grafana `tools/oncall.go`). */
const SETTINGS_PATH = '/api/plugins/grafana-irm-app/settings';

/** Why a stack's answer leads nowhere. */
export type StackProblem =
  | AskFailure
  /** 401: the token is none of this stack's, or not any more. */
  | 'token-refused'
  /** It may not read the settings of plugins. */
  | 'forbidden'
  /** There is no such stack, no OnCall in it, or something else that tells no address. */
  | 'no-address'
  /** An administrator of a stack can write any address there. */
  | 'foreign-address';

/**
 * Asks a stack for its OnCall region, with the client's own token.
 *
 * @param token without its scheme: Grafana wants `Bearer`
 */
export async function askStack(
  stack: Stack,
  token: Secret,
  regions: Regions,
): Promise<Result<Region, StackProblem>> {
  const bearer = new Secret(`Bearer ${token.reveal()}`);
  const told = await askBriefly(`${stack.address}${SETTINGS_PATH}`, bearer);
  return told.ok ? judgeSettings(told.value, regions) : told;
}

/** The region that a stack's settings name. Pure. */
export function judgeSettings({ status, body }: Told, regions: Regions): Result<Region, StackProblem> {
  if (status === 401) return fail('token-refused');
  if (status === 403) return fail('forbidden');
  const address = status === 200 ? fieldOf(fieldOf(body, 'jsonData'), 'onCallApiUrl') : undefined;
  if (typeof address !== 'string' || address === '') return fail('no-address');
  const region = regions.findByAddress(address);
  return region ? ok(region) : fail('foreign-address');
}
