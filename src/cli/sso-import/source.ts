import { open } from 'node:fs/promises';
import { CliError, misuse } from '../cli-error.ts';
import type { Io } from '../io.ts';
import { FILE_PROBLEMS } from '../secret-file.ts';

/** Far more than any grafana.ini; the one that comes with Grafana has about 90 kB. */
const SOURCE_BYTES_MAX = 1_048_576;

/**
 * The text of FILE, or of standard input where it is `-`. A file may be longer than what else is read here.
 *
 * @throws CliError where it cannot be read, or is no text
 */
export async function readSource(path: string, io: Io): Promise<string> {
  const text = path === '-' ? await readStandardInput(io) : await readSettingsFile(path);
  if (text.trim() === '') throw createEmpty();
  if (text.includes('\0')) throw createNoText();
  return text;
}

async function readStandardInput(io: Io): Promise<string> {
  if (io.isStdinTerminal) throw createNothingPiped();
  try {
    return await io.readStdin();
  } catch (error) {
    if (error instanceof CliError && error.code === 'input-too-long') throw createTooLong('standard input');
    throw error;
  }
}

async function readSettingsFile(path: string): Promise<string> {
  try {
    return await readBounded(path);
  } catch (error) {
    throw error instanceof CliError ? error : createUnreadable(error as NodeJS.ErrnoException);
  }
}

async function readBounded(path: string): Promise<string> {
  const file = await open(path);
  try {
    const buffer = Buffer.alloc(SOURCE_BYTES_MAX + 1);
    let length = 0;
    for (;;) {
      const { bytesRead } = await file.read(buffer, length, buffer.length - length);
      length += bytesRead;
      if (length > SOURCE_BYTES_MAX) throw createTooLong('the file');
      if (bytesRead === 0) return buffer.toString('utf8', 0, length);
    }
  } finally {
    await file.close();
  }
}

function createUnreadable({ code = '' }: NodeJS.ErrnoException): CliError {
  return new CliError({
    code: 'settings-unreadable',
    what: 'FILE cannot be read.',
    details: FILE_PROBLEMS[code] ?? `The system says ${code || 'no more'}.`,
    fix: 'Give the name of a file with the settings, or - for standard input.',
  });
}

function createEmpty(): CliError {
  return new CliError({
    code: 'settings-missing',
    what: 'There is nothing in it.',
    details: 'A grafana.ini, a Terraform file, an answer of the SSO API or an env file is read here.',
    fix: 'See: postern help sso import',
  });
}

function createNoText(): CliError {
  return new CliError({
    code: 'settings-unreadable',
    what: 'This is no text.',
    details: 'There is a zero byte in it: it is a binary file, or a text in UTF-16.',
    fix: 'Give it a text in UTF-8.',
  });
}

function createTooLong(source: string): CliError {
  return new CliError({
    code: 'input-too-long',
    what: `There is too much in ${source}.`,
    details: `A file may have ${SOURCE_BYTES_MAX} bytes, standard input less.`,
    fix: 'Give the name of a file, or the settings of generic OAuth alone.',
  });
}

function createNothingPiped(): CliError {
  return misuse({
    code: 'settings-missing',
    what: 'There is nothing on standard input.',
    details: 'FILE is -, and standard input is the terminal.',
    fix: 'Pipe the settings in: postern sso import - < grafana.ini',
  });
}
