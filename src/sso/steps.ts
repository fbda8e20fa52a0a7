import type { SourceName } from './person.ts';

/** What a step of {@link identify} is about. */
export type StepSubject =
  | 'sub'
  | 'login'
  | 'name'
  | 'email'
  | 'role'
  | 'organizations'
  | 'mapping'
  | 'groups'
  | 'teams'
  | 'allowed'
  | 'decision';

/** One thing that was looked at on the way to a decision, for `postern sso explain`. */
export interface Step {
  readonly about: StepSubject;
  readonly source?: SourceName | 'emails' | 'teams' | 'orgs' | undefined;
  /** What was read: a claim, a JMESPath, an entry of a mapping, an option. */
  readonly by?: string | undefined;
  /** What it gave, as JSON. */
  readonly gave?: unknown;
  /** Whether this is what counted. */
  readonly counts: boolean;
  /** Why, in a sentence. */
  readonly note?: string | undefined;
}

/** Takes the steps down; sign-ins themselves take none. */
export type TakeStep = (step: Step) => void;
