import { writeFile } from 'node:fs/promises';
import { makeSecret } from './random.ts';

/** Owner only: the file holds secrets. */
const MODE = 0o600;

/** What a new `.dev.vars` says, with a fresh secret in it. */
export function formatDevVars(makeText: () => string): string {
  return `# Secrets and settings of \`npm run dev\` on this machine. Git ignores this file, and no deployment reads it.
# docs/configuration.md lists what may stand here.

# Seals the cookies of sessions.
POSTERN_SECRETS="${makeText()}"

# The Grafana behind the gateway.
# ORIGIN_URL="http://127.0.0.1:3000"

# The keys whose share links are accepted.
# SHARE_KEYS='[{"name":"portal","orgId":1,"token":"glsa_…","dashboards":["uid"]}]'

# Opens the admin API.
ADMIN_TOKEN="${makeText()}"
`;
}

/** Makes the file where there is none. @returns whether it was made */
export async function createDevVars(path: string): Promise<boolean> {
  try {
    await writeFile(path, formatDevVars(makeSecret), { flag: 'wx', mode: MODE });
    return true;
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'EEXIST') return false;
    throw error;
  }
}
