import type { Inspection, LinkHint, LinkVerdict } from '../share/inspect.ts';
import type { SignerMistake } from './signer-mistakes.ts';
import { formatMoment } from './words.ts';

type Reason = Extract<LinkVerdict, { accepted: false }>['reason'];

/** The verdict for people: one line, and what stands behind it. */
export interface VerdictWords {
  readonly headline: string;
  readonly lines: readonly string[];
}

export function explainVerdict(inspection: Inspection, mistake: SignerMistake | undefined): VerdictWords {
  const { verdict } = inspection;
  if (verdict.accepted) {
    return {
      headline: 'The gateway would accept this link, as far as can be told.',
      lines: [
        ...explainGap(inspection),
        'Only the gateway knows whether the key is registered, shares this dashboard, and is not revoked.',
      ],
    };
  }
  const { reason, code, more } = verdict;
  const causes = reason === 'signature' ? explainSignature(mistake) : [];
  const gap = reason === 'expired' ? explainGap(inspection) : [];
  return {
    headline: `The gateway would refuse this link: ${code}`,
    lines: [...(more === undefined ? [] : [more]), ...REASONS[reason], ...causes, ...gap],
  };
}

function explainGap({ signature, version }: Inspection): string[] {
  const isOpen = signature.state === 'not-checked' && version === 'v2';
  return isOpen
    ? ['The signature was not checked: that needs the token of the key (POSTERN_KEY_TOKEN).']
    : [];
}

const LOCAL_RULES = 'The link may still be good at a gateway that is set up otherwise.';

/** Why, and what to do. A reason without words does not compile. */
const REASONS: Readonly<Record<Reason, readonly string[]>> = {
  'ambiguous-path': [
    'The path could be read in two ways. Copy the address from the browser and sign it again.',
  ],
  'no-link': [
    'It has no share parameters, so it opens only for whom a session is open already.',
    'If a shell cut it off at an &, put it in quotes.',
  ],
  'sharing-off': [LOCAL_RULES],
  'version-off': [
    'Links of version 1 are off unless API_KEY_SHARE_VERSION names v1, since whoever holds one holds the key.',
    'For such a gateway: postern inspect --versions "v1 v2"',
  ],
  'invalid-parameter': [
    'See the parts below. A link is often cut off when it is copied, or at an & in a shell: put it in quotes.',
  ],
  'too-many-parameters': ['Shorten the address of the dashboard and sign it again.'],
  'not-a-dashboard': ['Sign the address of one dashboard.'],
  'unknown-key': [
    'The token is not that of the key in the link. The name in a link is not signed, so it may have been edited.',
  ],
  signature: ['The signature is not that of this token for this second.'],
  expired: [
    'It was signed too long ago, or by a clock that is wrong.',
    'Have a new one signed when the page is asked for, not earlier.',
  ],
  'dashboard-not-shared': [LOCAL_RULES],
  revoked: ['The link, its key, or its dashboard was taken back.'],
};

const MISTAKES: Readonly<Record<Exclude<SignerMistake['kind'], 'other-second'>, string>> = {
  milliseconds:
    'Its signer hashed the time in milliseconds: it has to be the ten digits that stand in the link.',
  'no-underscore': 'Its signer left out the underscore between derived value and timestamp.',
  'line-break': 'Its signer hashed a line break too (echo adds one: use printf).',
  'not-derived': 'Its signer hashed the token itself: it has to be the derived value (postern derive).',
  'derived-in-upper-case': 'Its signer hashed the derived value in upper-case hex: it has to be lower-case.',
  'derived-too-short': 'Its signer derived 32 bytes: it has to be 50 (100 hex digits).',
};

function explainSignature(mistake: SignerMistake | undefined): string[] {
  if (!mistake) {
    return [
      'Likely causes:',
      '  - it was signed with the token of another key, or with one that has been replaced;',
      '  - its timestamp is not the second that was signed;',
      '  - its signature or timestamp was edited, or cut off and filled up.',
    ];
  }
  if (mistake.kind !== 'other-second') return [MISTAKES[mistake.kind]];
  return [
    `This token signed it for another second, ${formatMoment(mistake.signedAt)}: signer and link have to use the same.`,
  ];
}

const HINTS: Readonly<Record<LinkHint, string>> = {
  'carries-key': 'this link carries a key. Whoever has seen it has the key: replace it if it went too far.',
  'html-escaped': 'the link has &amp; where & belongs: it was copied from the source of a page.',
  'after-fragment':
    'share parameters stand behind the #, where no server sees them. They belong in the query.',
  'timestamp-in-milliseconds':
    'the timestamp has 13 digits: that is milliseconds, and seconds are asked for.',
  'token-mistyped': 'the checksum of the token that was given is wrong: it has a typing mistake.',
  'carried-key-mistyped': 'the checksum of the key in the link is wrong: Grafana would refuse it.',
};
const IN_ARGUMENT = 'it was an argument: others on this machine can read it there. Better: postern inspect -';

export function explainHints(hints: readonly LinkHint[], wasArgument: boolean): string[] {
  const words = hints.map((hint) => HINTS[hint]);
  return hints.includes('carries-key') && wasArgument ? [...words, IN_ARGUMENT] : words;
}
