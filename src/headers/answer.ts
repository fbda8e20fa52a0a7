import type { Refusal } from '../refusal/refuse.ts';
import { HEADER_VALUE_LENGTH_MAX, HEADERS_MAX, type HeaderRefusal } from './inbound.ts';

/** The answer to headers that can be read in two ways. A name is a token of HTTP, so it may be repeated. */
export function answerHeaderRefusal(refusal: HeaderRefusal): Refusal {
  switch (refusal.code) {
    case 'too-many-headers':
      return { code: 'bad_request', more: `The request has more than ${HEADERS_MAX} headers.` };
    case 'header-too-long':
      return {
        code: 'bad_request',
        more: `The header ${refusal.name} is longer than ${HEADER_VALUE_LENGTH_MAX} characters.`,
      };
    case 'underscore-rejected':
      return {
        code: 'bad_request',
        more: `The header ${refusal.name} has an underscore, which this gateway does not pass on. Send it with hyphens.`,
      };
    case 'two-forms':
      return {
        code: 'bad_request',
        more: `The header ${refusal.name} came in two spellings with two values. Send one of them.`,
      };
  }
}
