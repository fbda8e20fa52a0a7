/** Something that the person at the terminal can put right: what happened, the details, how to fix it. */
export class Failure extends Error {
  override readonly name = 'Failure';
  readonly details: string;
  readonly fix: string;
  /** 1: it did not work out. 2: the command was used wrongly. */
  readonly exitCode: number;

  constructor(what: string, parts: { details: string; fix: string; exitCode?: number }) {
    super(what);
    this.details = parts.details;
    this.fix = parts.fix;
    this.exitCode = parts.exitCode ?? 1;
  }
}

/** Several failures that were found together, so that none has to be found by a second try. */
export class Failures extends Error {
  override readonly name = 'Failures';
  readonly all: readonly Failure[];

  constructor(all: readonly Failure[]) {
    super(all.map(({ message }) => message).join(' '));
    this.all = all;
  }
}

/** A failure as it goes to the terminal. */
export function formatFailure({ message, details, fix }: Failure): string {
  return [`✘ ${message}`, indent(details), indent(fix)].filter((part) => part !== '').join('\n');
}

function indent(text: string): string {
  return text.trim().replace(/^(?=.)/gm, '  ');
}

/** Prints what a script died of, and says with which code it ends. Anything unforeseen keeps its stack. */
export function reportDeath(error: unknown): number {
  const failures = error instanceof Failures ? error.all : error instanceof Failure ? [error] : [];
  if (failures.length === 0) console.error(error);
  for (const failure of failures) console.error(`\n${formatFailure(failure)}`);
  return failures[0]?.exitCode ?? 1;
}
