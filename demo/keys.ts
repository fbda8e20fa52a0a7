import { mintToken } from './lib/token.ts';
import { dashboardPath, GREENHOUSES, type Tenant, WATERWORKS } from './origin/tenants.ts';

/** A share key of the demo: what the gateway is configured with, and what the portal signs with. */
export interface DemoKey {
  readonly name: string;
  readonly orgId: number;
  readonly token: string;
  readonly dashboardUid: string;
  /** The dashboard's path at the gateway, with its query. */
  readonly path: string;
  /** What the portal calls the dashboard. */
  readonly label: string;
}

/** A key of the demo's own origin, with the tenant whose data it opens. */
export interface TenantKey extends DemoKey {
  readonly tenant: Tenant;
}

/** Two customers, each with a key of its own. Tokens are new at every start. */
export function mintPortalKeys(): [TenantKey, TenantKey] {
  return [mintTenantKey('acme-portal', WATERWORKS), mintTenantKey('globex-portal', GREENHOUSES)];
}

/**
 * A third key, for the link that has expired. A browser that still holds a session of a key is let through by that
 * key's old links; nobody holds one of this key, so its old link shows the refusal in every browser.
 */
export function mintFormerKey(): TenantKey {
  return mintTenantKey('acme-former-portal', WATERWORKS);
}

/** The keys as the gateway's `SHARE_KEYS` variable has them. */
export function formatShareKeys(keys: readonly DemoKey[], portalOrigin: string): string {
  return JSON.stringify(
    keys.map(({ name, orgId, token, dashboardUid }) => ({
      name,
      orgId,
      token,
      dashboards: [dashboardUid],
      frameAncestors: [portalOrigin],
      live: true,
    })),
  );
}

function mintTenantKey(name: string, tenant: Tenant): TenantKey {
  return {
    name,
    orgId: tenant.orgId,
    token: mintToken(),
    dashboardUid: tenant.dashboard.uid,
    path: `${dashboardPath(tenant)}?orgId=${tenant.orgId}`,
    label: `${tenant.orgName} · ${tenant.dashboard.title}`,
    tenant,
  };
}
