import type { CheckGroup, CheckRow } from './checks.ts';
import { CONFIGURATION_CHECKS } from './checks-configuration.ts';
import { EMBEDDING_CHECKS } from './checks-embedding.ts';
import { GATEWAY_CHECKS } from './checks-gateway.ts';
import { KEY_CHECKS } from './checks-keys.ts';
import { ONCALL_CHECKS } from './checks-oncall.ts';
import { ORIGIN_CHECKS } from './checks-origin.ts';
import { SIGN_IN_CHECKS } from './checks-sign-in.ts';
import { STORAGE_CHECKS } from './checks-storage.ts';

/** Every check that there is, by its name. */
export const CHECKS: Readonly<Record<string, CheckRow>> = {
  ...CONFIGURATION_CHECKS,
  ...GATEWAY_CHECKS,
  ...STORAGE_CHECKS,
  ...ORIGIN_CHECKS,
  ...KEY_CHECKS,
  ...EMBEDDING_CHECKS,
  ...SIGN_IN_CHECKS,
  ...ONCALL_CHECKS,
};

/** The groups for people, in the order in which they are looked at. */
export const GROUP_TITLES: Readonly<Record<CheckGroup, string>> = {
  configuration: 'Configuration',
  gateway: 'Gateway',
  storage: 'Storage',
  origin: 'Origin',
  keys: 'Share keys',
  embedding: 'Embedding',
  'sign-in': 'Sign-in',
  oncall: 'OnCall',
};

/** The row of a check; undefined for one of a gateway of another version. */
export function findCheck(name: string): CheckRow | undefined {
  return Object.hasOwn(CHECKS, name) ? CHECKS[name] : undefined;
}
