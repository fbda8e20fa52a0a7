import { describe, expect, test } from 'vitest';
import { CODES, type RefusalCode } from '../../src/refusal/codes.ts';
import { chooseLanguage, wantsHtml } from '../../src/refusal/negotiate.ts';
import { answerRefusal, type Refusal } from '../../src/refusal/refuse.ts';
import { Gateway, readProblem } from '../support/gateway.ts';

const ALL = Object.keys(CODES) as RefusalCode[];

function answer(refusal: Refusal, headers: Readonly<Record<string, string>> = {}, method = 'GET'): Response {
  const asked = { headers: new Headers(headers), method, requestId: 'request-1', frameAncestors: ["'self'"] };
  return answerRefusal(refusal, asked);
}

describe('a problem document', () => {
  test.each(ALL)('of %s has the fields of RFC 9457, and a code for programs', async (code) => {
    const response = answer({ code, more: 'More of it.' });
    expect(response.status).toBe(CODES[code].status);
    expect(response.headers.get('Content-Type')).toBe('application/problem+json');
    const problem = await readProblem(response);
    expect(problem).toMatchObject({
      type: `/-/problems/${code}`,
      title: CODES[code].title.en,
      status: CODES[code].status,
      code,
      requestId: 'request-1',
    });
    expect(problem.detail).toBe(`${CODES[code].detail.en} More of it. ${CODES[code].next.en}`);
  });

  test('is never kept, sniffed, indexed, nor told as a referrer', () => {
    const { headers } = answer({ code: 'session_required' });
    expect(headers.get('Cache-Control')).toBe('no-store');
    expect(headers.get('X-Content-Type-Options')).toBe('nosniff');
    expect(headers.get('X-Robots-Tag')).toBe('noindex');
    expect(headers.get('Referrer-Policy')).toBe('no-referrer');
    expect(headers.get('Vary')).toBe('Accept, Accept-Language');
  });

  test('has no body where only its head is asked for', async () => {
    for (const accept of ['*/*', 'text/html']) {
      const response = answer({ code: 'path_not_shared' }, { Accept: accept }, 'HEAD');
      expect(response.status).toBe(403);
      expect(await response.text()).toBe('');
    }
  });
});

describe('a page', () => {
  test.each(ALL)('of %s says the same in both languages', async (code) => {
    for (const [language, lang] of [
      ['en', 'en'],
      ['zh', 'zh-CN'],
    ] as const) {
      const response = answer({ code }, { Accept: 'text/html', 'Accept-Language': language });
      expect(response.status).toBe(CODES[code].status);
      expect(response.headers.get('Content-Type')).toBe('text/html; charset=utf-8');
      const page = unescapeHtml(await response.text());
      expect(page).toContain(`<html lang="${lang}">`);
      for (const part of [CODES[code].title, CODES[code].detail, CODES[code].next])
        expect(page).toContain(part[language]);
      expect(page).toContain(`<dd>${code}</dd>`);
      expect(page).toContain('<dd>request-1</dd>');
    }
  });

  test.each(ALL)('of %s has a text of its own in each language', (code) => {
    for (const part of [CODES[code].title, CODES[code].detail, CODES[code].next]) {
      expect(part.en).toMatch(/^[\x20-\x7e]+$/);
      expect(part.zh).toMatch(/[\u4e00-\u9fff]/);
    }
  });

  test('runs no script and loads nothing', () => {
    const policy = answer({ code: 'session_required' }, { Accept: 'text/html' }).headers.get(
      'Content-Security-Policy',
    );
    expect(policy).toContain("default-src 'none'");
    expect(policy).not.toMatch(/script|https?:/);
  });

  test('writes nothing into its HTML as it came', async () => {
    const refusal = { code: 'bad_request', more: '<img src=x onerror=alert(1)> & "quotes"' } as const;
    const page = await answer(refusal, { Accept: 'text/html' }).text();
    expect(page).toContain('&lt;img src=x onerror=alert(1)&gt; &amp; &quot;quotes&quot;');
    expect(page).not.toContain('<img');
  });

  test('shows nothing of the address that was asked for', async () => {
    for (const accept of ['*/*', 'text/html']) {
      const response = await new Gateway().fetch('/d/marker-in-path?marker-in-query=1', {
        headers: { Accept: accept },
      });
      expect(await response.text()).not.toContain('marker');
    }
  });
});

describe('whether a client asks for a page', () => {
  test.each([
    [null, false],
    ['*/*', false],
    ['application/json', false],
    ['text/html', true],
    ['text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8', true],
    ['application/xhtml+xml', true],
    ['TEXT/HTML', true],
    ['application/json, text/html;q=0', false],
    ['application/json, text/html;q=0.0', false],
    ['application/json, text/html;q=0.1', true],
    ['text/htmlx', false],
  ])('by Accept: %s is %s', (accept, isPage) => {
    expect(wantsHtml(accept)).toBe(isPage);
  });
});

describe('the language of a client', () => {
  test.each([
    [null, 'en'],
    ['', 'en'],
    ['zh', 'zh'],
    ['zh-CN,zh;q=0.9,en;q=0.8', 'zh'],
    ['en-GB,zh;q=0.9', 'en'],
    ['de,fr;q=0.9', 'en'],
    ['de,zh-TW;q=0.5,en;q=0.1', 'zh'],
    ['zh;q=0,en', 'en'],
    ['en;q=0.1,ZH;q=0.2', 'zh'],
  ])('by Accept-Language: %s is %s', (acceptLanguage, language) => {
    expect(chooseLanguage(acceptLanguage)).toBe(language);
  });
});

function unescapeHtml(page: string): string {
  return page
    .replaceAll('&#39;', "'")
    .replaceAll('&quot;', '"')
    .replaceAll('&lt;', '<')
    .replaceAll('&gt;', '>')
    .replaceAll('&amp;', '&');
}
