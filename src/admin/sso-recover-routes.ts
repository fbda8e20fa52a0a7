import { RecoverAnswer, RecoverOrder } from '../api/sso-recover.ts';
import type { AdminApi } from './api.ts';
import { adminRoute, body, outcome } from './route.ts';
import { recover } from './sso-recover.ts';

const RECOVER = adminRoute({
  method: 'post',
  path: '/-/api/v1/sso/recover',
  tags: ['sso'],
  summary: 'Bring sign-in back after the identity provider was restored',
  description:
    'Ends every sign-in, makes a new key for assertions, forgets what was learnt of the provider, and looks whether it takes the client. With `dryRun` it says what it would do.',
  request: { body: body(RecoverOrder) },
  responses: { 200: outcome('What was done, what was found, and what is left', RecoverAnswer) },
});

export function addSsoRecoverRoutes(api: AdminApi): void {
  api.openapi(RECOVER, async (c) => c.json(await recover(c.req.valid('json'), c.env.visit), 200));
}
