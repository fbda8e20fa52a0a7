import { judgeHeaderName } from './names.ts';

/** The headers of a request that may go on: no claimed identity, nothing hop-by-hop, no credential. */
export function copyAnonymous(headers: Headers): Headers {
  const kept = new Headers();
  for (const [name, value] of headers) {
    if (judgeHeaderName(name) === 'pass') kept.append(name, value);
  }
  return kept;
}

/** The same with the visitor's own `Authorization` and cookies, for those who come as themselves. */
export function copyWithCredentials(headers: Headers): Headers {
  const kept = new Headers();
  for (const [name, value] of headers) {
    if (judgeHeaderName(name) !== 'drop') kept.append(name, value);
  }
  return kept;
}
