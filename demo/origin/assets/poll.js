import { queryPanel } from './api.js';

const WINDOW_MILLISECONDS = 5 * 60 * 1000;
const STEP_MILLISECONDS = 2000;
const PAUSE_MILLISECONDS = 1500;
/** A refused panel asks on, but seldom: a fresh link opened elsewhere brings it back. */
const PAUSE_REFUSED_MILLISECONDS = 5000;

/** Keeps one panel up to date from `/api/ds/query`, for as long as the page is open. */
export async function pollPanel(panel, view, context) {
  for (;;) {
    const answered = await refresh(panel, view, context);
    await sleep(answered ? PAUSE_MILLISECONDS : PAUSE_REFUSED_MILLISECONDS);
  }
}

async function refresh(panel, view, context) {
  const to = Date.now();
  const range = { from: to - WINDOW_MILLISECONDS, to, step: STEP_MILLISECONDS };
  const answer = await queryPanel(panel, range, context);
  const values = answer.ok ? answer.value.results.A?.frames[0]?.data.values : undefined;
  if (values) view.show(values, range);
  else view.stop(answer.reason ?? 'The answer holds no data.');
  return values !== undefined;
}

function sleep(milliseconds) {
  return new Promise((resolve) => setTimeout(resolve, milliseconds));
}
