import { compile, getRegisteredFunctions, TreeInterpreter } from '@jmespath-community/jmespath';
import { fail, ok, type Result } from '../lib/result.ts';
import type { BareJson } from './bare-json.ts';
import { replaceSlowFunctions } from './jmespath-functions.ts';

type Tree = ReturnType<typeof compile>;

/** A JMESPath that has been read, of the community dialect that Grafana uses (`lower`, `split`, `let`, ...). */
export interface Expression {
  readonly text: string;
  /**
   * What the expression gives for the data; null where it gives nothing. `search-failed` is what Grafana's library
   * calls an error: a function that was handed something it does not take, as in `contains(null, 'a')`.
   */
  search(data: BareJson): Result<BareJson, 'search-failed'>;
}

/**
 * Reads a JMESPath; the reason says what is wrong with it. Unlike Grafana, which only finds out when somebody signs
 * in, this also refuses a function that does not exist.
 */
export function compileExpression(text: string): Result<Expression, string> {
  replaceSlowFunctions();
  const tree = parse(text);
  if (!tree.ok) return tree;
  const known = new Set(getRegisteredFunctions());
  const unknown = functionsOf(tree.value).find((name) => !known.has(name));
  if (unknown !== undefined) return fail(`there is no function ${unknown}()`);
  return ok({ text, search: (data: BareJson) => search(tree.value, data) });
}

function parse(text: string): Result<Tree, string> {
  try {
    return ok(compile(text));
  } catch (error) {
    return fail(error instanceof Error ? error.message : String(error));
  }
}

function search(tree: Tree, data: BareJson): Result<BareJson, 'search-failed'> {
  try {
    // The library only reads what it is given; its types do not say so.
    return ok((TreeInterpreter.search(tree, data as never) ?? null) as BareJson);
  } catch {
    // Its message may quote a claim, so it goes nowhere.
    return fail('search-failed');
  }
}

/** The functions that an expression calls. A literal may look like a node and is none. */
function functionsOf(node: unknown): readonly string[] {
  if (typeof node !== 'object' || node === null) return [];
  const { type, name } = node as { readonly type?: unknown; readonly name?: unknown };
  if (type === 'Literal') return [];
  const own = type === 'Function' && typeof name === 'string' ? [name] : [];
  return [...own, ...Object.values(node).flatMap(functionsOf)];
}
