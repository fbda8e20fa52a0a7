import { expect, test } from 'vitest';
import { Gateway } from '../support/gateway.ts';
import { origin } from '../support/origin.ts';

const PAGE = '/d/uid-one/demo';

/** A body whose pieces a test gives one by one. */
function handPiecewise() {
  const { readable, writable } = new TransformStream<Uint8Array, Uint8Array>();
  const writer = writable.getWriter();
  const encoder = new TextEncoder();
  return {
    body: readable,
    give: (text: string) => writer.write(encoder.encode(text)),
    end: () => writer.close(),
  };
}

/** Reads one piece at a time. */
function takePiecewise(body: ReadableStream<Uint8Array> | null) {
  if (!body) throw new Error('there is no body');
  const reader = body.pipeThrough(new TextDecoderStream()).getReader();
  return async () => (await reader.read()).value;
}

test('an answer is handed on piece by piece, before its end is known', async () => {
  const { body, give, end } = handPiecewise();
  origin.answerWith(() => new Response(body));
  const gateway = new Gateway();
  const response = await gateway.fetchAs(await gateway.open(), PAGE);
  const take = takePiecewise(response.body);
  for (const piece of ['first', 'second', 'third']) {
    // Each piece is given only after the one before it has come out.
    const given = give(piece);
    expect(await take()).toBe(piece);
    await given;
  }
  const ended = end();
  expect(await take()).toBeUndefined();
  await ended;
});

test('a request is handed on piece by piece, before its end is known', async () => {
  const { body, give, end } = handPiecewise();
  const { promise: taking, resolve } = Promise.withResolvers<ReturnType<typeof takePiecewise>>();
  origin.answerWith(async (request) => {
    resolve(takePiecewise(request.body));
    return new Response('queried');
  });
  const gateway = new Gateway();
  const jar = await gateway.open();
  const headers = { 'X-Dashboard-Uid': 'uid-one' };
  const answered = gateway.fetchAs(jar, '/api/ds/query', { method: 'POST', headers, body });
  const take = await taking;
  for (const piece of ['first', 'second']) {
    const given = give(piece);
    expect(await take()).toBe(piece);
    await given;
  }
  const ended = end();
  expect(await take()).toBeUndefined();
  await ended;
  expect(await (await answered).text()).toBe('queried');
});

test('the timeout ends with the first byte: a stream may last longer', async () => {
  const { body, give, end } = handPiecewise();
  origin.answerWith(() => new Response(body));
  const gateway = new Gateway({ vars: { ORIGIN_TIMEOUT_SECONDS: '1' } });
  const response = await gateway.fetchAs(await gateway.open(), PAGE);
  const take = takePiecewise(response.body);
  await new Promise((resolve) => setTimeout(resolve, 1100));
  const given = give('late');
  expect(await take()).toBe('late');
  await given;
  expect(origin.only.signal.aborted).toBe(false);
  const ended = end();
  expect(await take()).toBeUndefined();
  await ended;
});
