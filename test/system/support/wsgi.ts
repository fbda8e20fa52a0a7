import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { startProcess } from './neighbour-process.ts';
import { makeScratch } from './scratch.ts';

/** Answers every request with the `HTTP_…` variables of its environ, as WSGI (PEP 3333) and Rack name headers. */
const APPLICATION = `
import json
from wsgiref.simple_server import WSGIRequestHandler, make_server


class Quiet(WSGIRequestHandler):
    def log_message(self, *args):
        pass


def application(environ, start_response):
    start_response("200 OK", [("Content-Type", "application/json")])
    headers = {name: value for name, value in environ.items() if name.startswith("HTTP_")}
    return [json.dumps(headers).encode()]


server = make_server("127.0.0.1", 0, application, handler_class=Quiet)
print("listening on", server.server_port, flush=True)
server.serve_forever()
`;

import type { Ending } from './at-end.ts';

/** Starts Python's own WSGI server. @returns its port */
export async function startWsgi(t: Ending, python: string): Promise<number> {
  const file = join(makeScratch(t, 'wsgi'), 'application.py');
  writeFileSync(file, APPLICATION);
  const ready = await startProcess(t, {
    command: python,
    args: [file],
    output: 'stdout',
    ready: /^listening on \d+$/,
  });
  return Number(ready.split(' ').at(-1));
}
