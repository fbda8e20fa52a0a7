import type * as z from 'zod';
import type { Output } from './io.ts';
import type { RotateOutput } from './output-schemas.ts';
import { formatRows, hideKeys, type Style, showText } from './print.ts';
import type { RotationReport } from './rotation.ts';
import { formatInstant, formatMoment } from './words.ts';

/** What the next command has to repeat. */
export interface NextWords {
  readonly flags: readonly string[];
  readonly wranglerArgs: readonly string[];
}

/** How far a rotation came, for programs. */
export function describeReport(report: RotationReport, words: NextWords): z.output<typeof RotateOutput> {
  const { step, ids, resealed, finishFrom } = report;
  return {
    step,
    newest: ids.newest,
    former: [...ids.former],
    resealed: resealed ? { ...resealed, unreadable: [...resealed.unreadable] } : null,
    finishFrom: finishFrom === undefined ? null : formatInstant(finishFrom),
    next: nameNext(report, words) ?? null,
  };
}

/** The same for people: what is done, and what to type next. */
export function formatReport(report: RotationReport, words: NextWords, style: Style): string {
  const { step, resealed, finishFrom, ids } = report;
  const rows: [string, string | undefined][] = [
    ['New secret', `id ${ids.newest}`],
    ['Former', `id ${ids.former.join(', ')}`],
    ['Stored keys', resealed && `${resealed.resealed} sealed anew, ${resealed.already} were before`],
    ['Finish from', finishFrom === undefined ? undefined : formatMoment(finishFrom)],
    ['Type next', nameNext(report, words)],
    ['And then', nameAfter(report, words)],
  ];
  const shown = rows.flatMap(([label, text]) => (text === undefined ? [] : [[label, text] as const]));
  const mark = step === 'done' ? style.good('✔') : style.bold('…');
  return `${mark} ${style.bold(HEADLINES[step])}\n${formatRows(shown)}\n`;
}

const HEADLINES: Readonly<Record<RotationReport['step'], string>> = {
  'put-both': 'The new secret is made. Put it, with the former ones behind it.',
  wait: 'The new secret is in use. Sessions under the former ones live on until they end.',
  'put-alone': 'Stored keys are sealed with the new secret. Put it alone.',
  done: 'The rotation is over: the gateway works with the new secret alone.',
};

function nameNext({ step, valuePath }: RotationReport, words: NextWords): string | undefined {
  if (step === 'done') return undefined;
  if (step === 'wait') return nameRotate(['--finish', ...words.flags], words);
  const put = ['npx wrangler secret put POSTERN_SECRETS', ...words.wranglerArgs.map(quote)].join(' ');
  return `${put} < ${quote(valuePath ?? '')}`;
}

/** A value that a person puts is not the end of it. */
function nameAfter({ step }: RotationReport, words: NextWords): string | undefined {
  if (step === 'put-both') return nameRotate(words.flags, words);
  return step === 'put-alone'
    ? nameRotate(words.flags.includes('--now') ? words.flags : ['--finish', ...words.flags], words)
    : undefined;
}

function nameRotate(flags: readonly string[], { wranglerArgs }: NextWords): string {
  const passed = wranglerArgs.length === 0 ? [] : ['--', ...wranglerArgs.map(quote)];
  return ['postern rotate', ...flags.map(quote), ...passed].join(' ');
}

/** For a shell, where that is needed. */
function quote(word: string): string {
  return /^[\w./:=@-]+$/.test(word) ? word : `'${word.replaceAll("'", `'\\''`)}'`;
}

/** What is worth a word beside the report. */
export function tellMore(
  { resealed, step }: RotationReport,
  isSaved: boolean,
  { style, write }: Output,
): void {
  const names = resealed?.unreadable ?? [];
  if (names.length > 0)
    write(
      `${style.bold('Warning:')} ${names.length} of the stored keys can be opened with none of these secrets: ${hideKeys(showText(names.join(', ')))}.\n`,
    );
  if (isSaved || step === 'done') return;
  write(
    'Note: the next rotation asks for the new value, and what is deployed cannot be read back: see --save.\n',
  );
}
