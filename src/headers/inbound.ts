import { fail, ok, type Result } from '../lib/result.ts';
import { classOf, foldName } from './names.ts';
import type { HeaderOptions } from './options.ts';

/** What becomes of one name on its way to the origin. */
type Verdict =
  | { readonly action: 'pass' | 'credential' | 'reject' }
  /** Goes on as it came, unless its hyphenated form came too, with another value. */
  | { readonly action: 'keep'; readonly otherForm: string }
  /** `isNoted`: its sender may have meant something by it, so the operator is told. */
  | { readonly action: 'drop'; readonly isNoted: boolean }
  | { readonly action: 'rename'; readonly to: string };

/** Why the headers of a request can be read in two ways. Names only, never values. */
export type HeaderRefusal =
  | { readonly code: 'too-many-headers' }
  | { readonly code: 'header-too-long'; readonly name: string }
  | { readonly code: 'underscore-rejected'; readonly name: string }
  | { readonly code: 'two-forms'; readonly name: string };

/** Headers that may go on, and what was changed on the way. */
export interface Inbound {
  readonly headers: Headers;
  /** `name` or `name -> new-name`; undefined where nothing was changed, which is nearly always. */
  readonly changes: readonly string[] | undefined;
}

/** More than any browser or client sends; Cloudflare itself allows more. */
export const HEADERS_MAX = 200;
/** Longest value of one header. Cookies, of which there may be many, have the runtime's own limit. */
export const HEADER_VALUE_LENGTH_MAX = 16_384;
const REMEMBERED_MAX = 512;
const CANONICAL = /^[a-z0-9]+(?:-[a-z0-9]+)*$/;

/**
 * Decides which headers of a client go on to an origin, and under which names: normalise, then strip (the
 * gateway sets its own afterwards). Verdicts on names are remembered in the isolate.
 */
export class InboundHeaders {
  readonly #options: HeaderOptions;
  readonly #verdicts = new Map<string, Verdict>();

  constructor(options: HeaderOptions) {
    this.#options = options;
  }

  /**
   * Both forms of a name with one value are one header; with two values nobody can say which is meant.
   *
   * @param keepCredentials whether the visitor's own `Authorization` and cookies go on
   */
  prepare(sent: Headers, keepCredentials: boolean): Result<Inbound, HeaderRefusal> {
    // Most headers go on as they came: a copy less a few costs a fraction of a new list.
    const headers = new Headers(sent);
    let changes: string[] | undefined;
    let forms: Map<string, string> | undefined;
    let count = 0;
    for (const [name, value] of sent) {
      if (++count > HEADERS_MAX) return fail({ code: 'too-many-headers' });
      if (value.length > HEADER_VALUE_LENGTH_MAX && name !== 'cookie')
        return fail({ code: 'header-too-long', name });
      const verdict = this.#judge(name);
      if (verdict.action === 'pass' || (verdict.action === 'credential' && keepCredentials)) continue;
      if (verdict.action === 'keep') {
        const other = forms?.get(verdict.otherForm) ?? sent.get(verdict.otherForm) ?? value;
        if (other !== value) return fail({ code: 'two-forms', name });
        forms = (forms ?? new Map<string, string>()).set(verdict.otherForm, value);
        continue;
      }
      if (verdict.action === 'reject') return fail({ code: 'underscore-rejected', name });
      headers.delete(name);
      if (verdict.action === 'rename') {
        if ((headers.get(verdict.to) ?? value) !== value) return fail({ code: 'two-forms', name });
        headers.set(verdict.to, value);
        changes = [...(changes ?? []), `${name} -> ${verdict.to}`];
      } else if (verdict.action === 'drop' && verdict.isNoted) {
        changes = [...(changes ?? []), name];
      }
    }
    return ok({ headers, changes });
  }

  #judge(name: string): Verdict {
    const known = this.#verdicts.get(name);
    if (known) return known;
    const verdict = judgeName(name, this.#options);
    // Real clients use few names. Whoever makes up many only makes the memory start again.
    if (this.#verdicts.size >= REMEMBERED_MAX) this.#verdicts.clear();
    this.#verdicts.set(name, verdict);
    return verdict;
  }
}

/**
 * Judges one name (lower case, as `Headers` yields them). Whatever folds to a name that claims an identity or
 * frames a message is gone, whatever the mode; only then do the operator's wishes for underscores count.
 */
function judgeName(name: string, options: HeaderOptions): Verdict {
  const folded = foldName(name);
  const nameClass = options.claims.includes(folded) ? 'claim' : classOf(folded);
  const isCanonical = CANONICAL.test(name);
  if (nameClass === 'claim' || nameClass === 'hop') return { action: 'drop', isNoted: !isCanonical };
  if (isCanonical) return { action: nameClass === 'credential' ? 'credential' : 'pass' };
  if (nameClass !== 'other') return { action: 'drop', isNoted: true };
  return judgeUncommon(name, options);
}

function judgeUncommon(name: string, { underscores, renamed, claims }: HeaderOptions): Verdict {
  const to = renamed.get(name);
  // A new name that the operator's own settings make a claim must not be reached by renaming either.
  if (to !== undefined && claims.includes(to)) return { action: 'drop', isNoted: true };
  if (to !== undefined) return { action: 'rename', to };
  if (!name.includes('_')) return { action: 'pass' };
  switch (underscores) {
    case 'hyphenate':
      return { action: 'rename', to: name.replaceAll('_', '-') };
    case 'keep':
      return { action: 'keep', otherForm: name.replaceAll('_', '-') };
    case 'drop':
      return { action: 'drop', isNoted: true };
    case 'reject':
      return { action: 'reject' };
  }
}
