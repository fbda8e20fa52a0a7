import type { Signal } from './signals.ts';

/** One panel of a dashboard. */
export interface Panel {
  readonly id: number;
  readonly title: string;
  readonly unit: string;
  readonly decimals: number;
  /** How a query names this quantity. */
  readonly metric: string;
  /** `poll` panels ask `/api/ds/query`; the `stream` panel is fed by the WebSocket. */
  readonly feed: 'poll' | 'stream';
  readonly signal: Signal;
}

/** One organisation of the dashboard origin, with the one dashboard it has. */
export interface Tenant {
  readonly orgId: number;
  readonly orgName: string;
  readonly dashboard: { readonly uid: string; readonly slug: string; readonly title: string };
  /** A palette of the page's style sheet. */
  readonly palette: 'tide' | 'grove';
  readonly panels: readonly Panel[];
}

/** The data source that every query of the demo names. */
export const DATA_SOURCE = { type: 'demo-metrics', uid: 'demo-metrics' } as const;

export const WATERWORKS: Tenant = {
  orgId: 1,
  orgName: 'Acme Waterworks',
  dashboard: { uid: 'acme-pump-hall', slug: 'pump-hall', title: 'Pump hall' },
  palette: 'tide',
  panels: [
    panel(1, 'Flow', 'm³/h', 0, 'acme_flow', 'poll', { base: 412, swing: 46, seed: 11 }),
    panel(2, 'Main pressure', 'bar', 2, 'acme_pressure', 'poll', { base: 5.2, swing: 0.42, seed: 12 }),
    panel(3, 'Motor temperature', '°C', 1, 'acme_motor_temperature', 'poll', {
      base: 61,
      swing: 5.5,
      seed: 13,
    }),
    panel(4, 'Bearing vibration', 'mm/s', 2, 'acme_vibration', 'stream', { base: 2.4, swing: 0.7, seed: 14 }),
  ],
};

export const GREENHOUSES: Tenant = {
  orgId: 2,
  orgName: 'Globex Greenhouses',
  dashboard: { uid: 'globex-glasshouse', slug: 'glasshouse-3', title: 'Glasshouse 3' },
  palette: 'grove',
  panels: [
    panel(1, 'Air temperature', '°C', 1, 'globex_temperature', 'poll', { base: 23.4, swing: 2.1, seed: 21 }),
    panel(2, 'Humidity', '%', 0, 'globex_humidity', 'poll', { base: 68, swing: 7, seed: 22 }),
    panel(3, 'Carbon dioxide', 'ppm', 0, 'globex_carbon_dioxide', 'poll', { base: 880, swing: 95, seed: 23 }),
    panel(4, 'Light on the leaves', 'µmol', 0, 'globex_light', 'stream', { base: 540, swing: 60, seed: 24 }),
  ],
};

export const TENANTS: readonly Tenant[] = [WATERWORKS, GREENHOUSES];

/** The path of a tenant's dashboard, as Grafana forms it. */
export function dashboardPath(tenant: Tenant): string {
  return `/d/${tenant.dashboard.uid}/${tenant.dashboard.slug}`;
}

function panel(
  id: number,
  title: string,
  unit: string,
  decimals: number,
  metric: string,
  feed: Panel['feed'],
  signal: Signal,
): Panel {
  return { id, title, unit, decimals, metric, feed, signal };
}
