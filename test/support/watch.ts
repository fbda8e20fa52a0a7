/** Texts that must stay inside, with what each of them is. */
const secrets = new Map<string, string>();
/** What has left the gateway since the last look: log lines, headers, bodies. */
let seen: { readonly where: string; readonly text: string }[] = [];
let pending: Promise<void>[] = [];

/** Names a text that may appear in no answer and no log line. */
export function guard(what: string, text: string): void {
  secrets.set(text, what);
}

export function sawText(where: string, text: string): void {
  seen.push({ where, text });
}

/** Keeps status line, headers and body of an answer for the look that follows each test. */
export function sawResponse(where: string, response: Response): void {
  for (const [name, value] of response.headers) sawText(`${where}, header ${name}`, value);
  if (response.webSocket || response.body === null) return;
  const copy = response.clone();
  pending.push(
    copy.text().then(
      (text) => sawText(`${where}, body`, text),
      () => undefined,
    ),
  );
}

/** Every secret that has left since the last look, one sentence each, without the secret itself. */
export async function takeLeaks(): Promise<string[]> {
  await Promise.all(pending);
  const leaks = seen.flatMap(({ where, text }) => findSecrets(text).map((what) => `${what} in ${where}`));
  seen = [];
  pending = [];
  return leaks;
}

function findSecrets(text: string): string[] {
  const forms = [text, decodeLoosely(text)];
  return [...secrets]
    .filter(([secret]) => forms.some((form) => form.includes(secret)))
    .map(([, what]) => what);
}

function decodeLoosely(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}
