import type { BrowserContext, Frame, Request } from 'playwright-core';

/** Keeps every document that pages and their frames ask for, redirects one by one. */
export function recordNavigations(context: BrowserContext): readonly Request[] {
  const navigations: Request[] = [];
  context.on('request', (request) => {
    if (request.isNavigationRequest()) navigations.push(request);
  });
  return navigations;
}

/** What a frame asked for, less all seals and signatures: paths and the names of parameters. */
export function outlineOf(navigations: readonly Request[], frame: Frame): string[] {
  return navigations
    .filter((request) => request.frame() === frame)
    .map((request) => outline(new URL(request.url())));
}

function outline({ pathname, searchParams }: URL): string {
  const names = [...searchParams.keys()].map((name) => (name.startsWith('aliyun_') ? 'aliyun_*' : name));
  return names.length === 0 ? pathname : `${pathname}?${[...new Set(names)].join('&')}`;
}
