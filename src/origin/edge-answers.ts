import type { EdgeAnswer, ViewerRequest } from './viewer-routes.ts';

/** What each answer says, given the uid in the path where the route has one. */
const BODIES: Readonly<Record<EdgeAnswer, (uid: string) => unknown>> = {
  // The frontend leads to /logout after a 401 here; while a grant serves, the session is good.
  'session-is-good': () => ({ message: 'Logged in' }),
  accepted: () => ({ message: 'ok' }),
  folder: (uid) => ({
    id: 0,
    uid,
    title: '',
    url: '',
    hasAcl: false,
    canSave: false,
    canEdit: false,
    canAdmin: false,
    canDelete: false,
    version: 1,
  }),
  'folder-resource': (uid) => ({
    kind: 'Folder',
    apiVersion: 'folder.grafana.app/v1beta1',
    metadata: { name: uid, annotations: {} },
    spec: { title: '' },
  }),
  'folder-access': () => ({ canSave: false, canEdit: false, canAdmin: false, canDelete: false }),
  'folder-parents': () => ({ kind: 'FolderInfoList', apiVersion: 'folder.grafana.app/v1beta1', items: [] }),
};

/** The gateway's own answer to a viewer's request that the origin need not see. */
export function answerAtEdge(answer: EdgeAnswer, request: ViewerRequest): Response {
  return Response.json(BODIES[answer](request.uid ?? ''), { headers: { 'Cache-Control': 'no-store' } });
}
