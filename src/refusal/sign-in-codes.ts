import type { CodeEntry, Localised } from './codes.ts';

const SIGN_IN_AGAIN: Localised = { en: 'Sign in again.', zh: '请重新登录。' };
const ASK_OPERATOR: Localised = {
  en: 'Ask the operator, and tell them the request id below.',
  zh: '请联系运维人员，并告知下方的请求编号。',
};
const WAIT: Localised = {
  en: 'Try again in a moment. If it stays like this, tell the operator the request id below.',
  zh: '请稍后重试。若问题仍然存在，请将下方的请求编号告知运维人员。',
};

/** One code for each way in which a sign-in can fail. */
export const SIGN_IN_CODES = {
  sso_attempt_unknown: {
    status: 400,
    title: { en: 'This sign-in was not begun here', zh: '此登录并非在此处发起' },
    detail: {
      en: 'It was begun in another browser, more than ten minutes ago, or has been finished already; or this browser keeps no cookies.',
      zh: '登录可能是在其他浏览器中发起、已超过十分钟、已经完成，或此浏览器未保留 Cookie。',
    },
    next: SIGN_IN_AGAIN,
  },
  sso_answer_malformed: {
    status: 400,
    title: { en: 'The answer of the sign-in service is not complete', zh: '登录服务的返回不完整' },
    detail: {
      en: 'A parameter of the address is missing, given twice, or belongs to another service.',
      zh: '地址中的某个参数缺失、重复，或属于其他服务。',
    },
    next: SIGN_IN_AGAIN,
  },
  sso_denied: {
    status: 403,
    title: { en: 'The sign-in service said no', zh: '登录服务拒绝了请求' },
    detail: {
      en: 'The sign-in was cancelled there, or the service does not let you use these dashboards.',
      zh: '登录已在该服务中取消，或该服务不允许您使用这些仪表板。',
    },
    next: { en: 'Sign in again, or ask the operator.', zh: '请重新登录，或联系运维人员。' },
  },
  sso_code_refused: {
    status: 400,
    title: { en: 'This sign-in cannot be finished any more', zh: '此登录已无法完成' },
    detail: {
      en: 'The sign-in service does not take its own code back: it is too old, or was used before.',
      zh: '登录服务不再接受其授权码：授权码已过期或已被使用。',
    },
    next: SIGN_IN_AGAIN,
  },
  sso_client_refused: {
    status: 502,
    title: { en: 'The sign-in service does not know this gateway', zh: '登录服务不认可此网关' },
    detail: {
      en: 'It refused the client id or the client secret that the gateway was given.',
      zh: '登录服务拒绝了网关所配置的客户端 ID 或密钥。',
    },
    next: ASK_OPERATOR,
  },
  sso_provider_unreachable: {
    status: 502,
    title: { en: 'The sign-in service cannot be reached', zh: '无法连接登录服务' },
    detail: {
      en: 'The gateway works, but the service that signs people in does not answer.',
      zh: '网关运行正常，但登录服务没有响应。',
    },
    next: WAIT,
  },
  sso_provider_answer_invalid: {
    status: 502,
    title: { en: 'The sign-in service cannot be understood', zh: '无法理解登录服务的响应' },
    detail: {
      en: 'What it answered is not in the form of its standard, so the gateway does not rely on it.',
      zh: '其响应不符合标准格式，网关不会采信。',
    },
    next: ASK_OPERATOR,
  },
  sso_id_token_invalid: {
    status: 401,
    title: { en: 'The proof of who you are does not hold', zh: '身份凭证无效' },
    detail: {
      en: 'The ID token of the sign-in service is not rightly signed, not for this gateway, not of this sign-in, or not of this time.',
      zh: '登录服务签发的 ID 令牌签名不正确、并非签发给此网关、不属于此次登录，或不在有效时间内。',
    },
    next: {
      en: 'Sign in again. If it stays like this, ask the operator.',
      zh: '请重新登录。若问题仍然存在，请联系运维人员。',
    },
  },
  sso_identity_differs: {
    status: 401,
    title: { en: 'The sign-in service names two people', zh: '登录服务返回了两个不同的身份' },
    detail: {
      en: 'Its ID token and its user information are not about the same user.',
      zh: '其 ID 令牌与用户信息并不属于同一用户。',
    },
    next: ASK_OPERATOR,
  },
  sso_email_missing: {
    status: 403,
    title: { en: 'The sign-in service gives no e-mail address', zh: '登录服务未提供电子邮件地址' },
    detail: {
      en: 'An account here needs an e-mail address, and the service does not say yours.',
      zh: '此处的账户需要电子邮件地址，而登录服务没有提供。',
    },
    next: ASK_OPERATOR,
  },
  sso_email_not_verified: {
    status: 403,
    title: { en: 'This e-mail address is not verified', zh: '此电子邮件地址未经验证' },
    detail: {
      en: 'The sign-in service says that it has not verified your address, and only verified ones count here.',
      zh: '登录服务表示尚未验证您的电子邮件地址，而此处只接受经过验证的地址。',
    },
    next: {
      en: 'Verify your address at the sign-in service and sign in again.',
      zh: '请在登录服务中验证您的电子邮件地址后重新登录。',
    },
  },
  sso_email_unavailable: {
    status: 502,
    title: { en: 'The e-mail address cannot be had', zh: '无法获取电子邮件地址' },
    detail: {
      en: 'The sign-in service was asked for your e-mail addresses and did not give them.',
      zh: '已向登录服务查询您的电子邮件地址，但未获得结果。',
    },
    next: WAIT,
  },
  sso_domain_not_allowed: {
    status: 403,
    title: { en: 'Addresses of this domain do not sign in here', zh: '不允许此域名的邮箱登录' },
    detail: {
      en: 'The domain of your e-mail address is not among those that are let in.',
      zh: '您的电子邮件域名不在允许范围内。',
    },
    next: ASK_OPERATOR,
  },
  sso_not_in_allowed_groups: {
    status: 403,
    title: { en: 'You are in none of the groups that are let in', zh: '您不属于任何允许登录的用户组' },
    detail: {
      en: 'The sign-in service knows you, and names no group for you that may come in here.',
      zh: '登录服务认识您，但您所在的用户组均不允许登录此处。',
    },
    next: ASK_OPERATOR,
  },
  sso_not_in_allowed_organizations: {
    status: 403,
    title: { en: 'You are in none of the organisations that are let in', zh: '您不属于任何允许登录的组织' },
    detail: {
      en: 'The sign-in service knows you, and names no organisation for you that may come in here.',
      zh: '登录服务认识您，但您所在的组织均不允许登录此处。',
    },
    next: ASK_OPERATOR,
  },
  sso_not_in_allowed_teams: {
    status: 403,
    title: { en: 'You are in none of the teams that are let in', zh: '您不属于任何允许登录的团队' },
    detail: {
      en: 'The sign-in service knows you, and names no team for you that may come in here.',
      zh: '登录服务认识您，但您所在的团队均不允许登录此处。',
    },
    next: ASK_OPERATOR,
  },
  sso_role_missing: {
    status: 403,
    title: { en: 'The sign-in service gives you no role', zh: '登录服务未给出您的角色' },
    detail: {
      en: 'Only people with a role are let in, and nothing that the service says of you leads to one.',
      zh: '只有具有角色的人员才能登录，而登录服务提供的信息无法得出您的角色。',
    },
    next: ASK_OPERATOR,
  },
  sso_claims_unreadable: {
    status: 502,
    title: { en: 'What the sign-in service says cannot be evaluated', zh: '无法解析登录服务提供的信息' },
    detail: {
      en: 'A rule of the operator does not fit the form of what the service says of you.',
      zh: '运维人员设置的规则与登录服务提供的信息格式不符。',
    },
    next: ASK_OPERATOR,
  },
  sso_account_taken: {
    status: 403,
    title: { en: 'This name belongs to another user', zh: '此名称属于另一位用户' },
    detail: {
      en: 'Somebody else of the sign-in service came here with this login or e-mail address before.',
      zh: '登录服务的另一位用户曾使用此登录名或电子邮件地址登录。',
    },
    next: ASK_OPERATOR,
  },
  sso_name_not_accepted: {
    status: 403,
    title: { en: 'This name cannot be used here', zh: '此名称无法在此使用' },
    detail: {
      en: 'Your login or e-mail address is kept for the administrator of the dashboards, or cannot be handed on without being misread.',
      zh: '您的登录名或电子邮件地址被保留给仪表板管理员，或无法准确传递。',
    },
    next: ASK_OPERATOR,
  },
  sso_sign_up_disabled: {
    status: 403,
    title: { en: 'There is no account for you here', zh: '此处没有您的账户' },
    detail: {
      en: 'You are signed in, but Grafana does not know you and makes no new accounts.',
      zh: '您已登录，但 Grafana 中没有您的账户，也不会自动创建新账户。',
    },
    next: ASK_OPERATOR,
  },
  sso_origin_refused: {
    status: 502,
    title: { en: 'Grafana does not take the sign-in', zh: 'Grafana 未接受此登录' },
    detail: {
      en: 'You are signed in at the gateway, but Grafana does not accept whom the gateway presents.',
      zh: '您已在网关登录，但 Grafana 不接受网关提交的身份。',
    },
    next: ASK_OPERATOR,
  },
  sso_session_ended: {
    status: 401,
    title: { en: 'Your sign-in has ended', zh: '您的登录已结束' },
    detail: {
      en: 'It was signed out, or the sign-in service no longer stands for it.',
      zh: '您已退出登录，或登录服务不再认可此次登录。',
    },
    next: SIGN_IN_AGAIN,
  },
} as const satisfies Readonly<Record<`sso_${string}`, CodeEntry>>;
