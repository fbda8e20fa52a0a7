import { EMBEDDING_CHECKS } from '../../api/checks-embedding.ts';
import type { Finding } from '../../api/findings.ts';
import type { Visit } from '../../corridor.ts';
import { findRefusedAncestor } from '../../headers/ancestors.ts';
import { isLoopbackHost } from '../../lib/request-url.ts';
import { findTransport, formatGrantCookie } from '../../session/cookies.ts';
import type { ShareKey } from '../../share/key.ts';
import { examineAll, findingsOf } from './examine.ts';
import { findKeys, labelOf } from './key-subjects.ts';

const tell = findingsOf(EMBEDDING_CHECKS);

/** Whether a page can embed dashboards. @param portal its origin */
export function examineEmbedding(portal: string | undefined, visit: Visit): Promise<Finding[]> {
  const { config } = visit.house;
  const gateway = new URL(visit.gateway);
  return examineAll(tell, [
    {
      checks: ['embedding.cookie', 'embedding.public-url'],
      examine: () => [
        judgeCookie(gateway),
        judgePublicUrl({
          publicOrigin: config.publicOrigin,
          asked: visit.ownOrigin,
          hasAdminHost: config.admin.host !== undefined,
        }),
      ],
    },
    {
      checks: ['embedding.mixed', 'embedding.ancestors'],
      examine: async () => {
        if (portal === undefined) return NO_PORTAL.map((check) => tell(check, UNNAMED));
        const keys = await findKeys(visit);
        const sources = config.origin.frameAncestors ?? [];
        return [judgeMixed(new URL(portal), gateway), ...judgeLists(portal, gateway.origin, sources, keys)];
      },
    },
  ]);
}

const NO_PORTAL = ['embedding.mixed', 'embedding.ancestors', 'embedding.key-ancestors'] as const;
const UNNAMED = { verdict: 'skipped', seen: 'No address of a portal was given.' } as const;

/** What a session's cookie looks like at an address: made as a link makes it. */
export function judgeCookie({ protocol, host }: URL): Finding {
  const transport = findTransport({ protocol, host });
  if (protocol !== 'https:' && !transport.isPlainLoopback)
    return tell('embedding.cookie', {
      verdict: 'red',
      seen: `${host} is plain HTTP: the cookie is Secure, and browsers do not keep it.`,
      fix: 'Serve the gateway over HTTPS.',
    });
  const cookie = formatGrantCookie('session', '', 60, transport);
  const attributes = ['Secure', 'SameSite=None', 'Partitioned'];
  const lacking = attributes.filter((attribute) => !cookie.split('; ').includes(attribute));
  if (lacking.length === 0)
    return tell('embedding.cookie', {
      verdict: 'green',
      seen: 'The cookie is Secure, SameSite=None and Partitioned: it comes back inside a frame.',
    });
  return tell('embedding.cookie', {
    verdict: 'yellow',
    seen: `${host} is this machine over plain HTTP: the cookie is without ${lacking.join(', ')}, and stays out of frames of other sites.`,
    fix: 'For visitors, serve the gateway over HTTPS.',
  });
}

/** http and https in one page (W3C Mixed Content). */
export function judgeMixed(portal: URL, gateway: URL): Finding {
  const seen = `The portal is ${portal.protocol.slice(0, -1)}, the gateway ${gateway.protocol.slice(0, -1)}.`;
  const isPlain = (url: URL) => url.protocol === 'http:' && !isLoopbackHost(url.host);
  if (portal.protocol === 'https:' && isPlain(gateway))
    return tell('embedding.mixed', {
      verdict: 'red',
      seen: `${seen} Browsers do not load the frame.`,
      fix: 'Serve the gateway over HTTPS.',
    });
  if (isPlain(portal))
    return tell('embedding.mixed', {
      verdict: 'yellow',
      seen: `${seen} Anybody on the way can read the links in the page.`,
      fix: 'Serve the portal over HTTPS.',
    });
  return tell('embedding.mixed', { verdict: 'green', seen });
}

/** The operator's list, and those of keys that have their own. */
export function judgeLists(
  portal: string,
  gateway: string,
  sources: readonly string[],
  keys: readonly Pick<ShareKey, 'orgId' | 'name' | 'frameAncestors'>[],
): Finding[] {
  const isListed = (list: readonly string[]) => mayEmbed(portal, list, gateway);
  const own = keys.flatMap(({ orgId, name, frameAncestors }) =>
    frameAncestors ? [{ about: labelOf({ orgId, name }), isListed: isListed(frameAncestors) }] : [],
  );
  const operators = judgeOperators(
    portal,
    isListed(sources),
    own.some((key) => key.isListed),
  );
  if (own.length === 0)
    return [
      operators,
      tell('embedding.key-ancestors', { verdict: 'green', seen: 'No key has a list of its own.' }),
    ];
  return [operators, ...own.map((key) => judgeOwn(portal, key))];
}

function judgeOperators(portal: string, isListed: boolean, isWithKeys: boolean): Finding {
  if (isListed)
    return tell('embedding.ancestors', { verdict: 'green', seen: `FRAME_ANCESTORS lets ${portal} embed.` });
  return tell('embedding.ancestors', {
    verdict: isWithKeys ? 'yellow' : 'red',
    seen: isWithKeys
      ? `FRAME_ANCESTORS does not have ${portal}; a key's own list has.`
      : `Neither FRAME_ANCESTORS nor a key's own list has ${portal}.`,
    fix: `Add ${portal} to FRAME_ANCESTORS${isWithKeys ? '' : ", or to the key's frameAncestors"}.`,
  });
}

function judgeOwn(
  portal: string,
  { about, isListed }: { readonly about: string; readonly isListed: boolean },
): Finding {
  if (isListed)
    return tell('embedding.key-ancestors', { verdict: 'green', about, seen: `Its list has ${portal}.` });
  return tell('embedding.key-ancestors', {
    verdict: 'yellow',
    about,
    seen: `Its own list does not have ${portal}, and takes the place of FRAME_ANCESTORS.`,
    fix: `If it is for this portal, add ${portal} to its frameAncestors.`,
  });
}

/** The same judgement as of a request that comes out of a frame of this page. */
function mayEmbed(portal: string, sources: readonly string[], gateway: string): boolean {
  const headers = new Headers({ 'Sec-Fetch-Dest': 'iframe', Referer: `${portal}/` });
  const isOwn = portal === gateway;
  return isOwn
    ? sources.includes("'self'") || sources.includes('*')
    : !findRefusedAncestor(headers, sources, '');
}

/** What tells by which address the gateway is known. */
interface Addresses {
  readonly publicOrigin: string | undefined;
  /** The address of this request. */
  readonly asked: string;
  readonly hasAdminHost: boolean;
}

export function judgePublicUrl({ publicOrigin, asked, hasAdminHost }: Addresses): Finding {
  if (publicOrigin === undefined && hasAdminHost)
    return tell('embedding.public-url', {
      verdict: 'yellow',
      seen: `ADMIN_HOST is set and PUBLIC_URL is not: links that the gateway makes begin with ${asked}, which visitors do not use.`,
      fix: 'Set PUBLIC_URL to the address under which visitors know the gateway.',
    });
  if (publicOrigin !== undefined && publicOrigin !== asked && !hasAdminHost)
    return tell('embedding.public-url', {
      verdict: 'yellow',
      seen: `The gateway was asked at ${asked}, and PUBLIC_URL is ${publicOrigin}: links lead there.`,
      fix: 'If visitors use the address that was asked, change PUBLIC_URL.',
    });
  return tell('embedding.public-url', {
    verdict: 'green',
    seen: `Links begin with ${publicOrigin ?? asked}.`,
  });
}
