import { answerLinkRefusal } from '../share/answer.ts';
import type { LinkPart } from '../share/inspect.ts';
import { GRAFANA_ORG_PARAMETER, V2_PARAMETERS as P, V1_PARAMETER } from '../share/parameters.ts';

/** What each parameter is. */
export const MEANINGS: Readonly<Record<string, string>> = {
  [V1_PARAMETER]: 'the key itself',
  [P.sign]: 'signature',
  [P.timestamp]: 'signed at, unix seconds',
  [P.name]: 'name of the key',
  [P.orgId]: 'organisation of the key',
  [P.expireSeconds]: 'session, in seconds',
  [GRAFANA_ORG_PARAMETER]: "Grafana's organisation",
};

/** What is wrong with a part, in the words of the gateway's own answer; undefined where nothing is. */
export function explainPart({ parameter, problem }: LinkPart): string | undefined {
  return problem && answerLinkRefusal({ code: 'invalid-parameter', parameter, problem }).more;
}
