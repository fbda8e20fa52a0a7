/** Query parameters of version 2 (Alibaba Cloud Managed Service for Grafana). */
export const V2_PARAMETERS = {
  sign: 'aliyun_api_key_sign',
  timestamp: 'aliyun_api_key_timestamp',
  name: 'aliyun_api_key_name',
  orgId: 'aliyun_api_key_org_id',
  expireSeconds: 'aliyun_api_key_expire_seconds',
} as const;

/** Query parameter of version 1: the key itself. */
export const V1_PARAMETER = 'aliyun_api_key';

/** Grafana's own parameter for the organisation (Grafana `pkg/middleware/org_redirect.go`). */
export const GRAFANA_ORG_PARAMETER = 'orgId';

/** Whatever begins like this, in any spelling, belongs to share links. */
export const RESERVED_PREFIX = 'aliyun_';
