/**
 * Replaces the origin's say on framing by the gateway's own: `X-Frame-Options` goes, `frame-ancestors` is taken
 * out of the origin's policies (several policies only ever add up), and one policy with the sources that the
 * operator named is added.
 */
export function setFrameAncestors(headers: Headers, sources: readonly string[]): void {
  headers.delete('X-Frame-Options');
  const policy = headers.get('Content-Security-Policy');
  const kept = policy === null ? '' : removeFrameAncestors(policy);
  if (kept === '') headers.delete('Content-Security-Policy');
  else if (kept !== policy) headers.set('Content-Security-Policy', kept);
  headers.append('Content-Security-Policy', `frame-ancestors ${sources.join(' ')}`);
}

/** Policies joined by `,` and directives by `;` (CSP Level 3 §2.2), less every `frame-ancestors`. */
function removeFrameAncestors(policies: string): string {
  return policies
    .split(',')
    .map((policy) => policy.split(';').filter((directive) => !/^\s*frame-ancestors(?:\s|$)/i.test(directive)))
    .map((directives) => directives.join(';').trim())
    .filter((policy) => policy !== '')
    .join(', ');
}
