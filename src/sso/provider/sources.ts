import { readJsonBody } from '../../lib/bounded-body.ts';
import { fail, ok, type Result } from '../../lib/result.ts';
import { readJwtPayload } from '../jwt-payload.ts';
import type { FurtherAnswers, Source } from '../person.ts';
import { askProvider, type Send } from './bounded-fetch.ts';

const BODY_BYTES_MAX = 1_048_576;

/** What a provider tells about whoever holds an access token. */
export interface UserApiContext {
  readonly accessToken: string;
  /** `api_url`, or userinfo of the discovery document. */
  readonly userinfo: URL | undefined;
  readonly teams: URL | undefined;
  readonly send: Send;
}

/** Asks the provider about one user, each thing at most once. */
export class UserApi implements FurtherAnswers {
  readonly #context: UserApiContext;

  constructor(context: UserApiContext) {
    this.#context = context;
  }

  /**
   * What else is known beside the ID token: userinfo, and the access token where it is a JWT. What cannot be had is no
   * source (Grafana `generic_oauth.go`, extractFromAPI, extractFromAccessToken); `unavailable` tells that userinfo
   * did not answer.
   */
  async sources(): Promise<{ readonly sources: readonly Source[]; readonly isUserinfoMissing: boolean }> {
    const sources: Source[] = [];
    const { userinfo, accessToken } = this.#context;
    const claims = userinfo && (await this.#read(userinfo));
    if (claims?.ok && isRecord(claims.value)) sources.push({ name: 'userinfo', claims: claims.value });
    const payload = await readJwtPayload(accessToken);
    if (payload) sources.push({ name: 'access_token', claims: payload });
    return { sources, isUserinfoMissing: claims?.ok === false };
  }

  emails(): Promise<unknown> {
    return this.#readBelow('/emails');
  }

  teams(): Promise<unknown> {
    const { teams } = this.#context;
    return teams ? this.#readOrNothing(teams) : this.#readBelow('/teams');
  }

  organizations(): Promise<unknown> {
    return this.#readBelow('/orgs');
  }

  async #readBelow(suffix: string): Promise<unknown> {
    const { userinfo } = this.#context;
    if (!userinfo) return undefined;
    const address = new URL(userinfo);
    address.pathname += suffix;
    return this.#readOrNothing(address);
  }

  async #readOrNothing(address: URL): Promise<unknown> {
    const read = await this.#read(address);
    return read.ok ? read.value : undefined;
  }

  async #read(address: URL): Promise<Result<unknown, 'unavailable'>> {
    const headers = { Authorization: `Bearer ${this.#context.accessToken}`, Accept: 'application/json' };
    const answer = await askProvider(new Request(address, { headers }), this.#context.send);
    if (!answer.ok || answer.value.status >= 300) return fail('unavailable');
    const value = await readJsonBody(answer.value, BODY_BYTES_MAX);
    return value === undefined ? fail('unavailable') : ok(value);
  }
}

function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
