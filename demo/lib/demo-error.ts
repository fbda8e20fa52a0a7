/**
 * Something the person at the terminal can put right. Printed in three parts: what happened, why, what to do.
 */
export class DemoError extends Error {
  override readonly name = 'DemoError';
  readonly why: string;
  readonly fix: string;
  /** 1: it did not work out. 2: the command was used wrongly. */
  readonly exitCode: 1 | 2;

  constructor(what: string, parts: { why: string; fix: string; exitCode?: 1 | 2 }) {
    super(what);
    this.why = parts.why;
    this.fix = parts.fix;
    this.exitCode = parts.exitCode ?? 1;
  }
}

/** The error as it goes to the terminal. */
export function formatDemoError(error: DemoError): string {
  return [`✘ ${error.message}`, `  ${error.why}`, `  ${error.fix}`].join('\n');
}
