/** What the operator decided about revocations. */
export interface RevocationOptions {
  /** How long one isolate may rely on an answer. */
  readonly memoSeconds: number;
  /** What becomes of visitors while nobody can say whether they were revoked. */
  readonly whenUnavailable: 'deny' | 'allow';
}
