import { SIGN_IN_CODES } from './sign-in-codes.ts';

/** A text in the languages of visitor pages. */
export interface Localised {
  readonly en: string;
  readonly zh: string;
}

/** What one code answers. */
export interface CodeEntry {
  readonly status: number;
  readonly title: Localised;
  /** What happened and why. */
  readonly detail: Localised;
  /** What the visitor can do now. */
  readonly next: Localised;
}

const ASK_FOR_NEW_LINK: Localised = {
  en: 'Go back to the page that showed you this link and open it again, or ask its owner for a new one.',
  zh: '请返回提供该链接的页面重新打开，或向链接的所有者索取新的链接。',
};
const ASK_OWNER: Localised = {
  en: 'Ask the person or the portal that gave you the link.',
  zh: '请联系向您提供链接的人员或门户网站。',
};
const TRY_AGAIN: Localised = {
  en: 'Try again in a moment. If it stays like this, tell the operator the request id below.',
  zh: '请稍后重试。若问题仍然存在，请将下方的请求编号告知运维人员。',
};

/** Every refusal of the gateway (design: interface, "Refusals"). Codes are settled names: programs rely on them. */
export const CODES = {
  bad_request: {
    status: 400,
    title: { en: 'This request can be read in two ways', zh: '请求存在歧义' },
    detail: {
      en: 'Its path, parameters or headers are not in their plain form, so the gateway did not guess what was meant.',
      zh: '请求的路径、参数或请求头不是规范形式，网关不会猜测其含义。',
    },
    next: {
      en: 'Check the address for stray characters and send it again.',
      zh: '请检查地址中是否有多余字符后重试。',
    },
  },
  share_link_malformed: {
    status: 400,
    title: { en: 'This link is not complete', zh: '链接不完整' },
    detail: {
      en: 'A parameter of the share link is missing, given twice or not in its form. It may have been cut off when it was copied.',
      zh: '分享链接的某个参数缺失、重复或格式不正确，可能在复制时被截断。',
    },
    next: ASK_FOR_NEW_LINK,
  },
  share_link_invalid: {
    status: 403,
    title: { en: 'This link is not valid', zh: '链接无效' },
    detail: {
      en: 'Its signature does not belong to a key that is known here.',
      zh: '链接的签名与此处登记的任何密钥都不相符。',
    },
    next: ASK_OWNER,
  },
  share_link_not_accepted: {
    status: 403,
    title: { en: 'Links of this kind are not accepted here', zh: '此处不接受此类链接' },
    detail: {
      en: 'Sharing by link, or this version of it, is switched off at this gateway.',
      zh: '此网关已关闭链接分享，或不接受该版本的分享链接。',
    },
    next: ASK_OWNER,
  },
  share_key_not_accepted: {
    status: 403,
    title: { en: 'This credential is not accepted from outside', zh: '不接受来自外部的此凭证' },
    detail: {
      en: 'The Authorization header carries a key that signs share links. It works through links only.',
      zh: 'Authorization 请求头携带了用于签名分享链接的密钥。该密钥只能通过链接使用。',
    },
    next: {
      en: 'Use a credential of your own, or a share link. If this key is known outside, replace it.',
      zh: '请使用您自己的凭证或分享链接。如果该密钥已泄露，请更换它。',
    },
  },
  share_link_expired: {
    status: 403,
    title: { en: 'This link has expired', zh: '链接已过期' },
    detail: {
      en: 'A share link can be opened only shortly after it was made, and this one is older (or the clock that signed it is wrong).',
      zh: '分享链接只能在生成后的短时间内打开，此链接已超过时限（或签名方的时钟不准确）。',
    },
    next: ASK_FOR_NEW_LINK,
  },
  session_required: {
    status: 401,
    title: { en: 'There is no session here, or it has ended', zh: '没有会话，或会话已结束' },
    detail: {
      en: 'This page opens by a share link, and a session that a link has opened ends after a set time.',
      zh: '此页面需通过分享链接打开，链接所开启的会话会在限定时间后结束。',
    },
    next: ASK_FOR_NEW_LINK,
  },
  path_not_shared: {
    status: 403,
    title: { en: 'This page is not part of what was shared', zh: '此页面不在分享范围内' },
    detail: {
      en: 'The session may see the dashboards of its link and what belongs to them, nothing else.',
      zh: '该会话只能查看链接所分享的仪表板及其相关内容。',
    },
    next: ASK_OWNER,
  },
  revoked: {
    status: 403,
    title: { en: 'This access was taken back', zh: '访问权限已被撤销' },
    detail: {
      en: 'The link, its key, the session or the dashboard was revoked by its owner.',
      zh: '该链接、密钥、会话或仪表板已被所有者撤销。',
    },
    next: ASK_OWNER,
  },
  revocation_unavailable: {
    status: 503,
    title: { en: 'Access cannot be checked right now', zh: '暂时无法核实访问权限' },
    detail: {
      en: 'The gateway cannot read whether this access was taken back, so it lets nobody in until it can.',
      zh: '网关暂时无法读取撤销记录，因此在恢复之前不会放行任何人。',
    },
    next: TRY_AGAIN,
  },
  admin_token_required: {
    status: 401,
    title: { en: 'The admin API needs its token', zh: '管理接口需要令牌' },
    detail: {
      en: 'The Authorization header carries no admin token, or a wrong one.',
      zh: 'Authorization 请求头中没有管理令牌，或令牌不正确。',
    },
    next: {
      en: 'Send Authorization: Bearer <ADMIN_TOKEN>. For the command line, set POSTERN_ADMIN_TOKEN.',
      zh: '请发送 Authorization: Bearer <ADMIN_TOKEN>。使用命令行时请设置 POSTERN_ADMIN_TOKEN。',
    },
  },
  too_many_attempts: {
    status: 429,
    title: { en: 'Too many requests', zh: '请求过于频繁' },
    detail: {
      en: 'There were more requests, or more wrong ones, from here or for this key than are allowed in a minute.',
      zh: '来自此处或针对该密钥的请求（或错误请求）超过了每分钟的限制。',
    },
    next: {
      en: 'Wait as long as the Retry-After header says and try again.',
      zh: '请按照 Retry-After 响应头指示的时间等待后重试。',
    },
  },
  cookies_blocked: {
    status: 400,
    title: { en: 'This browser blocks the cookie of this frame', zh: '浏览器阻止了此框架的 Cookie' },
    detail: {
      en: 'The dashboard is shown inside another page and needs a cookie of its own there. The browser did not send it back: cookies are switched off for embedded pages, or the browser is too old for partitioned cookies.',
      zh: '仪表板嵌入在其他页面中，需要使用自己的 Cookie，但浏览器没有将其发回：可能禁用了嵌入页面的 Cookie，或浏览器版本过旧，不支持分区 Cookie。',
    },
    next: {
      en: 'Open the dashboard in a tab of its own, or allow cookies for this page.',
      zh: '请在新标签页中打开仪表板，或为此页面允许 Cookie。',
    },
  },
  embedding_needs_https: {
    status: 400,
    title: { en: 'Embedding needs HTTPS', zh: '嵌入需要 HTTPS' },
    detail: {
      en: 'The dashboard is shown inside a page of another site and came over plain HTTP. Browsers keep the cookie that it needs only over HTTPS.',
      zh: '仪表板通过普通 HTTP 嵌入在其他网站的页面中，而浏览器只在 HTTPS 下保留所需的 Cookie。',
    },
    next: {
      en: 'Tell the owner of the page: its frame has to point to the https:// address of the gateway.',
      zh: '请告知页面的所有者：框架地址需要使用网关的 https:// 地址。',
    },
  },
  cross_site_refused: {
    status: 403,
    title: { en: 'Another site sent this request', zh: '请求来自其他网站' },
    detail: {
      en: 'It would act with the session of this browser, and only pages of this gateway may do that.',
      zh: '该请求会使用此浏览器中的会话，只有本网关的页面才可以这样做。',
    },
    next: { en: 'Open the dashboard itself and act there.', zh: '请打开仪表板本身再进行操作。' },
  },
  origin_unreachable: {
    status: 502,
    title: { en: 'The dashboard server cannot be reached', zh: '无法连接仪表板服务器' },
    detail: {
      en: 'The gateway works, but the server behind it does not answer.',
      zh: '网关运行正常，但其后端服务器没有响应。',
    },
    next: TRY_AGAIN,
  },
  origin_refused_key: {
    status: 502,
    title: { en: 'The dashboard server no longer accepts this key', zh: '仪表板服务器不再接受此密钥' },
    detail: {
      en: 'The link was right, but the key behind it was deleted, disabled or has expired in Grafana.',
      zh: '链接有效，但其对应的密钥已在 Grafana 中被删除、停用或过期。',
    },
    next: {
      en: 'Tell the owner of the link: the key needs to be replaced in Grafana and at the gateway.',
      zh: '请告知链接的所有者：需要在 Grafana 与网关中更换该密钥。',
    },
  },
  origin_timeout: {
    status: 504,
    title: { en: 'The dashboard server takes too long', zh: '仪表板服务器响应超时' },
    detail: {
      en: 'The server behind the gateway did not begin to answer in time.',
      zh: '网关后端服务器未能在限定时间内开始响应。',
    },
    next: TRY_AGAIN,
  },
  oncall_region_unknown: {
    status: 421,
    title: { en: 'Nobody knows where this OnCall token belongs', zh: '无法确定此 OnCall 令牌所属的区域' },
    detail: {
      en: 'The token has the right form, and it leads to no OnCall region that this gateway knows.',
      zh: '令牌格式正确，但无法对应到此网关已知的任何 OnCall 区域。',
    },
    next: {
      en: 'Name the region in the settings of the gateway; none is assumed.',
      zh: '请在网关设置中指定区域；网关不会默认选择任何区域。',
    },
  },
  oncall_stack_unusable: {
    status: 502,
    title: { en: 'The stack does not tell its OnCall region', zh: '无法从堆栈获取其 OnCall 区域' },
    detail: {
      en: 'The request names a Grafana stack, which was asked for the address of its OnCall.',
      zh: '请求指定了一个 Grafana 堆栈，网关已向其查询 OnCall 地址。',
    },
    next: {
      en: 'Check the address in X-Grafana-URL and the rights of the token, or bind the stack in ONCALL_BINDINGS.',
      zh: '请检查 X-Grafana-URL 中的地址与令牌权限，或在 ONCALL_BINDINGS 中绑定该堆栈。',
    },
  },
  ...SIGN_IN_CODES,
  misconfigured: {
    status: 500,
    title: { en: 'This gateway is not set up yet', zh: '网关尚未完成配置' },
    detail: {
      en: 'Its configuration has mistakes. They are listed in its log, for the operator.',
      zh: '网关的配置存在错误，详情已记录在日志中供运维人员查看。',
    },
    next: {
      en: 'If you are the operator, read the log; if not, tell them.',
      zh: '如果您是运维人员，请查看日志；否则请告知运维人员。',
    },
  },
  not_found: {
    status: 404,
    title: { en: 'There is nothing at this address', zh: '此地址没有内容' },
    detail: {
      en: 'What stands below /-/ belongs to the gateway, and it has nothing of this name.',
      zh: '/-/ 下的内容属于网关本身，其中没有此名称。',
    },
    next: { en: 'Check the address.', zh: '请检查地址。' },
  },
  invalid_input: {
    status: 400,
    title: { en: 'The admin API cannot take this', zh: '管理接口无法接受该请求' },
    detail: {
      en: 'Something in the address or the body is not in its form.',
      zh: '地址或请求体中的某项内容格式不正确。',
    },
    next: { en: 'Correct what is named and send it again.', zh: '请更正所指出的内容后重新发送。' },
  },
  storage_unavailable: {
    status: 503,
    title: { en: 'Storage does not answer', zh: '存储暂时不可用' },
    detail: {
      en: 'KV could not be read or written, so what was asked for is not done, or only in part.',
      zh: 'KV 无法读取或写入，请求的操作没有完成，或只完成了一部分。',
    },
    next: {
      en: 'Send the same request again: every one may be repeated.',
      zh: '请重新发送相同的请求：所有请求都可以重复发送。',
    },
  },
  conflict: {
    status: 409,
    title: { en: 'This does not fit what is there', zh: '与现有状态冲突' },
    detail: {
      en: 'The admin API understood the request, and the present state does not allow it.',
      zh: '管理接口理解该请求，但当前状态不允许执行。',
    },
    next: { en: 'Read what was found, and decide.', zh: '请查看具体原因后再决定。' },
  },
  internal_error: {
    status: 500,
    title: { en: 'The gateway made a mistake', zh: '网关内部错误' },
    detail: {
      en: 'Something went wrong that should not have. It has been written to the log.',
      zh: '发生了意外错误，已写入日志。',
    },
    next: TRY_AGAIN,
  },
} as const satisfies Readonly<Record<string, CodeEntry>>;

export type RefusalCode = keyof typeof CODES;

export function findCode(name: string): CodeEntry | undefined {
  return Object.hasOwn(CODES, name) ? CODES[name as RefusalCode] : undefined;
}
