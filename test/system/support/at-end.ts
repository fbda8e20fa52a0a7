import type { TestContext } from 'node:test';

/** What a helper needs of a test: to be told of its end. */
export type Ending = Pick<TestContext, 'after'>;

type Step = () => unknown;

const steps = new WeakMap<Ending, Step[]>();

/** Runs a step after the test. What was started last ends first, which `t.after` alone has the other way round. */
export function atEnd(t: Ending, step: Step): void {
  const known = steps.get(t);
  if (known) {
    known.push(step);
    return;
  }
  const own = [step];
  steps.set(t, own);
  t.after(async () => {
    const failures: unknown[] = [];
    // One that fails must not keep the others running.
    for (const each of own.reverse())
      await Promise.resolve()
        .then(each)
        .catch((error) => failures.push(error));
    if (failures.length > 0) throw new AggregateError(failures, 'not everything has ended');
  });
}
