/** One line of the file that `WRANGLER_OUTPUT_FILE_PATH` names: a JSON object each, of several types. */
interface ReportLine {
  readonly type?: string;
  /** Nothing where the person at the terminal stopped the deployment. */
  readonly version_id?: string | null;
  readonly targets?: readonly string[];
}

/** What a deployment has led to. */
export interface Deployed {
  /** Where the gateway answers, without a slash at the end; nothing where it has no address. */
  readonly address: string | undefined;
}

/** Reads wrangler's report of a deployment; undefined where nothing was deployed. */
export function readReport(report: string): Deployed | undefined {
  const lines = report.split('\n').filter((line) => line.trim() !== '');
  const deployment = lines
    .map((line) => JSON.parse(line) as ReportLine)
    .find(({ type, version_id }) => type === 'deploy' && typeof version_id === 'string');
  return deployment && { address: findAddress(deployment.targets ?? []) };
}

function findAddress(targets: readonly string[]): string | undefined {
  const addresses = targets.map(toAddress).filter((address) => address !== undefined);
  // The operator's own domain is what visitors see.
  return addresses.find((address) => !address.endsWith('.workers.dev')) ?? addresses[0];
}

/** Targets are addresses, hosts of custom domains, or routes: `grafana.example.com/* (zone name: example.com)`. */
function toAddress(target: string): string | undefined {
  const [pattern = ''] = target.split(' ');
  const host = /^(?:https:\/\/)?([a-z0-9-]+(?:\.[a-z0-9-]+)+)(?:\/\*)?$/i.exec(pattern)?.[1];
  return host === undefined ? undefined : `https://${host}`;
}

/** What to do after a deployment. */
export function describeNext(address: string | undefined, hasShareKeys: boolean): string {
  const gateway = address ?? 'https://<the gateway>';
  const keys = [
    'Next: register a share key. Write it into a file, for example keys.json:',
    '  [{"name":"portal","orgId":1,"token":"glsa_…","dashboards":["<dashboard uid>"]}]',
    'and hand that over, then delete the file:',
    '  npx wrangler secret put SHARE_KEYS < keys.json',
  ];
  const link = [
    'Next: make a share link, and open it within a minute. The token is read from POSTERN_KEY_TOKEN:',
    `  npx postern link '${gateway}/d/<dashboard uid>/<slug>?orgId=1' --name <key name> --org 1`,
  ];
  return (hasShareKeys ? link : keys).join('\n');
}
