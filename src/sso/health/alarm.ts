import type { Finding } from '../../api/findings.ts';
import { parseJson } from '../../lib/json.ts';
import type { Secret } from '../../lib/secret.ts';
import { StorageUnavailable } from '../../lib/storage-error.ts';
import type { EventMap, Tell } from '../../observe/events.ts';
import type { TextBook } from '../assertion-keys.ts';
import type { Send } from '../provider/bounded-fetch.ts';

/** What an alarm needs from outside. */
export interface AlarmContext {
  /** Where the last state is kept: the one place that all isolates agree on. */
  readonly book: TextBook;
  /** `ALERT_WEBHOOK_URL` */
  readonly webhook: Secret | undefined;
  /** How the webhook is asked; not by way of the provider's client certificate. */
  readonly send: Send;
  readonly tell: Tell;
  /** Tells a change, and keeps it with the other decisions. */
  readonly announce: (facts: EventMap['sso.health.changed'], now: number) => Promise<void>;
}

/** What a run has found. */
export interface Outcome {
  readonly status: 'green' | 'yellow' | 'red';
  readonly findings: readonly Finding[];
  readonly gateway: string | undefined;
  readonly now: number;
}

type State = 'ok' | 'alerting';

const NAME = 'sso-alert';
const TIMEOUT_MS = 5_000;
const TEXT_LENGTH_MAX = 2_000;

/**
 * Tells a change from good (green or yellow) to bad (red), or back, once: whoever puts the new state in the place of the
 * former one tells it, and nobody else does. One POST, which is not tried again: a receiver that was slow may have it.
 */
export class Alarm {
  readonly #context: AlarmContext;

  constructor(context: AlarmContext) {
    this.#context = context;
  }

  /** Never fails. */
  async report(outcome: Outcome): Promise<void> {
    const state: State = outcome.status === 'red' ? 'alerting' : 'ok';
    if (!(await this.#isMine(state))) return;
    const { announce, webhook } = this.#context;
    const checks = outcome.findings.filter(isNotGreen).map(({ check }) => check);
    await Promise.all([
      announce({ status: outcome.status, checks: checks.join(' ') }, outcome.now),
      webhook && this.#post(webhook, formatAlert(state, outcome)),
    ]);
  }

  /** Whether it is a change, and this run's to tell. */
  async #isMine(state: State): Promise<boolean> {
    const { book, tell } = this.#context;
    try {
      const stored = await book.read(NAME);
      const former = readState(stored?.text);
      return former !== state && (await book.swap(NAME, stored?.revision ?? 0, JSON.stringify({ state })));
    } catch (error) {
      // Nobody can say whether it was told: the next run asks again.
      tell('sso.alert.failed', { reason: error instanceof StorageUnavailable ? 'storage' : 'unknown' });
      return false;
    }
  }

  async #post(webhook: Secret, body: string): Promise<void> {
    const { send, tell } = this.#context;
    try {
      const { status, body: rest } = await send(
        new Request(webhook.reveal(), {
          method: 'POST',
          headers: { 'Content-Type': 'application/json' },
          body,
          redirect: 'manual',
          signal: AbortSignal.timeout(TIMEOUT_MS),
        }),
      );
      await rest?.cancel();
      if (status < 200 || status >= 300) tell('sso.alert.failed', { reason: `status ${status}` });
    } catch (error) {
      // The address is a secret, and messages of the runtime name addresses.
      const isLate = error instanceof DOMException && error.name === 'TimeoutError';
      tell('sso.alert.failed', { reason: isLate ? 'timeout' : 'unreachable' });
    }
  }
}

function readState(text: string | null | undefined): State {
  const value = parseJson(text ?? undefined) as { readonly state?: unknown } | undefined;
  return value?.state === 'alerting' ? 'alerting' : 'ok';
}

function isNotGreen({ verdict }: Finding): boolean {
  return verdict === 'red' || verdict === 'yellow';
}

/** One body for all receivers: Grafana OnCall's formatted webhook, Slack (`text`), and whoever reads JSON. */
export function formatAlert(state: State, { findings, gateway }: Outcome): string {
  const host = gateway === undefined ? 'the gateway' : new URL(gateway).host;
  const title =
    state === 'alerting'
      ? `Postern: sign-in at ${host} is in trouble`
      : `Postern: sign-in at ${host} works again`;
  const reds = findings.filter(({ verdict }) => verdict === 'red');
  const sentences = reds.map(
    ({ check, seen, fix }) => `${check}: ${seen}${fix === undefined ? '' : ` ${fix}`}`,
  );
  const message = sentences.length > 0 ? sentences.join('\n') : 'All checks of sign-in are good.';
  return JSON.stringify({
    alert_uid: `postern-sso-${host.replaceAll(' ', '-')}`,
    title,
    image_url: '',
    state,
    link_to_upstream_details: gateway === undefined ? '' : `${gateway}/-/health/sso`,
    message: message.slice(0, TEXT_LENGTH_MAX),
    text: escapeSlack(`${title}\n${message}`).slice(0, TEXT_LENGTH_MAX),
  });
}

/** What a provider says must not call a channel (`<!channel>`). */
function escapeSlack(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');
}
