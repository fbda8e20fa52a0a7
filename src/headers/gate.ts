import type { Visit } from '../corridor.ts';
import { isPlainHost } from '../lib/request-url.ts';
import { findPathProblem } from './path.ts';

/** Methods that neither Grafana nor a browser needs, and that proxies treat in ways of their own. */
const REFUSED_METHODS: ReadonlySet<string> = new Set(['TRACE', 'TRACK', 'CONNECT']);

/** The door of `headers`: what can be read in two ways goes no further. */
export function ambiguityGate(request: Request, visit: Visit): Response | undefined {
  if (!isPlainHost(visit.url.host))
    return visit.refuse({ code: 'bad_request', more: 'The host is not a name.' });
  const problem = findPathProblem(visit.url.path);
  if (problem !== undefined)
    return visit.refuse({ code: 'bad_request', more: `About the path: ${problem}.` });
  if (REFUSED_METHODS.has(request.method)) {
    return visit.refuse({ code: 'bad_request', more: 'This method is not passed on.' });
  }
  return undefined;
}
