import attacks from '../../vectors/attacks.json';

/** One hostile input and the answer that is safe (test/vectors/attacks.json). */
export interface AttackCase {
  readonly id: string;
  readonly area: string;
  readonly request: {
    readonly method: string;
    readonly path: string;
    readonly headers: Readonly<Record<string, string>>;
    readonly body?: string;
  };
  readonly precondition: string;
  readonly expect: {
    readonly status: readonly number[];
    readonly origin: 'called' | 'not_called' | 'either';
    readonly set_cookie?: boolean | null;
    readonly set_cookie_attrs?: readonly string[];
    readonly upstream_absent_value?: readonly string[];
    readonly upstream_names_absent_alias_of?: readonly string[];
    readonly upstream_present?: readonly string[];
    readonly assert: readonly string[];
  };
}

export const ATTACKS = attacks.cases as unknown as readonly AttackCase[];
