import { HOME } from './return-to.ts';

/** Where Grafana has its callback, so that what is registered at a provider need not change. */
export const CALLBACK_PATH = '/login/generic_oauth';
export const LOGIN_PATH = '/-/login';
export const START_PATH = '/-/login/start';
export const LOGOUT_PATH = '/-/logout';

/** The sign-in page, on the way to a page of this host. */
export function loginAddress(to: string): string {
  return addressTo(LOGIN_PATH, to);
}

/** The same for somebody whose sign-in has ended, which the page says. */
export function endedAddress(to: string): string {
  const address = loginAddress(to);
  return `${address}${address.includes('?') ? '&' : '?'}ended=true`;
}

/** What leads to the provider, on the way to a page of this host. */
export function startAddress(to: string): string {
  return addressTo(START_PATH, to);
}

function addressTo(path: string, to: string): string {
  return to === HOME ? path : `${path}?to=${encodeURIComponent(to)}`;
}
