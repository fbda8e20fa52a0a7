import { CODES, type CodeEntry, type RefusalCode } from './codes.ts';
import { chooseLanguage, wantsHtml } from './negotiate.ts';
import { PAGE_POLICY, renderPage } from './page.ts';

/** A refusal as a room states it. */
export interface Refusal {
  readonly code: RefusalCode;
  /** A sentence that says more than the code's own, in English; the code's own stands before it. Never a secret. */
  readonly more?: string | undefined;
  /** An address of the gateway that the page offers to open in a tab of its own. */
  readonly openInTab?: string | undefined;
  /** An address of the gateway where the visitor can sign in. */
  readonly signInAt?: string | undefined;
}

/** Where the refusal happened, for its answer. */
export interface RefusedRequest {
  readonly headers: Headers;
  readonly method: string;
  readonly requestId: string;
  /** CSP sources of the pages that may frame the answer: those of the key concerned, else the operator's own. */
  readonly frameAncestors: readonly string[];
}

/**
 * The answer to a refused request: a problem document (RFC 9457), or a page with the same content for a
 * browser that asks for HTML. Never cached, and nothing in it comes from the request.
 */
export function answerRefusal(refusal: Refusal, request: RefusedRequest, extra?: Headers): Response {
  const entry: CodeEntry = CODES[refusal.code];
  const asPage = wantsHtml(request.headers.get('accept'));
  const headers = new Headers(extra);
  headers.set('Content-Type', asPage ? 'text/html; charset=utf-8' : 'application/problem+json');
  headers.set('Cache-Control', 'no-store');
  headers.set('Referrer-Policy', 'no-referrer');
  headers.set('X-Content-Type-Options', 'nosniff');
  headers.set('X-Robots-Tag', 'noindex');
  headers.append('Vary', 'Accept, Accept-Language');
  headers.set(
    'Content-Security-Policy',
    `${PAGE_POLICY}; frame-ancestors ${request.frameAncestors.join(' ')}`,
  );
  const language = chooseLanguage(request.headers.get('accept-language'));
  const body = asPage
    ? renderPage(refusal, entry, request.requestId, language)
    : formatProblem(refusal, entry, request);
  return new Response(request.method === 'HEAD' ? null : body, { status: entry.status, headers });
}

function formatProblem(refusal: Refusal, entry: CodeEntry, request: RefusedRequest): string {
  const detail = [entry.detail.en, refusal.more, entry.next.en].filter((sentence) => sentence !== undefined);
  return JSON.stringify({
    type: `/-/problems/${refusal.code}`,
    title: entry.title.en,
    status: entry.status,
    detail: detail.join(' '),
    code: refusal.code,
    requestId: request.requestId,
    gateway: 'Postern',
  });
}
