import { fail, ok, type Result } from '../../lib/result.ts';
import { type Attribute, type Block, parseHcl, readValue } from './hcl.ts';
import { showList } from './read-json.ts';
import { keepLast, OAUTH, type Reading, type Setting, type Unreadable } from './setting.ts';

const RESOURCE = 'grafana_sso_settings';

/** The provider's own default; Grafana's ini file has it the other way round. */
const ENABLED: Setting = { section: OAUTH, key: 'enabled', text: 'true', line: undefined, elsewhere: [] };

/** Reads the `grafana_sso_settings` of generic OAuth out of a Terraform file. Other resources may stand beside it. */
export function readTerraform(text: string): Reading {
  const blocks = parseHcl(text);
  if (!blocks.ok) return blocks;
  const settings = findSettings(blocks.value);
  if (!settings.ok) return settings;
  const read = readAttributes(settings.value.attributes);
  return read.ok ? ok(keepLast([ENABLED, ...read.value])) : read;
}

/** The one block `oauth2_settings` that is about generic OAuth. */
function findSettings(blocks: readonly Block[]): Result<Block, Unreadable> {
  const resources = blocks.filter(({ type, labels }) => type === 'resource' && labels[0] === RESOURCE);
  const found: Block[] = [];
  for (const resource of resources) {
    const provider = readProvider(resource);
    if (!provider.ok) return provider;
    if (provider.value === 'generic_oauth') found.push(resource);
  }
  const [first, second] = found;
  if (!first)
    return fail({ line: undefined, problem: `has no ${RESOURCE} with provider_name = "generic_oauth"` });
  if (second)
    return fail({ line: second.line, problem: 'is a second one for generic_oauth: which is meant?' });
  return findBlock(first);
}

function readProvider({ attributes, line }: Block): Result<string, Unreadable> {
  const attribute = attributes.find(({ name }) => name === 'provider_name');
  if (!attribute) return fail({ line, problem: 'has no provider_name' });
  const value = readValue(attribute);
  if (!value.ok) return value;
  return value.value.kind === 'text'
    ? ok(value.value.text)
    : fail({ line: attribute.line, problem: 'has a provider_name that does not stand there as a text' });
}

function findBlock(resource: Block): Result<Block, Unreadable> {
  const dynamic = resource.blocks.find(({ type }) => type === 'dynamic');
  if (dynamic)
    return fail({
      line: dynamic.line,
      problem: 'makes its blocks by a rule (dynamic), which is not read here',
    });
  const [first, second] = resource.blocks.filter(({ type }) => type === 'oauth2_settings');
  if (!first) return fail({ line: resource.line, problem: 'has no block oauth2_settings' });
  if (second) return fail({ line: second.line, problem: 'is a second block oauth2_settings' });
  const [inner] = first.blocks;
  return inner
    ? fail({ line: inner.line, problem: 'is a block within oauth2_settings, which has none' })
    : ok(first);
}

function readAttributes(attributes: readonly Attribute[]): Reading {
  const settings: Setting[] = [];
  for (const attribute of attributes) {
    const read = readAttribute(attribute);
    if (!read.ok) return read;
    settings.push(...read.value);
  }
  return ok(settings);
}

/** One setting; as many as it has entries for the map `custom`. */
function readAttribute(attribute: Attribute): Reading {
  const { name: key, line } = attribute;
  const read = readValue(attribute);
  if (!read.ok) return read;
  const value = read.value;
  const setting = { section: OAUTH, key, line, elsewhere: [] };
  switch (value.kind) {
    case 'text':
      return ok([{ ...setting, text: value.text.trim() }]);
    case 'list':
      return ok([{ ...setting, text: showList(value.items) }]);
    case 'none':
      return ok([{ ...setting, text: '' }]);
    case 'elsewhere':
      return ok([{ ...setting, text: `\${${value.refers}}`, elsewhere: [value.refers] }]);
    case 'map':
      if (key === 'custom') return readAttributes(value.attributes);
      return fail({ line, problem: 'is a map, which none of these options holds' });
  }
}
