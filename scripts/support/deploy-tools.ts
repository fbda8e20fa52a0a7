import type { Ended } from './child.ts';
import type { Terminal } from './terminal.ts';

/** What a deployment works with. */
export interface DeployTools {
  readonly terminal: Terminal;
  readonly environment: Readonly<Record<string, string | undefined>>;
  readonly tomlPath: string;
  wrangler(
    args: readonly string[],
    stdio: 'inherit' | 'capture',
    environment?: Readonly<Record<string, string>>,
  ): Promise<Ended>;
  waitForHealth(address: string): Promise<boolean>;
}
