import { checks } from './checks.ts';

/** What is looked at of KV and the Durable Objects. */
export const STORAGE_CHECKS = checks({
  'storage.kv': {
    group: 'storage',
    title: 'KV (`POSTERN_KV`): write, read back, delete',
    why: 'Keys, revocations and regions of OnCall live there. While it cannot be read, nobody with a link gets in.',
    red: 'It is not bound, or a value cannot be written, read or deleted.',
    yellow: 'Writing or reading takes longer than 2 seconds.',
  },
  'storage.kv-visible': {
    group: 'storage',
    title: 'Time until a write of KV is visible here',
    why: 'A revocation acts once it is visible; other places of Cloudflare may take a minute more.',
    yellow: 'What was written is not visible within 6 seconds.',
  },
  'storage.ledger': {
    group: 'storage',
    title: 'Durable Objects of ledgers (`POSTERN_LEDGER`): write, read back',
    why: 'They hold events, counts and pauses after wrong signatures, and decide which change of a key holds.',
    red: 'A ledger cannot be written or read.',
    yellow: 'They are not bound, or one takes longer than 2 seconds.',
  },
  'storage.sign-ins': {
    group: 'storage',
    title: 'Durable Objects of sign-ins (`POSTERN_SIGN_INS`)',
    why: 'What a sign-in holds lives there: without them nobody who is signed in gets on.',
    red: 'Sign-in is on, and its objects do not answer.',
    yellow: 'One takes longer than 2 seconds.',
  },
});
