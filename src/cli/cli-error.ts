/** 0: done, or the link would be accepted. 1: refused or failed. 2: wrong use. */
export type ExitCode = 0 | 1 | 2;

/** The parts of a {@link CliError}. Never with a secret in them. */
export interface CliErrorParts {
  /** A stable name for programs: it stays when the wording changes. */
  readonly code: string;
  readonly what: string;
  readonly details: string;
  readonly fix: string;
  readonly exitCode?: 1 | 2;
}

/** Something the person at the terminal can put right, in three parts: what happened, details, how to fix it. */
export class CliError extends Error {
  override readonly name = 'CliError';
  readonly code: string;
  readonly details: string;
  readonly fix: string;
  readonly exitCode: 1 | 2;

  constructor({ code, what, details, fix, exitCode = 1 }: CliErrorParts) {
    super(what);
    this.code = code;
    this.details = details;
    this.fix = fix;
    this.exitCode = exitCode;
  }
}

/** A mistake in the command itself: exit code 2. */
export function misuse(parts: Omit<CliErrorParts, 'exitCode'>): CliError {
  return new CliError({ ...parts, exitCode: 2 });
}
