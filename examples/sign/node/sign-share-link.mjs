#!/usr/bin/env node
/**
 * Signs a share link (version 2) to a Grafana dashboard behind a Postern gateway.
 * One file, Node.js 18 or later, nothing to install: copy it, or the functions you need, into your portal.
 *
 *   POSTERN_KEY_TOKEN=glsa_... node sign-share-link.mjs DASHBOARD_URL KEY_NAME ORG_ID [EXPIRE_SECONDS]
 *
 * Server side only: whoever can read the token, or the value derived from it, can sign links.
 */

import { createHash, pbkdf2Sync } from 'node:crypto';
import { realpathSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

const USAGE =
  'usage: sign-share-link.mjs DASHBOARD_URL KEY_NAME ORG_ID [EXPIRE_SECONDS], with the Grafana token in POSTERN_KEY_TOKEN';
const TOKEN_FORMS =
  'expected a service account token (glsa_<secret>_<8 hex digits>) or a Grafana 9 API key (base64, eyJ...)';
const WHOLE_NUMBER_FORM = 'expected a whole number of 1 to 10 digits that does not begin with 0';

const BASE64 = /^(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?$/;

/** Something the caller gave is not in its form. The message never holds the value: it may be a secret. */
export class BadInput extends Error {}

/**
 * What Grafana stores for a token, and what signs the links: 100 hex digits.
 *
 * Derive once, when your portal starts, and keep the result: the 10,000 iterations are there to be slow.
 * Keep it as safe as the token itself.
 */
export function derive(token) {
  const { secret, salt } = token.startsWith('glsa_') ? splitServiceAccountToken(token) : splitApiKey(token);
  return pbkdf2Sync(secret, salt, 10_000, 50, 'sha256').toString('hex');
}

/** Signature for one second. `timestamp` is in unix seconds. */
export function sign(derived, timestamp) {
  // Milliseconds (Date.now()) are the usual mistake, and the gateway takes nothing but ten digits.
  if (!/^[1-9][0-9]{9}$/.test(timestamp)) throw new BadInput('timestamp: expected unix seconds, ten digits');
  return createHash('md5').update(`${derived}_${timestamp}`).digest('hex');
}

/**
 * The dashboard's address with a signature, good for one minute: sign when the page is asked for, not earlier.
 *
 * `key` is `{ name, orgId, derived }`. Without `expireSeconds` the gateway's own default holds (one hour).
 */
export function signLink(dashboardUrl, key, timestamp, expireSeconds) {
  checkUrl(dashboardUrl);
  checkName(key.name);
  const parameters = [
    `aliyun_api_key_sign=${sign(key.derived, timestamp)}`,
    `aliyun_api_key_timestamp=${timestamp}`,
    `aliyun_api_key_name=${encodeURIComponent(key.name)}`,
    `aliyun_api_key_org_id=${key.orgId}`,
  ];
  if (expireSeconds !== undefined) parameters.push(`aliyun_api_key_expire_seconds=${expireSeconds}`);
  return appendQuery(dashboardUrl, parameters.join('&'));
}

function splitServiceAccountToken(token) {
  const parts = /^glsa_([A-Za-z0-9]+)_([0-9a-f]{8})$/.exec(token);
  if (!parts) throw malformedToken();
  return { secret: parts[1], salt: parts[2] };
}

function splitApiKey(token) {
  // Buffer skips what is not base64 instead of refusing it.
  if (!BASE64.test(token)) throw malformedToken();
  const key = parseJson(Buffer.from(token, 'base64').toString('utf8'));
  const complete = isText(key?.k) && isText(key?.n) && Number.isInteger(key?.id);
  if (!complete) throw malformedToken();
  return { secret: key.k, salt: key.n };
}

function parseJson(text) {
  try {
    return JSON.parse(text);
  } catch {
    // The parser's own message quotes the text, which is the secret.
    throw malformedToken();
  }
}

function isText(value) {
  return typeof value === 'string' && value !== '';
}

function malformedToken() {
  return new BadInput(`POSTERN_KEY_TOKEN holds no Grafana token: ${TOKEN_FORMS}`);
}

function checkUrl(url) {
  if (!/^https?:\/\/[^/?#\s][^\s\p{Cc}]*$/u.test(url)) {
    throw new BadInput(
      'dashboard URL: expected a whole address, https://host/d/..., without spaces or control characters',
    );
  }
  // The gateway refuses repeated parameters, so signing a signed link again would give a dead one.
  if (url.includes('aliyun_api_key')) {
    throw new BadInput(
      'dashboard URL: it is a share link already; expected the plain address of the dashboard',
    );
  }
}

function checkName(name) {
  const length = [...name].length;
  if (length < 1 || length > 190) throw new BadInput('key name: expected 1 to 190 characters');
}

/** Works on the text: a URL object would rewrite what is there already (spaces, escapes, empty values). */
function appendQuery(url, query) {
  const hash = url.indexOf('#');
  const end = hash < 0 ? url.length : hash;
  const address = url.slice(0, end);
  return address + joint(address) + query + url.slice(end);
}

function joint(address) {
  if (!address.includes('?')) return '?';
  return /[?&]$/.test(address) ? '' : '&';
}

function wholeNumber(text, what) {
  if (!/^[1-9][0-9]{0,9}$/.test(text)) throw new BadInput(`${what}: ${WHOLE_NUMBER_FORM}`);
  return Number(text);
}

function readTimestamp(text) {
  if (!text) return Math.floor(Date.now() / 1000);
  if (!/^[1-9][0-9]{9}$/.test(text)) {
    throw new BadInput('POSTERN_TIMESTAMP: expected unix seconds, ten digits');
  }
  return Number(text);
}

function linkFromCommandLine(args, env) {
  if (args.length < 3 || args.length > 4) throw new BadInput(USAGE);
  // From the environment, because every user of the machine may read the arguments of a process.
  const token = env.POSTERN_KEY_TOKEN;
  if (!token) throw new BadInput(`POSTERN_KEY_TOKEN is not set: ${TOKEN_FORMS}`);
  const [url, name, orgText, expireText] = args;
  const orgId = wholeNumber(orgText, 'organisation id');
  const expireSeconds = expireText === undefined ? undefined : wholeNumber(expireText, 'expire seconds');
  const timestamp = readTimestamp(env.POSTERN_TIMESTAMP);
  return signLink(url, { name, orgId, derived: derive(token) }, timestamp, expireSeconds);
}

function main() {
  try {
    console.log(linkFromCommandLine(process.argv.slice(2), process.env));
  } catch (error) {
    if (!(error instanceof BadInput)) throw error;
    console.error(`sign-share-link: ${error.message}`);
    process.exitCode = 2;
  }
}

// Lets a portal import the functions without running the program.
if (process.argv[1] && realpathSync(process.argv[1]) === fileURLToPath(import.meta.url)) main();
