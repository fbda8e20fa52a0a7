import type { RouteOptions } from './options.ts';

/** The route for a host (with port) and canonical path: the most specific host, then the longest path, wins. */
export function chooseRoute(
  routes: readonly RouteOptions[],
  host: string,
  path: string,
): RouteOptions | undefined {
  let best: RouteOptions | undefined;
  for (const route of routes) {
    if (matchesHost(route.host, host) && matchesPath(route.path, path) && isMoreSpecific(route, best))
      best = route;
  }
  return best;
}

function matchesHost(pattern: string | undefined, host: string): boolean {
  if (pattern === undefined) return true;
  const name = pattern.includes(':') ? host : host.replace(/:\d+$/, '');
  return pattern.startsWith('*.') ? name.endsWith(pattern.slice(1)) : name === pattern;
}

function matchesPath(prefix: string, path: string): boolean {
  return path === prefix || path.startsWith(`${prefix}/`);
}

function isMoreSpecific(one: RouteOptions, other: RouteOptions | undefined): boolean {
  if (!other) return true;
  const hosts = rankHost(one.host) - rankHost(other.host);
  return hosts === 0 ? one.path.length > other.path.length : hosts > 0;
}

/** An exact host before a wildcard, a longer one before a shorter, any host last. */
function rankHost(host: string | undefined): number {
  if (host === undefined) return 0;
  return host.startsWith('*.') ? host.length : 1_000 + host.length;
}
