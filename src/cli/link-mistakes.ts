import type { Inspection, LinkPart, LinkVerdict } from '../share/inspect.ts';
import { GRAFANA_ORG_PARAMETER, V2_PARAMETERS as P } from '../share/parameters.ts';
import type { GrafanaToken } from '../share/token.ts';
import { CliError, misuse } from './cli-error.ts';

type Refused = Extract<LinkVerdict, { accepted: false }>;

/** Why a link that was ordered would be refused, in terms of what was typed. */
export function createOrderMistake(inspection: Inspection, verdict: Refused): CliError {
  const part = inspection.parts.find(({ problem }) => problem !== undefined);
  if (verdict.reason === 'not-a-dashboard') return createNotADashboard(inspection.path);
  if (verdict.reason === 'invalid-parameter' && part) return createValueMistake(part);
  return misuse({
    code: 'url-refused',
    what: 'The gateway would refuse this address.',
    details: verdict.more ?? `It would answer ${verdict.code}.`,
    fix: 'Copy the address of the dashboard from the browser.',
  });
}

function createNotADashboard(path: string): CliError {
  return misuse({
    code: 'url-not-a-dashboard',
    what: 'The address is not that of a dashboard.',
    details: `Its path is ${path}; a share link leads to /d/<uid>/… or /d-solo/<uid>/…`,
    fix: 'Open the dashboard through the gateway and copy its address.',
  });
}

/** Options by the parameter that carries their value. */
const OPTIONS: ReadonlyMap<string, readonly [option: string, form: string]> = new Map([
  [P.name, ['name', '1 to 190 characters, none of them a control character']],
  [P.orgId, ['org', 'a positive whole number of at most ten digits']],
  [P.expireSeconds, ['expires', 'a positive whole number of seconds, of at most ten digits']],
]);

function createValueMistake({ parameter, problem }: LinkPart): CliError {
  if (parameter === GRAFANA_ORG_PARAMETER) return createOrgMistake(problem);
  const [option, form] = OPTIONS.get(parameter) ?? [parameter, 'see the documentation'];
  return misuse({
    code: 'option-value',
    what: `--${option} is not in its form.`,
    details: `It takes ${form}.`,
    fix: 'See: postern help link',
  });
}

const ORG_PROBLEMS: Partial<Readonly<Record<NonNullable<LinkPart['problem']>, string>>> = {
  'differs-from-key': 'It names another organisation than --org.',
  repeated: 'It is there more than once.',
  spelling: 'It is spelt in another way.',
};

function createOrgMistake(problem: LinkPart['problem']): CliError {
  return misuse({
    code: 'url-org',
    what: 'The orgId in the address does not fit.',
    details: (problem && ORG_PROBLEMS[problem]) ?? 'It is not a positive whole number.',
    fix: 'A key belongs to one organisation: give its id with --org, and the same in the address, or none there.',
  });
}

/** For what is no address at all, or none that can be handed on. */
export function createMalformedAddress(details: string): CliError {
  return misuse({
    code: 'url-form',
    what: 'The address cannot be used.',
    details,
    fix: "Give the whole address in quotes: 'https://grafana.example.com/d/<uid>/<name>'",
  });
}

/** A Grafana 9 API key says whose it is; the gateway would not know it under another name. */
export function createForeignToken(embedded: GrafanaToken['embedded']): CliError {
  return new CliError({
    code: 'token-of-another-key',
    what: 'The token is that of another key.',
    details: `It was made for "${embedded?.name}" of organisation ${embedded?.orgId}.`,
    fix: 'Give that name and organisation with --name and --org, or take the token of the key that you named.',
  });
}

/** A token in the place of a name would go out with every link. */
export function createCarriedKey(where = '--name'): CliError {
  return misuse({
    code: 'name-is-a-key',
    what: `${where} looks like a token.`,
    details: 'It takes the name of the key, which everyone can read in its links.',
    fix: 'Give the name under which the key is registered. If the token was real, replace it in Grafana.',
  });
}
