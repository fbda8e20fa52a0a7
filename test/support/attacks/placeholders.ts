import { hmac } from '@noble/hashes/hmac.js';
import { md5 } from '@noble/hashes/legacy.js';
import { bytesToHex, utf8ToBytes } from '@noble/hashes/utils.js';
import { type FixtureKey, signText } from '../keys.ts';
import { extendMd5 } from './length-extension.ts';

/** What placeholders stand for in one case. */
export interface Scene {
  readonly key: FixtureKey;
  readonly now: number;
  readonly uid: string;
  readonly otherUid: string;
  readonly host: string;
  /** Cookies (`name=value`) and other texts by the name of their placeholder, filters included. */
  readonly cookies: Readonly<Record<string, string>>;
}

/** A signature that an attacker saw an hour ago, for length extension. */
const OLD_SECONDS = 3600;

/**
 * Fills in `{{…}}`: a name, arithmetic on `TS`, a repetition, or a function, with filters behind `|`. An unknown
 * one throws, so that no case runs with a placeholder in it.
 *
 * @param exact the decoded timestamp of the request, which `SIGN(...)` signs
 */
export function fillIn(template: string, scene: Scene, exact = ''): string {
  const filled = template.replace(/\{\{((?:[^{}]|\{TS\})*)\}\}/g, (_, expression: string) =>
    evaluate(expression, scene, exact),
  );
  // One that stands inside another comes first.
  return filled !== template && filled.includes('{{') ? fillIn(filled, scene, exact) : filled;
}

function evaluate(expression: string, scene: Scene, exact: string): string {
  const [, raw] = /^urlencode:(.*)$/s.exec(expression) ?? [];
  if (raw !== undefined) return encodeURIComponent(raw);
  const cookie = scene.cookies[expression];
  if (cookie !== undefined) return cookie;
  const [term = '', ...filters] = expression.split('|');
  return filters.reduce(applyFilter, evaluateTerm(term, scene, exact));
}

function evaluateTerm(term: string, scene: Scene, exact: string): string {
  const name = findName(term, scene);
  if (name !== undefined) return name;
  const [, character, times] = /^'(.)'\*(\d+)$/.exec(term) ?? [];
  if (character !== undefined) return character.repeat(Number(times));
  const [, call = '', argument = ''] = /^(\w+)\((.*)\)$/s.exec(term) ?? [];
  switch (call) {
    case 'SIGN':
      return signText(scene.key, readSigned(argument, scene, exact));
    case 'MD5':
      return bytesToHex(md5(utf8ToBytes(`${/'(.*)'/.exec(argument)?.[1]}${scene.now}`)));
    case 'HMAC_MD5':
      return bytesToHex(hmac(md5, utf8ToBytes(scene.key.derived), utf8ToBytes(String(scene.now))));
    case 'MD5_LENGTH_EXTENSION':
      return forgeExtended(/'(.*)'/.exec(argument)?.[1] ?? '', scene);
    default:
      throw new Error(`no placeholder ${term}`);
  }
}

function findName(term: string, { key, uid, otherUid, host, now }: Scene): string | undefined {
  const names: Readonly<Record<string, string>> = {
    uid,
    other_uid: otherUid,
    org: String(key.orgId),
    key: encodeURIComponent(key.name),
    unknown_key: 'nobody',
    host,
    TS_OLD: String(now - OLD_SECONDS),
    'p.sign': 'aliyun_api_key_sign',
  };
  return names[term] ?? findTime(term, now);
}

/** `TS`, `TS-61`, `TS+5`. */
function findTime(term: string, now: number): string | undefined {
  const [matched, offset = '0'] = /^TS([+-]\d+)?$/.exec(term) ?? [];
  return matched === undefined ? undefined : String(now + Number(offset));
}

/** The text that `SIGN(x)` signs: arithmetic, a text around `TS`, or what the request itself says. */
function readSigned(argument: string, { now }: Scene, exact: string): string {
  if (argument === '...' || argument === 'arabic-indic') return exact;
  const time = findTime(argument, now);
  if (time !== undefined) return time;
  return argument
    .replace(/\{TS\}|TS/g, String(now))
    .replace('NBSP ', '\u00a0')
    .replace('\\n', '\n')
    .replace('\\0', '\0');
}

/** Signed text: derived (100 digits), `_`, ten digits. Its length is public, which is all that an attacker needs. */
function forgeExtended(suffix: string, { key, now }: Scene): string {
  const signed = `${now - OLD_SECONDS}`;
  return extendMd5(signText(key, signed), key.derived.length + 1 + signed.length, utf8ToBytes(suffix));
}

function applyFilter(text: string, filter: string): string {
  switch (filter) {
    case 'upper':
      return text.toUpperCase();
    case 'first8':
      return text.slice(0, 8);
    case 'base64':
      return encodeURIComponent(
        btoa(text.replace(/../g, (hex) => String.fromCharCode(Number.parseInt(hex, 16)))),
      );
    case 'fullwidth':
      return text.replace(/[0-9a-f]/g, (character) => String.fromCharCode(character.charCodeAt(0) + 0xfee0));
    case 'first_letter_pct':
      return `%${text.charCodeAt(0).toString(16)}${text.slice(1)}`;
    default:
      throw new Error(`no filter ${filter}`);
  }
}
