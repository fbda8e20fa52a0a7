import { checks } from './checks.ts';

/** What is looked at for a page that shall embed dashboards. */
export const EMBEDDING_CHECKS = checks({
  'embedding.cookie': {
    group: 'embedding',
    title: 'Cookie inside another page (`Secure`, `SameSite=None`, `Partitioned`)',
    why: 'Without these, browsers do not send the session back from inside a frame.',
    red: 'The gateway is http, so browsers keep no cookie.',
    yellow: 'The gateway is http on this machine: fine for development, not inside the page of another site.',
  },
  'embedding.mixed': {
    group: 'embedding',
    title: 'No mix of http and https',
    why: 'A page of https loads no frame over http.',
    red: 'The portal is https and the gateway http.',
    yellow: 'The portal is http, so anybody on the way can change the page and read its links.',
  },
  'embedding.ancestors': {
    group: 'embedding',
    title: 'Portal among `FRAME_ANCESTORS`',
    why: 'Browsers show nothing in frames of other pages; refusals before a key is proven follow this list.',
    red: "Neither `FRAME_ANCESTORS` nor any key's own list has the portal.",
    yellow: "Only lists of keys have it: links that are refused early show the browser's own error.",
  },
  'embedding.key-ancestors': {
    group: 'embedding',
    title: "Portal among a key's own `frameAncestors`",
    why: "A key's own list takes the place of `FRAME_ANCESTORS`.",
    yellow: 'The key has a list of its own without the portal: what it opens cannot be embedded there.',
  },
  'embedding.public-url': {
    group: 'embedding',
    title: '`PUBLIC_URL`',
    why: 'Links that the gateway makes, and its redirects, begin with it.',
    yellow:
      '`ADMIN_HOST` is set and `PUBLIC_URL` is not, so that links begin with the admin host; or `PUBLIC_URL` is not the address that was asked.',
  },
});
