import { createReadStream } from 'node:fs';
import { rm } from 'node:fs/promises';
import type { Readable } from 'node:stream';
import { setTimeout } from 'node:timers/promises';
import { CliError } from './cli-error.ts';
import { createStyle, type Style } from './print.ts';
import { replacePrivateFile } from './private-file.ts';
import { type ProgramOrder, runProgram } from './program.ts';

/** A stream that is written to. */
export interface Output {
  readonly isTerminal: boolean;
  readonly style: Style;
  write(text: string): void;
}

/** What a command sees of the outside: environment, streams, files by name, time, other programs, the network. */
export interface Io {
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly stdout: Output;
  readonly stderr: Output;
  readonly isStdinTerminal: boolean;
  readStdin(): Promise<string>;
  readFile(path: string): Promise<string>;
  /** Puts a file in place as a whole or not at all, for this user alone. */
  replaceFile(path: string, text: string): Promise<void>;
  /** Nothing where there is no such file. */
  removeFile(path: string): Promise<void>;
  /** Runs a program to its end, with what it writes on standard error. @returns its exit code */
  runProgram(order: ProgramOrder): Promise<number>;
  fetch(request: Request): Promise<Response>;
  /** Unix milliseconds. */
  now(): number;
  sleep(seconds: number): Promise<void>;
}

/** Far more than any token or link. */
const INPUT_BYTES_MAX = 65_536;

/** The outside of a running process. A reader that goes away early (`postern help | head -1`) is no failure. */
export function createProcessIo(process: NodeJS.Process): Io {
  const { env, stdin, stdout, stderr } = process;
  for (const stream of [stdout, stderr]) stream.on('error', leaveQuietly);
  return {
    env,
    stdout: createOutput(stdout, env),
    stderr: createOutput(stderr, env),
    isStdinTerminal: stdin.isTTY === true,
    readStdin: () => readAll(stdin, 'standard input'),
    readFile: (path) => readAll(createReadStream(path), 'the file'),
    replaceFile: replacePrivateFile,
    removeFile: (path) => rm(path, { force: true }),
    runProgram: (order) => runProgram(order, env),
    fetch: (request) => fetch(request),
    now: Date.now,
    sleep: (seconds) => setTimeout(seconds * 1000),
  };
}

function createOutput(stream: NodeJS.WriteStream, env: Io['env']): Output {
  const isTerminal = stream.isTTY === true;
  return {
    isTerminal,
    style: createStyle(isTerminal && !env.NO_COLOR && env.TERM !== 'dumb'),
    write: (text) => void stream.write(text),
  };
}

function leaveQuietly(error: NodeJS.ErrnoException): void {
  if (error.code !== 'EPIPE') throw error;
  process.exit();
}

/** @throws CliError where more comes than a token or a link can be. */
async function readAll(stream: Readable, source: string): Promise<string> {
  const chunks: Buffer[] = [];
  let length = 0;
  for await (const chunk of stream as AsyncIterable<Buffer>) {
    length += chunk.length;
    if (length > INPUT_BYTES_MAX) throw createTooLong(source);
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString('utf8');
}

function createTooLong(source: string): CliError {
  return new CliError({
    code: 'input-too-long',
    what: `There is too much in ${source}.`,
    details: `It has more than ${INPUT_BYTES_MAX} bytes; a token or a link is far shorter.`,
    fix: 'Give it the token or the link alone.',
  });
}
