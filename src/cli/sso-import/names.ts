import { VARIABLES } from '../../config/variables.ts';
import { OAUTH, type Setting } from './setting.ts';

const PREFIX = 'GF_AUTH_GENERIC_OAUTH_';

/** Whether sign-in is on. */
export const ENABLED = `${PREFIX}ENABLED`;

/** Options of other sections that concern sign-in at the edge. */
const OTHERS: Readonly<Record<string, readonly string[]>> = {
  users: ['auto_assign_org', 'auto_assign_org_id', 'auto_assign_org_role'],
  'auth.proxy': ['header_name', 'header_property', 'headers', 'headers_encoded'],
  'auth.jwt': ['header_name'],
  security: ['admin_user', 'admin_email'],
};

/** Options of `[auth]`, for all providers, by the option of generic OAuth that says the same of it alone. */
export const FOR_ALL: ReadonlyMap<string, string> = new Map([
  ['signout_redirect_url', 'signout_redirect_url'],
  ['oauth_auto_login', 'auto_login'],
]);

/** The variable that takes an option; undefined where it is about something else. It need not be there. */
export function nameVariable({ section, key }: Setting): string | undefined {
  if (section === OAUTH) return `${PREFIX}${key.toUpperCase()}`;
  const single = section === 'auth' ? FOR_ALL.get(key) : undefined;
  if (single !== undefined) return `${PREFIX}${single.toUpperCase()}`;
  if (!OTHERS[section]?.includes(key)) return undefined;
  // Grafana's own rule for names of its environment.
  return `GF_${section}_${key}`.replace(/[.-]/g, '_').toUpperCase();
}

/** The options of generic OAuth that there are. */
export function listOptions(): string[] {
  return Object.keys(VARIABLES)
    .filter((name) => name.startsWith(PREFIX))
    .map((name) => name.slice(PREFIX.length).toLowerCase());
}
