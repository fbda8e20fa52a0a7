import { type ConfigMistake, readConfig } from '../../config/read.ts';
import { findVariable } from '../../config/values.ts';
import { ENABLED } from './names.ts';
import type { Notice, Translation } from './translate.ts';

/** What the gateway would say to the variables. */
export interface Check {
  readonly mistakes: readonly LocatedMistake[];
  readonly warnings: readonly Notice[];
}

/** A mistake of the configuration, and where it came from. */
export interface LocatedMistake extends Pick<ConfigMistake, 'variable' | 'problem' | 'allowed' | 'example'> {
  readonly line: number | undefined;
}

/** What every gateway needs and nothing here is about. */
const STAND_INS = {
  ORIGIN_URL: 'https://origin.invalid',
  POSTERN_SECRETS: 'stands-for-the-secret-that-every-gateway-has',
};

/** In place of a secret that is not known here. */
const SECRET_STAND_IN = 'stands-for-the-secret';

/** Has the gateway's own reader of configurations read the variables, as though sign-in were on. */
export function checkVariables(translation: Translation): Check {
  const read = readConfig({ ...STAND_INS, ...fill(translation), [ENABLED]: 'true' });
  if (!read.ok) return { mistakes: read.reason.map((mistake) => locate(mistake, translation)), warnings: [] };
  return { mistakes: [], warnings: read.value.warnings.map(describeWarning) };
}

/** The variables, with an example in place of what stands elsewhere. */
function fill({ variables, secrets, origins }: Translation): Record<string, string> {
  const values: Record<string, string> = {};
  for (const [name, text] of variables) {
    const isHere = origins.get(name)?.elsewhere.length === 0;
    values[name] = isHere ? text : (findVariable(name)?.example ?? '');
  }
  for (const { name, value } of secrets) values[name] = value?.reveal() ?? SECRET_STAND_IN;
  return values;
}

function locate(
  { variable, problem, allowed, example }: ConfigMistake,
  { origins }: Translation,
): LocatedMistake {
  return { variable, problem, allowed, example, line: origins.get(variable)?.line };
}

/** A warning begins with the variable that it is about, and is a sentence with it. */
function describeWarning(warning: string): Notice {
  const [, option = ENABLED, text = warning] = /^([A-Z][A-Z_]+):? ([\s\S]+)$/.exec(warning) ?? [];
  const sentence = text.replace(/^(?=(?:is|has) )/, 'It ').replace(/[^.]$/, '$&.');
  return { code: 'warning', option, line: undefined, text: sentence };
}
