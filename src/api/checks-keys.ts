import { checks } from './checks.ts';

/** What is looked at of each share key, in KV and in `SHARE_KEYS`. */
export const KEY_CHECKS = checks({
  'key.readable': {
    group: 'keys',
    title: 'Stored key can be opened',
    why: 'A key that was sealed with a secret that is gone opens no link, and nobody can read it again.',
    red: 'It was sealed with a secret that is not in `POSTERN_SECRETS`, or is damaged.',
  },
  'key.works': {
    group: 'keys',
    title: 'Grafana takes the token',
    why: 'Links of a key whose token Grafana refuses lead to an error.',
    red: 'Grafana refuses it.',
  },
  'key.role': {
    group: 'keys',
    title: 'Role of the token',
    why: 'Whoever holds a link acts as this account: nothing above Viewer is needed.',
    red: 'The role is Editor or Admin.',
  },
  'key.organisation': {
    group: 'keys',
    title: 'Organisation of the token',
    why: 'Grafana refuses a token for another organisation than its own.',
    red: 'It is of another organisation than the key.',
  },
  'key.expiry': {
    group: 'keys',
    title: 'Expiry of the key',
    why: 'From then on its links are refused.',
    red: 'It has expired.',
    yellow: 'It expires within 14 days.',
  },
  'key.age': {
    group: 'keys',
    title: 'Age of the token',
    why: 'The longer a token is in use, the more places have seen it.',
    yellow: 'The key has had it for more than a year.',
  },
  'key.session': {
    group: 'keys',
    title: 'Longest session (`maxSessionSeconds`)',
    why: 'The length that a link asks for is not signed: who changes it gets what the key allows.',
    yellow: 'None is set, or a session may last longer than a day.',
  },
  'key.scope': {
    group: 'keys',
    title: 'What its links may open: dashboards, Live, resources',
    why: 'A link that leaks opens all of it.',
    yellow:
      'No dashboards are listed, or all are open (`["*"]`), or Live or resources of data sources are open.',
  },
  'key.queries': {
    group: 'keys',
    title: 'Whether it can query more than its dashboards show',
    why: "Grafana does not tie a query to a dashboard: whoever holds a link can send the account's data sources any query.",
    yellow:
      'The account may query all data sources of its organisation, as any viewer of Grafana OSS may, or Grafana does not say.',
  },
});
