/** Stands in for the viewer's policy, to measure what that costs: every question is allowed. */
export function mayView(): boolean {
  return true;
}

export function namesIdentity(): boolean {
  return false;
}
