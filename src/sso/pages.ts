import { escapeHtml } from '../lib/html.ts';
import { chooseLanguage, type Language } from '../refusal/negotiate.ts';
import { PAGE_POLICY, renderFrame } from '../refusal/page.ts';
import { LOGOUT_PATH } from './addresses.ts';

const WORDS = {
  en: {
    title: 'Sign in',
    why: 'These dashboards are for people who have signed in.',
    with: (name: string) => `Sign in with ${name}`,
    signedOut: 'You have signed out.',
    ended: 'Your sign-in has ended. Sign in again to go on where you were.',
    roundTitle: 'Sign-in goes round in circles',
    round:
      'You came back from the sign-in service twice within a minute, and are still not signed in here. So this page does not lead there again by itself.',
    roundNext:
      'Let this browser keep cookies of this site, and try again. If it stays like this, tell the operator the request id below.',
    request: 'Request',
    outTitle: 'Sign out?',
    outWhy: 'Another page has led here. Nothing has happened yet.',
    out: 'Sign out',
  },
  zh: {
    title: '登录',
    why: '登录后才能查看这些仪表板。',
    with: (name: string) => `使用 ${name} 登录`,
    signedOut: '您已退出登录。',
    ended: '您的登录已结束，请重新登录以继续。',
    roundTitle: '登录陷入循环',
    round: '您在一分钟内两次从登录服务返回，但仍未登录，因此本页面不再自动跳转。',
    roundNext: '请允许浏览器保留此站点的 Cookie，然后重试。若问题仍然存在，请将下方的请求编号告知运维人员。',
    request: '请求编号',
    outTitle: '退出登录？',
    outWhy: '您由其他页面跳转至此，尚未执行任何操作。',
    out: '退出登录',
  },
} as const;

/** Why somebody sees the sign-in page. `round`: the provider sent them back twice, and they are not signed in. */
export type SignInReason = 'needed' | 'signed-out' | 'ended' | 'round';

/** What the sign-in page shows. */
export interface SignInPage {
  readonly button: { readonly name: string; readonly icon: string };
  /** The address behind the button. */
  readonly to: string;
  readonly why: SignInReason;
  readonly requestId: string;
}

/** The sign-in page: a sentence or two, and one button. */
export function renderSignInPage({ button, to, why, requestId }: SignInPage, request: Request): Response {
  const language = chooseLanguage(request.headers.get('Accept-Language'));
  const words = WORDS[language];
  const says = { needed: words.why, 'signed-out': words.signedOut, ended: words.ended, round: words.round };
  const isRound = why === 'round';
  const content = `<p>${says[why]}</p>
${isRound ? `<p><strong>${words.roundNext}</strong></p>\n` : ''}<p><a class="open" href="${escapeHtml(to)}">${renderIcon(button.icon)}<span>${escapeHtml(words.with(button.name))}</span></a></p>
${isRound ? `<dl>\n<dt>${words.request}</dt><dd>${escapeHtml(requestId)}</dd>\n</dl>` : ''}`;
  const rules = { formAction: "form-action 'none'", referrer: 'no-referrer' };
  return answerPage(renderFrame(isRound ? words.roundTitle : words.title, content, language), request, rules);
}

/** The page that asks once more, for whoever was led to sign-out by another site. */
export function renderSignOutPage(request: Request, provider: string | undefined): Response {
  const language: Language = chooseLanguage(request.headers.get('Accept-Language'));
  const words = WORDS[language];
  const content = `<p>${words.outWhy}</p>
<form method="post" action="${LOGOUT_PATH}"><button class="open">${words.out}</button></form>`;
  // Chromium holds redirects of a form against this too.
  const targets = ["'self'", ...(provider === undefined ? [] : [provider])].join(' ');
  // Without a referrer, Chromium would send the form as if from nowhere (`Origin: null`), and it would be refused.
  const rules = { formAction: `form-action ${targets}`, referrer: 'same-origin' };
  return answerPage(renderFrame(words.outTitle, content, language), request, rules);
}

/** Drawings for the names of Grafana's icons that a sign-in may have; a key for every other. */
const ICONS: Readonly<Record<string, string>> = {
  signin: 'M10 3h5a2 2 0 0 1 2 2v10a2 2 0 0 1-2 2h-5M3 10h9m-3-3 3 3-3 3',
  key: 'M9 11l7-7m-3 3 2.5 2.5M6.5 17a3.5 3.5 0 1 0 0-7 3.5 3.5 0 0 0 0 7Z',
};

function renderIcon(name: string): string {
  const path = ICONS[name] ?? ICONS.signin;
  return `<svg class="icon" viewBox="0 0 20 20" aria-hidden="true"><path d="${path}"/></svg>`;
}

/** Nobody frames these but the gateway itself: whoever could would lead people to click what they do not see. */
function answerPage(
  html: string,
  { method }: Request,
  { formAction, referrer }: { readonly formAction: string; readonly referrer: string },
): Response {
  return new Response(method === 'HEAD' ? null : html, {
    headers: {
      'Content-Type': 'text/html; charset=utf-8',
      'Cache-Control': 'no-store',
      'Referrer-Policy': referrer,
      'X-Content-Type-Options': 'nosniff',
      'X-Robots-Tag': 'noindex',
      Vary: 'Accept-Language',
      'Content-Security-Policy': `${PAGE_POLICY.replace("form-action 'none'", formAction)}; frame-ancestors 'self'`,
    },
  });
}
