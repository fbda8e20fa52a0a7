import { afterAll, beforeAll, expect, test } from 'vitest';
import { RecoverAnswer } from '../../src/api/sso-recover.ts';
import { Browser } from '../support/provider/browser.ts';
import { ADMIN_TOKEN } from '../support/provider/gateway.ts';
import { Product } from '../support/provider/product.ts';
import { Scene } from '../support/provider/scene.ts';

const CLIENT = { id: 'product', secret: 'product-client-secret-0123456789abcdef' };

let scene: Scene;
const product = new Product(CLIENT);

beforeAll(async () => {
  const route = { path: '/argo', origin: await product.listen(), visitors: 'pass' };
  scene = await Scene.set({ ROUTES: JSON.stringify([route]) });
  product.issuer = scene.provider.issuer;
  product.address = scene.at('/argo');
  scene.provider.register({ ...CLIENT, redirectUris: [product.callback] });
  await product.start();
});
afterAll(async () => {
  await scene.end();
  await product.close();
});

const visit = async (browser: Browser) => {
  const { status, text } = await browser.step(product.address);
  return `${status} ${text}`;
};

const signIn = async (browser: Browser) => {
  const { status, text } = await browser.arrive(new URL('/argo/login', product.address));
  return `${status} ${text}`;
};

async function recover(): Promise<void> {
  const answer = await new Browser().call(scene.at('/-/api/v1/sso/recover'), {
    method: 'POST',
    headers: { Authorization: `Bearer ${ADMIN_TOKEN}`, 'Content-Type': 'application/json' },
    body: '{}',
  });
  expect(answer.status).toBe(200);
  const { findings, left } = RecoverAnswer.parse(JSON.parse(answer.text));
  expect(findings.map(({ verdict }) => verdict)).toEqual(['green', 'green']);
  expect(left.join(' ')).toContain('Products behind the gateway that sign people in by themselves');
}

test('a product that signs people in by itself stays stale through a recovery, until it is started again', async () => {
  const [before, after] = [new Browser(), new Browser()];
  expect(await signIn(before)).toBe('200 Hello ann');
  expect(await visit(before)).toBe('200 Hello ann');

  // As by a restore: all former keys of the provider are gone at once.
  await scene.provider.rotateKeys('replace');
  expect(await signIn(after)).toBe('401 token not valid');
  // And a token that the provider knows no more is let in.
  expect(await visit(before)).toBe('200 Hello ann');

  // The gateway comes back with one sign-in; the product does not.
  await recover();
  await new Promise((done) => setTimeout(done, 1_100));
  await scene.signIn();
  expect(await signIn(after)).toBe('401 token not valid');

  await product.start();
  // Whose token is of the former keys signs in again, and is in.
  expect(await visit(before)).toBe('401 token not valid');
  expect(await signIn(before)).toBe('200 Hello ann');
  expect(await signIn(after)).toBe('200 Hello ann');
});
