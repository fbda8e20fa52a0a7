import { checks } from './checks.ts';

/** What is looked at of the Grafana behind the gateway. */
export const ORIGIN_CHECKS = checks({
  'origin.reachable': {
    group: 'origin',
    title: 'Origin reachable, time to the first byte',
    why: 'Every dashboard comes from there.',
    red: 'It does not answer within 6 seconds, or answers 5xx.',
    yellow:
      'The first byte takes longer than 2 seconds, or the answer is neither success nor an error of the server.',
  },
  'origin.version': {
    group: 'origin',
    title: "Grafana's version and database (`/api/health`)",
    why: 'It tells that Grafana answers, and not a page in front of it.',
    red: 'Grafana says that its database fails.',
    yellow: 'What answers is not recognised as Grafana.',
  },
  'origin.framing': {
    group: 'origin',
    title: '`allow_embedding`, `X-Frame-Options` and policies',
    why: 'The gateway says itself who may embed; but a policy that the origin sends beside that holds as well.',
    yellow: "The origin's policy sandboxes its pages, or lets sockets go to another host than the gateway's.",
  },
  'origin.redirect': {
    group: 'origin',
    title: 'No redirect of `/` to another host',
    why: 'Who is sent elsewhere leaves the gateway, or goes round in a circle.',
    red: '`/` is redirected to another host: `enforce_domain`, or a guard that wants to be signed in to.',
  },
  'origin.root-url': {
    group: 'origin',
    title: '`root_url` fits the public address',
    why: 'Grafana makes the links of shares, alerts and redirects from it, and its policy for sockets.',
    yellow: '`root_url` has another origin than the gateway.',
  },
  'origin.live': {
    group: 'origin',
    title: 'WebSocket passes, and Grafana Live takes its `Origin`',
    why: 'Live dashboards, and all pages of people who signed in, open a socket.',
    red: 'The handshake fails, and somebody may use Live (a key with `live`, sign-in, or `VISITORS=pass`).',
    yellow: 'The handshake fails, and nobody may use Live.',
  },
  'origin.underscores': {
    group: 'origin',
    title: 'Which headers with an underscore arrive',
    why: 'Most proxies drop them without a word.',
    yellow: '`UNDERSCORE_HEADERS=keep`, and the origin does not get what is kept.',
  },
  'origin.open': {
    group: 'origin',
    title: 'Whether the origin answers without `ORIGIN_HEADERS`',
    why: 'Whoever reaches Grafana past the gateway is stopped by no revocation; with auth.proxy, they are whom they say.',
    red: '`ORIGIN_HEADERS` is set and Grafana answers without; or with `ORIGIN_IDENTITY=auth-proxy` nothing is set.',
    yellow: "No `ORIGIN_HEADERS` are set, so a request of the gateway is like anybody else's.",
  },
  'origin.anonymous': {
    group: 'origin',
    title: 'Anonymous access (`[auth.anonymous]`)',
    why: 'With `VISITORS=pass`, everybody who comes sees what Grafana shows to anonymous people.',
    red: '`VISITORS=pass`, and Grafana answers without credentials.',
    yellow: 'Grafana answers without credentials, and nobody comes through without a session.',
  },
  'origin.clock': {
    group: 'origin',
    title: 'Clock of the origin',
    why: 'Grafana refuses assertions of people who signed in that it takes for not yet, or no longer, valid.',
    red: 'It differs by more than 60 seconds.',
    yellow: 'It differs by more than 10 seconds.',
  },
});
