import type { Finding } from '../../api/findings.ts';
import { CliError } from '../cli-error.ts';
import type { Io } from '../io.ts';
import { FILE_PROBLEMS } from '../secret-file.ts';
import { readDotenv } from './dotenv.ts';
import { count, found } from './finding.ts';
import { readToml, type TomlTable } from './toml.ts';

export const WORKER_FILE = 'wrangler.toml';
export const SECRETS_FILE = '.dev.vars';

/** What the files of a deployment say. */
export interface DeploymentFiles {
  /** `[vars]`. */
  readonly vars: TomlTable;
  /** Secrets and settings beside it; undefined where there is no such file. */
  readonly more: Readonly<Record<string, string>> | undefined;
  /** All of wrangler.toml; undefined where it cannot be read. */
  readonly worker: TomlTable | undefined;
  readonly findings: readonly Finding[];
}

/** @param varsFile what was named in place of `.dev.vars` */
export async function readDeploymentFiles(varsFile: string | undefined, io: Io): Promise<DeploymentFiles> {
  const worker = await readWorkerFile(io);
  const more = await readVarsFile(varsFile, io);
  const vars = worker.table?.vars;
  return {
    vars: typeof vars === 'object' && vars !== null && !Array.isArray(vars) ? (vars as TomlTable) : {},
    more: more.values,
    worker: worker.table,
    findings: [worker.finding, more.finding],
  };
}

async function readWorkerFile(io: Io): Promise<{ readonly table?: TomlTable; readonly finding: Finding }> {
  const about = WORKER_FILE;
  const text = await readText(WORKER_FILE, io);
  if (!text.isThere)
    return {
      finding: found('configuration.files', 'yellow', `${WORKER_FILE} ${text.problem}`, {
        about,
        fix: 'Run this in the folder of the deployment, where wrangler.toml is.',
      }),
    };
  const table = readToml(text.text);
  if (table.ok)
    return {
      table: table.value,
      finding: found('configuration.files', 'green', 'It was read.', { about }),
    };
  const seen = `Line ${table.reason.line} of ${WORKER_FILE} is no TOML.`;
  const fix = 'Put the line right. npx wrangler deploy --dry-run says more of it.';
  return { finding: found('configuration.files', 'yellow', seen, { about, fix }) };
}

async function readVarsFile(
  given: string | undefined,
  io: Io,
): Promise<{ readonly values?: Readonly<Record<string, string>>; readonly finding: Finding }> {
  // A name that was given is not repeated: it may be a secret in the wrong place.
  const about = given === undefined ? SECRETS_FILE : '--vars';
  const name = given === undefined ? SECRETS_FILE : 'The file of --vars';
  const text = await readText(given ?? SECRETS_FILE, io);
  if (!text.isThere) {
    const seen = `${name} ${text.problem}${given === undefined ? ' What is deployed as a secret cannot be read back.' : ''}`;
    const fix = 'Name a file with lines NAME=VALUE: postern doctor --vars FILE';
    return { finding: found('configuration.files', 'yellow', seen, { about, fix }) };
  }
  const { values, unreadable } = readDotenv(text.text);
  if (unreadable.length === 0) {
    const seen = `It was read: ${count(Object.keys(values).length, 'name')}.`;
    return { values, finding: found('configuration.files', 'green', seen, { about }) };
  }
  const seen = `${name} has lines that are not NAME=VALUE: ${unreadable.slice(0, 5).join(', ')}.`;
  const fix = 'Put them right, or take them out: wrangler passes them over.';
  return { values, finding: found('configuration.files', 'yellow', seen, { about, fix }) };
}

type FileText =
  | { readonly isThere: true; readonly text: string }
  | { readonly isThere: false; readonly problem: string };

/** That a file is not there is said, and stops nothing. */
async function readText(path: string, io: Io): Promise<FileText> {
  try {
    return { isThere: true, text: await io.readFile(path) };
  } catch (error) {
    if (error instanceof CliError) return { isThere: false, problem: 'is too long to be read.' };
    const { code = '' } = error as NodeJS.ErrnoException;
    if (code === 'ENOENT') return { isThere: false, problem: 'is not there.' };
    return {
      isThere: false,
      problem: `cannot be read. ${FILE_PROBLEMS[code] ?? `The system says ${code}.`}`,
    };
  }
}
