import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Ending } from './at-end.ts';
import { makeScratch } from './scratch.ts';

/** A certificate and its private key, as PEM. */
export interface Certificate {
  readonly key: string;
  readonly text: string;
}

/** Makes a self-signed certificate for host names, good for a day. */
export function makeCertificate(t: Ending, openssl: string, names: readonly string[]): Certificate {
  const folder = makeScratch(t, 'certificate');
  const [keyFile, file] = [join(folder, 'key.pem'), join(folder, 'certificate.pem')];
  const alternatives = names.map((name) => `DNS:${name}`).join(',');
  const args = ['req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes'];
  execFileSync(
    openssl,
    [...args, '-days', '1', '-subj', '/CN=postern.test', '-addext', `subjectAltName=${alternatives}`].concat([
      '-keyout',
      keyFile,
      '-out',
      file,
    ]),
    { stdio: 'pipe' },
  );
  return { key: readFileSync(keyFile, 'utf8'), text: readFileSync(file, 'utf8') };
}
