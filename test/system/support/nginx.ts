import { chmodSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { findFreePort } from '../../../scripts/free-port.ts';
import type { Ending } from './at-end.ts';
import { startProcess } from './neighbour-process.ts';
import { makeScratch } from './scratch.ts';

/** One server of nginx. */
export interface NginxServer {
  /** Where its requests go. */
  readonly to: string;
  /** Directives about headers; without any the defaults hold. */
  readonly directives?: string;
}

/**
 * Starts nginx with a configuration of its own in a folder of its own. Where a server names no directives, all that
 * concerns headers is as nginx has it by default.
 *
 * @returns the port of each server
 */
export async function startNginx(
  t: Ending,
  nginx: string,
  servers: readonly NginxServer[],
): Promise<number[]> {
  const folder = makeScratch(t, 'nginx');
  // Started by root, its workers run as somebody else and have to get in.
  chmodSync(folder, 0o755);
  const ports = await Promise.all(servers.map(findFreePort));
  const file = join(folder, 'nginx.conf');
  writeFileSync(file, formatConfiguration(folder, servers, ports));
  await startProcess(t, {
    command: nginx,
    args: ['-p', folder, '-c', file],
    output: 'stderr',
    ready: /start worker process \d/,
  });
  return ports;
}

function formatConfiguration(
  folder: string,
  servers: readonly NginxServer[],
  ports: readonly number[],
): string {
  const temporary = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi'].map(
    (name) => `  ${name}_temp_path ${folder}/${name};`,
  );
  const blocks = servers.map(({ to, directives = '' }, index) =>
    formatServer(ports[index] ?? 0, to, directives),
  );
  return `daemon off;
worker_processes 1;
pid ${folder}/nginx.pid;
error_log stderr notice;
events {}
http {
  access_log off;
${temporary.join('\n')}
${blocks.join('\n')}
}
`;
}

function formatServer(port: number, to: string, directives: string): string {
  return `  server {
    listen 127.0.0.1:${port};
    ${directives}
    location / { proxy_pass ${to}; }
  }`;
}
