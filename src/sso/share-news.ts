import type { Visit } from '../corridor.ts';
import type { SignInServices } from './services.ts';

/** Tells other isolates, after the answer, what this one had to ask the provider for. */
export function shareNews({ providerStore }: SignInServices, visit: Visit): void {
  if (providerStore?.hasNews) visit.waitUntil(providerStore.share());
}
