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
    outTitle: 'Sign out?',
    outWhy: 'Another page has led here. Nothing has happened yet.',
    out: 'Sign out',
  },
  zh: {
    title: '登录',
    why: '登录后才能查看这些仪表板。',
    with: (name: string) => `使用 ${name} 登录`,
    signedOut: '您已退出登录。',
    outTitle: '退出登录？',
    outWhy: '您由其他页面跳转至此，尚未执行任何操作。',
    out: '退出登录',
  },
} as const;

/** What the sign-in page shows. */
export interface SignInPage {
  readonly button: { readonly name: string; readonly icon: string };
  /** The address behind the button. */
  readonly to: string;
  readonly wasSignedOut: boolean;
}

/** The sign-in page: one button. */
export function renderSignInPage({ button, to, wasSignedOut }: SignInPage, request: Request): Response {
  const language = chooseLanguage(request.headers.get('Accept-Language'));
  const words = WORDS[language];
  const content = `<p>${wasSignedOut ? words.signedOut : words.why}</p>
<p><a class="open" href="${escapeHtml(to)}">${renderIcon(button.icon)}<span>${escapeHtml(words.with(button.name))}</span></a></p>`;
  const rules = { formAction: "form-action 'none'", referrer: 'no-referrer' };
  return answerPage(renderFrame(words.title, content, language), request, rules);
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
  key: 'M12.5 7.5a3.5 3.5 0 1 1-3.4 4.3L3 12v2.5h2.5M12.5 7.5',
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
