import { describe, expect, test } from 'vitest';
import { Secret } from '../../src/lib/secret.ts';

const TEXT = 'hunter2-hunter2-hunter2';
const secret = new Secret(TEXT);

/** What prints a secret in workerd; test/blackbox/secret.test.ts has inspection and the console. */
const PRINTERS: readonly (readonly [what: string, print: () => string])[] = [
  ['a template', () => `${secret}`],
  ['string conversion', () => String(secret)],
  ['joining', () => ['with', secret].join(' ')],
  ['JSON', () => JSON.stringify({ secret, list: [secret] })],
  ['its keys', () => JSON.stringify([Object.keys(secret), Object.entries(secret), { ...secret }])],
  ['Object.prototype.toString', () => Object.prototype.toString.call(secret)],
  ['an error', () => String(new Error(`with ${secret}`))],
  ['a clone', () => JSON.stringify(structuredClone({ ...secret }))],
];

describe('a secret', () => {
  test('is told only to who asks for it by name', () => {
    expect(secret.reveal()).toBe(TEXT);
  });

  test.each(PRINTERS)('is not printed by %s', (_, print) => {
    expect(print()).not.toContain('hunter2');
  });

  test('shows that something was there', () => {
    expect([`${secret}`, JSON.stringify(secret)]).toEqual(['[redacted]', '"[redacted]"']);
  });
});
