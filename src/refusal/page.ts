import { escapeHtml } from '../lib/html.ts';
import type { CodeEntry } from './codes.ts';
import type { Language } from './negotiate.ts';
import type { Refusal } from './refuse.ts';

/** The policy of refusal pages: they run no script and load nothing. Who may frame them is added for each. */
export const PAGE_POLICY =
  "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'";

const WORDS = {
  en: {
    code: 'Code',
    request: 'Request',
    lang: 'en',
    open: 'Open in a new tab',
    signIn: 'Sign in',
    by: 'This answer comes from Postern, the gateway in front of the dashboards.',
  },
  zh: {
    code: '代码',
    request: '请求编号',
    lang: 'zh-CN',
    open: '在新标签页中打开',
    signIn: '登录',
    by: '此响应来自仪表板前端的网关 Postern。',
  },
} as const;

const STYLE = `
:root{color-scheme:light dark;--ink:#1b2330;--dim:#5b6675;--paper:#f4f5f7;--card:#fff;--line:#dfe3e8;--mark:#c2410c}
@media(prefers-color-scheme:dark){:root{--ink:#e6e9ee;--dim:#98a2b0;--paper:#11151b;--card:#1a2029;--line:#2b3340;--mark:#ff922b}}
*{box-sizing:border-box}
body{margin:0;min-height:100vh;display:grid;place-items:center;padding:1.25rem;background:var(--paper);color:var(--ink);font:1rem/1.55 system-ui,-apple-system,"Segoe UI",Roboto,"PingFang SC","Microsoft YaHei","Noto Sans CJK SC",sans-serif}
main{width:100%;max-width:34rem;padding:1.75rem;background:var(--card);border:1px solid var(--line);border-top:4px solid var(--mark);border-radius:.6rem}
h1{margin:0 0 .75rem;font-size:1.3rem;line-height:1.3}
p{margin:0 0 .75rem}
.more{color:var(--dim)}
dl{display:grid;grid-template-columns:max-content 1fr;gap:.15rem .9rem;margin:1.25rem 0 0;padding-top:1rem;border-top:1px solid var(--line);font-size:.85rem;color:var(--dim)}
.open{display:inline-flex;align-items:center;gap:.5rem;font:inherit;border:0;cursor:pointer;padding:.5rem .9rem;border-radius:.4rem;background:var(--mark);color:#fff;text-decoration:none;font-weight:600}
@media(prefers-color-scheme:dark){.open{color:#11151b}}
.icon{flex:none;width:1.15em;height:1.15em;fill:none;stroke:currentColor;stroke-width:1.8;stroke-linecap:round;stroke-linejoin:round}
.by{margin:1rem 0 0;font-size:.8rem;color:var(--dim)}
dd{margin:0;overflow-wrap:anywhere;font-family:ui-monospace,SFMono-Regular,Menlo,monospace}
`;

/** The page of a refusal: what happened and why, what to do, and what to tell the operator. */
export function renderPage(
  refusal: Refusal,
  entry: CodeEntry,
  requestId: string,
  language: Language,
): string {
  const words = WORDS[language];
  const more = refusal.more === undefined ? '' : `<p class="more" lang="en">${escapeHtml(refusal.more)}</p>`;
  const content = `<p>${escapeHtml(entry.detail[language])}</p>
${more}
<p><strong>${escapeHtml(entry.next[language])}</strong></p>
${renderOpen(refusal.openInTab, words.open)}
${renderSignIn(refusal.signInAt, words.signIn)}
<dl>
<dt>${words.code}</dt><dd>${refusal.code}</dd>
<dt>${words.request}</dt><dd>${escapeHtml(requestId)}</dd>
</dl>`;
  return renderFrame(entry.title[language], content, language);
}

/**
 * A page of the gateway around its content: light and dark, from a phone on.
 *
 * @param content HTML
 */
export function renderFrame(title: string, content: string, language: Language): string {
  const words = WORDS[language];
  return `<!doctype html>
<html lang="${words.lang}">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width,initial-scale=1">
<meta name="robots" content="noindex">
<title>${escapeHtml(title)}</title>
<style>${STYLE}</style>
</head>
<body>
<main>
<h1>${escapeHtml(title)}</h1>
${content}
<p class="by">${words.by}</p>
</main>
</body>
</html>
`;
}

function renderSignIn(address: string | undefined, words: string): string {
  return address === undefined ? '' : `<p><a class="open" href="${escapeHtml(address)}">${words}</a></p>`;
}

function renderOpen(address: string | undefined, words: string): string {
  if (address === undefined) return '';
  return `<p><a class="open" href="${escapeHtml(address)}" target="_blank" rel="noopener noreferrer">${words}</a></p>`;
}
