import type { KeyPatchJson, NewKeyJson } from '../api/keys.ts';
import type { KeyIdentity } from '../share/key.ts';
import type { KeySettings } from '../share/key-changes.ts';
import { findEmbeddedDifferences, KEY_FORMS } from '../share/key-forms.ts';
import type { GrafanaToken } from '../share/token.ts';
import { Refused } from './refused.ts';

type Form = keyof typeof KEY_FORMS;

/** A value in the form that `SHARE_KEYS` asks for too. @throws Refused; the value is never repeated */
function readForm<Name extends Form>(name: Name, value: unknown) {
  const parsed = KEY_FORMS[name].safeParse(value);
  if (parsed.success) return parsed.data as ReturnType<(typeof KEY_FORMS)[Name]['parse']>;
  const [issue] = parsed.error.issues;
  throw new Refused('invalid_input', `${name}: ${issue?.message ?? 'is not in its form'}.`);
}

/** A token that this key may have. A wrong checksum is a typing mistake. @throws Refused */
export function readToken(text: string, key: KeyIdentity): GrafanaToken {
  const token = readForm('token', text);
  if (!token.checksumHolds) {
    throw new Refused(
      'invalid_input',
      'token: its checksum is wrong, most likely a typing mistake. Copy it again.',
    );
  }
  const [difference] = findEmbeddedDifferences({ ...key, token });
  if (difference !== undefined) throw new Refused('invalid_input', `token: ${difference}.`);
  return token;
}

/** The settings of a new key. @throws Refused */
export function readSettings(order: NewKeyJson): KeySettings {
  const { dashboards, frameAncestors, maxSessionSeconds, live, resources, expires, note } = order;
  return {
    dashboards: readMaybe('dashboards', dashboards),
    frameAncestors: readMaybe('frameAncestors', frameAncestors),
    maxSessionSeconds: readMaybe('maxSessionSeconds', maxSessionSeconds),
    live: live ?? false,
    resources: readForm('resources', resources ?? []),
    expiresAt: readMaybe('expires', expires),
    note,
  };
}

/** The settings that a patch changes; null takes one away. @throws Refused */
export function readPatch(patch: KeyPatchJson): Partial<KeySettings> & { readonly disabled?: boolean } {
  const { dashboards, frameAncestors, maxSessionSeconds, live, resources, expires, note, disabled } = patch;
  return {
    ...(dashboards !== undefined && { dashboards: readMaybe('dashboards', dashboards) }),
    ...(frameAncestors !== undefined && { frameAncestors: readMaybe('frameAncestors', frameAncestors) }),
    ...(maxSessionSeconds !== undefined && {
      maxSessionSeconds: readMaybe('maxSessionSeconds', maxSessionSeconds),
    }),
    ...(live !== undefined && { live }),
    ...(resources !== undefined && { resources: readForm('resources', resources) }),
    ...(expires !== undefined && { expiresAt: readMaybe('expires', expires) }),
    ...(note !== undefined && { note: note ?? undefined }),
    ...(disabled !== undefined && { disabled }),
  };
}

function readMaybe<Name extends Form>(name: Name, value: unknown) {
  return value === null || value === undefined ? undefined : readForm(name, value);
}
