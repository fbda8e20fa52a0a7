import { findPathProblem } from '../headers/path.ts';

/**
 * An address of a region as its client must see it: what names the region that was used points to the gateway,
 * what points elsewhere stays as it is.
 *
 * @param region address of the region, without a final `/`
 * @param gateway address of `ONCALL_PATH` at the gateway
 */
export function mapAddress(address: string, region: string, gateway: string): string {
  if (!address.startsWith(region)) return address;
  const rest = address.slice(region.length);
  // What goes on with another character is another host or path that begins alike.
  if (rest !== '' && !/^[/?#]/.test(rest)) return address;
  // A path that can be read in two ways is another one at the gateway, or none.
  const [path = ''] = rest.split(/[?#]/, 1);
  return findPathProblem(path) === undefined ? `${gateway}${rest}` : address;
}

/**
 * The same for `Location`, which may be relative to the address that was asked. What is not the region's is left as a
 * whole address, since the client would take anything less for one of the gateway.
 *
 * @param asked address that gave the answer
 * @returns undefined for what is no address of the web
 */
export function mapLocation(
  location: string,
  asked: string,
  region: string,
  gateway: string,
): string | undefined {
  const address = resolve(location, asked);
  return address?.protocol === 'https:' || address?.protocol === 'http:'
    ? mapAddress(address.href, region, gateway)
    : undefined;
}

function resolve(location: string, asked: string): URL | undefined {
  try {
    return new URL(location, asked);
  } catch {
    return undefined;
  }
}
