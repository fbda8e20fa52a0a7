import { DATA_SOURCE, dashboardPath, type Panel, type Tenant } from './tenants.ts';

/** What the page's version line shows; its form is Grafana's. */
export const BUILD_INFO = {
  version: '12.0.0-demo',
  commit: 'demo',
  env: 'production',
  edition: 'Demo',
} as const;

/** `GET /api/dashboards/uid/:uid`: the dashboard and what Grafana says about it. */
export function describeDashboard(tenant: Tenant): unknown {
  return {
    meta: {
      type: 'db',
      canSave: false,
      canEdit: false,
      canAdmin: false,
      canStar: false,
      slug: tenant.dashboard.slug,
      url: dashboardPath(tenant),
      version: 1,
      provisioned: true,
    },
    dashboard: {
      uid: tenant.dashboard.uid,
      title: tenant.dashboard.title,
      schemaVersion: 41,
      version: 1,
      editable: false,
      time: { from: 'now-5m', to: 'now' },
      panels: tenant.panels.map(describePanel),
    },
  };
}

/** `GET /api/frontend/settings`, as far as the demo has something to say. */
export function describeSettings(tenant: Tenant): unknown {
  return {
    appSubUrl: '',
    buildInfo: BUILD_INFO,
    datasources: {
      [DATA_SOURCE.uid]: { ...DATA_SOURCE, name: `${tenant.orgName} metrics`, access: 'proxy' },
    },
    liveEnabled: true,
  };
}

/** A streamed panel has no query: its target names the channel that feeds it. */
function describePanel(panel: Panel, index: number): unknown {
  const source = panel.feed === 'poll' ? { expr: panel.metric } : { channel: channelPath(panel) };
  return {
    id: panel.id,
    type: 'timeseries',
    title: panel.title,
    datasource: DATA_SOURCE,
    gridPos: { h: 8, w: 12, x: (index % 2) * 12, y: Math.floor(index / 2) * 8 },
    fieldConfig: { defaults: { unit: panel.unit, decimals: panel.decimals }, overrides: [] },
    targets: [{ refId: 'A', datasource: DATA_SOURCE, ...source }],
  };
}

/** Grafana's address of a stream, without the organisation that leads it on the socket. */
export function channelPath(panel: Panel): string {
  return `stream/demo/${panel.metric}`;
}
