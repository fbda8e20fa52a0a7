/** Files that stand in for others, to measure what header normalisation and the viewer's policy cost. */
export const WITHOUT_JUDGEMENT: Readonly<Record<string, string>> = {
  'src/headers/inbound.ts': 'bench/workers/no-inbound.ts',
  'src/origin/policy.ts': 'bench/workers/no-policy.ts',
};

/** The same, to measure what the admin API costs a start. */
export const WITHOUT_ADMIN: Readonly<Record<string, string>> = {
  'src/admin/door.ts': 'bench/workers/no-admin.ts',
};
