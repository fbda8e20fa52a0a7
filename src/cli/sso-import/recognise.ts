import { readEnv } from './read-env.ts';
import { readIni } from './read-ini.ts';
import { readSsoJson } from './read-json.ts';
import { readTerraform } from './read-terraform.ts';
import type { Reading } from './setting.ts';

export const FORMATS = ['ini', 'env', 'terraform', 'json'] as const;

/** What Grafana's settings are written in. */
export type Format = (typeof FORMATS)[number];

export const READERS: Readonly<Record<Format, (text: string) => Reading>> = {
  ini: readIni,
  env: readEnv,
  terraform: readTerraform,
  json: readSsoJson,
};

/** The format by what stands in a text; undefined where nothing tells. */
export function recogniseFormat(text: string): Format | undefined {
  const bare = text.replace(/^\uFEFF/, '').trimStart();
  if (bare.startsWith('{') || /^\[\s*[{\]]/.test(bare)) return 'json';
  if (/^[ \t]*resource[ \t]+"?grafana_sso_settings"?/m.test(bare)) return 'terraform';
  if (/^[ \t]*\[[^\]\n]+\]/m.test(bare)) return 'ini';
  return /^[ \t]*(?:export[ \t]+)?GF_[A-Z0-9_]+[ \t]*(?:=|$)/m.test(bare) ? 'env' : undefined;
}
