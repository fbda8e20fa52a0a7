/** The fields by which a page names its neighbours (engine `common/api_helpers/paginators.py`). */
const NEIGHBOURS: ReadonlySet<string> = new Set(['next', 'previous']);

/**
 * The tokens of JSON that matter here: texts, and what opens and closes. A text without its end is no token, so
 * that broken JSON ends the walk.
 */
const TOKEN = /"[^"\\]*(?:\\.[^"\\]*)*"|[{}[\]]|"/gs;

/** A text literal of a JSON document, by its place. */
interface Literal {
  readonly start: number;
  readonly end: number;
}

/**
 * The same page with its neighbours' addresses mapped. Every other character stays as it came: what is parsed and
 * written again loses digits of long numbers, and alerts carry anything.
 *
 * @param map the address as the client shall see it; the same where it stays
 */
export function mapNeighbours(page: string, map: (address: string) => string): string {
  let mapped = '';
  let at = 0;
  for (const { start, end } of findNeighbours(page)) {
    const address = readText(page.slice(start, end));
    const other = address === undefined ? undefined : map(address);
    if (other === undefined || other === address) continue;
    mapped += page.slice(at, start) + JSON.stringify(other);
    at = end;
  }
  return mapped + page.slice(at);
}

/** The values of `next` and `previous` of the outermost object, as far as they are texts. */
function findNeighbours(page: string): Literal[] {
  if (!/^\s*\{/.test(page)) return [];
  const found: Literal[] = [];
  let depth = 0;
  let name: string | undefined;
  const seen = new Set<string>();
  for (const token of page.matchAll(TOKEN)) {
    const [text] = token;
    if (text === '"') return found;
    if (text === '{' || text === '[') depth += 1;
    else if (text === '}' || text === ']') depth -= 1;
    else if (depth === 1) {
      const end = token.index + text.length;
      if (!isName(page, end)) {
        if (name !== undefined && NEIGHBOURS.has(name)) found.push({ start: token.index, end });
        continue;
      }
      // Both stand in front of the results: nearly every walk ends here.
      if (seen.size === NEIGHBOURS.size) return found;
      name = readText(text);
      if (name !== undefined && NEIGHBOURS.has(name)) seen.add(name);
    }
  }
  return found;
}

/** Whether a text is the name of a member: a colon follows. */
function isName(page: string, end: number): boolean {
  const colon = /\s*:/y;
  colon.lastIndex = end;
  return colon.test(page);
}

function readText(literal: string): string | undefined {
  try {
    return JSON.parse(literal) as string;
  } catch {
    // No text of JSON after all: it stays as it is.
    return undefined;
  }
}
