import type { SignInHealth } from './health.ts';

/** What the scheduled handler needs of a house. */
export interface ScheduledHouse {
  readonly config: { readonly publicOrigin: string | undefined };
  /** Undefined where sign-in is off. */
  readonly signIn: { readonly health: SignInHealth } | undefined;
}

/** What the cron does, every 5 minutes: looks how sign-in is. Never fails. @param now unix seconds */
export async function runScheduled({ config, signIn }: ScheduledHouse, now: number): Promise<void> {
  await signIn?.health.check({ now, gateway: config.publicOrigin });
}
