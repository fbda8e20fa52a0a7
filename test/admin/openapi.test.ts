import { describe, expect, test } from 'vitest';
import { AdminGateway } from '../support/admin.ts';

/**
 * The document against what OpenAPI 3.1.0 and JSON Schema 2020-12 ask for, as far as tools stumble over it. Structure
 * only: no library stands behind this.
 */
type Json = string | number | boolean | null | readonly Json[] | { readonly [name: string]: Json };
type Fields = { readonly [name: string]: Json };

const METHODS = ['get', 'put', 'post', 'delete', 'options', 'head', 'patch', 'trace'];
const PATH_ITEM_FIELDS = [...METHODS, '$ref', 'summary', 'description', 'servers', 'parameters'];
const OPERATION_FIELDS = [
  'tags',
  'summary',
  'description',
  'externalDocs',
  'operationId',
  'parameters',
  'requestBody',
  'responses',
  'callbacks',
  'deprecated',
  'security',
  'servers',
];
const DOCUMENT_FIELDS = [
  'openapi',
  'info',
  'jsonSchemaDialect',
  'servers',
  'paths',
  'webhooks',
  'components',
  'security',
  'tags',
  'externalDocs',
];
const TYPES = ['string', 'number', 'integer', 'boolean', 'object', 'array', 'null'];

/** Keywords of JSON Schema 2020-12 and what their value has to be. */
const KEYWORDS: Readonly<Record<string, (value: Json) => boolean>> = {
  $ref: isText,
  $defs: isMap,
  type: (value) => [value].flat().every((type) => isText(type) && TYPES.includes(type)),
  enum: (value) =>
    Array.isArray(value) && value.length > 0 && new Set(value.map(write)).size === value.length,
  const: () => true,
  default: () => true,
  examples: Array.isArray,
  example: () => true,
  title: isText,
  description: isText,
  format: isText,
  deprecated: isFlag,
  readOnly: isFlag,
  writeOnly: isFlag,
  pattern: (value) => isText(value) && isPattern(value),
  minLength: isCount,
  maxLength: isCount,
  minItems: isCount,
  maxItems: isCount,
  minProperties: isCount,
  maxProperties: isCount,
  uniqueItems: isFlag,
  minimum: isNumber,
  maximum: isNumber,
  exclusiveMinimum: isNumber,
  exclusiveMaximum: isNumber,
  multipleOf: (value) => isNumber(value) && Number(value) > 0,
  required: (value) => Array.isArray(value) && value.every(isText) && new Set(value).size === value.length,
  properties: isMap,
  patternProperties: isMap,
  additionalProperties: isSchema,
  propertyNames: isSchema,
  items: isSchema,
  prefixItems: isSchemaList,
  contains: isSchema,
  allOf: isSchemaList,
  anyOf: isSchemaList,
  oneOf: isSchemaList,
  not: isSchema,
  discriminator: isMap,
};

function isText(value: Json | undefined): value is string {
  return typeof value === 'string';
}

function isFlag(value: Json): boolean {
  return typeof value === 'boolean';
}

function isNumber(value: Json): boolean {
  return typeof value === 'number';
}

function isCount(value: Json): boolean {
  return Number.isInteger(value) && Number(value) >= 0;
}

function isMap(value: Json | undefined): value is Fields {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function isSchema(value: Json): boolean {
  return isMap(value) || isFlag(value);
}

function isSchemaList(value: Json): boolean {
  return Array.isArray(value) && value.length > 0 && value.every(isSchema);
}

/** A regular expression of ECMA-262 with `u`, as JSON Schema wants. */
function isPattern(text: string): boolean {
  try {
    return new RegExp(text, 'u') instanceof RegExp;
  } catch {
    return false;
  }
}

function write(value: Json): string {
  return JSON.stringify(value);
}

function fieldsOf(value: Json | undefined): Fields {
  return isMap(value) ? value : {};
}

function listOf(value: Json | undefined): readonly Json[] {
  return Array.isArray(value) ? value : [];
}

/** Everything that is wrong with a document, one line each; empty where it holds. */
function findFaults(document: Fields): string[] {
  const faults: string[] = [];
  const need = (holds: boolean, fault: string): void => {
    if (!holds) faults.push(fault);
  };

  need(/^3\.1\.\d+$/.test(String(document.openapi)), 'openapi is not 3.1');
  for (const name of Object.keys(document))
    need(DOCUMENT_FIELDS.includes(name) || name.startsWith('x-'), `the document has ${name}`);
  const info = fieldsOf(document.info);
  need(isText(info.title) && isText(info.version), 'info lacks title or version');
  for (const server of listOf(document.servers)) need(isText(fieldsOf(server).url), 'a server has no url');
  const components = fieldsOf(document.components);
  const schemes = fieldsOf(components.securitySchemes);
  checkSecurity(listOf(document.security), 'the document');
  for (const [section, entries] of Object.entries(components)) {
    for (const name of Object.keys(fieldsOf(entries)))
      need(/^[A-Za-z0-9._-]+$/.test(name), `components.${section} has the name ${name}`);
  }
  for (const [name, schema] of Object.entries(fieldsOf(components.schemas))) checkSchema(schema, `#${name}`);
  for (const [name, scheme] of Object.entries(schemes)) {
    const { type, scheme: how } = fieldsOf(scheme);
    need(type === 'http' ? isText(how) : isText(type), `the security scheme ${name} is not whole`);
  }
  checkPaths(fieldsOf(document.paths));
  checkReferences(document, '#');
  return faults;

  function checkPaths(paths: Fields): void {
    const shapes = new Set<string>();
    const operationIds = new Set<string>();
    need(Object.keys(paths).length > 0, 'there are no paths');
    for (const [path, item] of Object.entries(paths)) {
      need(path.startsWith('/') && !path.includes('?'), `${path} is no path`);
      const shape = path.replace(/\{[^}]*\}/g, '{}');
      need(!shapes.has(shape), `${path} stands there twice`);
      shapes.add(shape);
      need(
        Object.keys(fieldsOf(item)).some((name) => METHODS.includes(name)),
        `${path} has no operation`,
      );
      for (const [name, operation] of Object.entries(fieldsOf(item))) {
        need(PATH_ITEM_FIELDS.includes(name), `${path} has ${name}`);
        if (!METHODS.includes(name)) continue;
        checkOperation(path, name, fieldsOf(operation), listOf(fieldsOf(item).parameters));
        const { operationId } = fieldsOf(operation);
        if (operationId === undefined) continue;
        need(isText(operationId) && !operationIds.has(operationId), `${path} repeats an operationId`);
        operationIds.add(String(operationId));
      }
    }
  }

  function checkOperation(path: string, method: string, operation: Fields, shared: readonly Json[]): void {
    const where = `${method} ${path}`;
    for (const name of Object.keys(operation)) need(OPERATION_FIELDS.includes(name), `${where} has ${name}`);
    checkParameters(path, where, [...shared, ...listOf(operation.parameters)].map(fieldsOf));
    const { requestBody, responses, security } = operation;
    if (security !== undefined) checkSecurity(listOf(security), where);
    if (requestBody !== undefined) {
      need(!['get', 'head', 'delete'].includes(method), `${where} has a body`);
      need(Object.keys(fieldsOf(fieldsOf(requestBody).content)).length > 0, `${where} has an empty body`);
      checkContent(fieldsOf(requestBody).content, `${where} body`);
    }
    const statuses = Object.keys(fieldsOf(responses));
    need(statuses.length > 0, `${where} answers nothing`);
    need(
      statuses.some((status) => /^2/.test(status)),
      `${where} never succeeds`,
    );
    for (const [status, response] of Object.entries(fieldsOf(responses))) {
      need(/^(?:[1-5](?:\d\d|XX)|default)$/.test(status), `${where} has the status ${status}`);
      const { description, content } = fieldsOf(response);
      need(isText(description) && description !== '', `${where} ${status} has no description`);
      checkContent(content, `${where} ${status}`);
    }
  }

  function checkParameters(path: string, where: string, parameters: readonly Fields[]): void {
    const inPath = [...path.matchAll(/\{([^}]*)\}/g)].map(([, name = '']) => name);
    need(new Set(inPath).size === inPath.length, `${where} repeats a placeholder`);
    const declared = parameters
      .filter((parameter) => parameter.in === 'path')
      .map(({ name }) => String(name));
    for (const name of inPath) need(declared.includes(name), `${where} does not declare {${name}}`);
    for (const name of declared) need(inPath.includes(name), `${where} declares ${name}, which it has not`);
    const seen = new Set<string>();
    for (const parameter of parameters) {
      const { name, in: place, required, schema, content } = parameter;
      need(isText(name) && name !== '', `${where} has a parameter without a name`);
      need(['query', 'header', 'path', 'cookie'].includes(String(place)), `${where}: ${name} is nowhere`);
      need(place !== 'path' || required === true, `${where}: ${name} is not required`);
      need((schema === undefined) !== (content === undefined), `${where}: ${name} has no schema, or two`);
      const reserved = place === 'header' && /^(?:accept|content-type|authorization)$/i.test(String(name));
      need(!reserved, `${where}: ${name} is ignored as a header`);
      need(!seen.has(`${place} ${name}`), `${where}: ${name} stands there twice`);
      seen.add(`${place} ${name}`);
      if (schema !== undefined) checkSchema(schema, `${where} ${name}`);
    }
  }

  function checkContent(content: Json | undefined, where: string): void {
    for (const [type, media] of Object.entries(fieldsOf(content))) {
      need(/^[a-z]+\/[a-z.+*-]+$/.test(type), `${where}: ${type} is no media type`);
      const { schema } = fieldsOf(media);
      need(schema !== undefined, `${where}: ${type} has no schema`);
      if (schema !== undefined) checkSchema(schema, `${where} ${type}`);
    }
  }

  function checkSecurity(requirements: readonly Json[], where: string): void {
    for (const requirement of requirements)
      for (const name of Object.keys(fieldsOf(requirement)))
        need(name in schemes, `${where} wants the security scheme ${name}`);
  }

  function checkSchema(schema: Json, where: string): void {
    need(isSchema(schema), `${where} is no schema`);
    if (!isMap(schema)) return;
    for (const [keyword, value] of Object.entries(schema))
      need(KEYWORDS[keyword]?.(value) ?? keyword.startsWith('x-'), `${where}: ${keyword} is ${write(value)}`);
    const { properties, required, minimum, maximum } = schema;
    if (properties !== undefined && schema.additionalProperties === false)
      for (const name of listOf(required))
        need(String(name) in fieldsOf(properties), `${where} requires ${write(name)}, which it forbids`);
    if (isNumber(minimum ?? null) && isNumber(maximum ?? null))
      need(Number(minimum) <= Number(maximum), `${where} has no number between its bounds`);
    for (const group of ['properties', 'patternProperties', '$defs'])
      for (const [name, one] of Object.entries(fieldsOf(schema[group]))) checkSchema(one, `${where}.${name}`);
    for (const one of ['items', 'additionalProperties', 'propertyNames', 'contains', 'not'])
      if (schema[one] !== undefined) checkSchema(schema[one], `${where} ${one}`);
    for (const list of ['allOf', 'anyOf', 'oneOf', 'prefixItems'])
      for (const [at, one] of listOf(schema[list]).entries()) checkSchema(one, `${where} ${list}[${at}]`);
  }

  function checkReferences(value: Json, where: string): void {
    if (Array.isArray(value)) {
      for (const [at, one] of value.entries()) checkReferences(one, `${where}/${at}`);
      return;
    }
    for (const [name, one] of Object.entries(fieldsOf(value))) {
      // A property may go by this name; what refers is a text.
      if (name === '$ref' && isText(one)) need(resolves(one), `${where} refers to ${one}`);
      else checkReferences(one, `${where}/${name}`);
    }
  }

  function resolves(reference: string): boolean {
    if (!reference.startsWith('#/')) return false;
    let at: Json | undefined = document;
    for (const step of reference.slice(2).split('/')) {
      const name = decodeURIComponent(step).replaceAll('~1', '/').replaceAll('~0', '~');
      at = fieldsOf(at)[name];
    }
    return at !== undefined;
  }
}

async function readDocument(): Promise<Fields> {
  const gateway = await AdminGateway.create();
  return (await gateway.fetch('/-/api/openapi.json')).json();
}

test('the OpenAPI document is one of OpenAPI 3.1', async () => {
  const document = await readDocument();
  expect(findFaults(document)).toEqual([]);
});

test('it names the address that it was asked at, and wants the token for everything', async () => {
  const document = await readDocument();
  expect(document.servers).toEqual([{ url: 'https://dash.example.com' }]);
  expect(document.security).toEqual([{ token: [] }]);
});

test('what it names is there: no operation is answered as an address of nobody', async () => {
  const gateway = await AdminGateway.create();
  const nowhere = await gateway.ask('GET', '/nowhere');
  expect(nowhere.status).toBe(404);
  const { paths } = await readDocument();
  const filled: Readonly<Record<string, string>> = { orgId: '1', name: 'nobody' };
  for (const [path, item] of Object.entries(fieldsOf(paths))) {
    for (const method of Object.keys(fieldsOf(item))) {
      const target = path.replace(/\{([^}]+)\}/g, (_, name: string) => filled[name] ?? '00000000');
      const answer = await gateway.ask(method.toUpperCase(), target.replace('/-/api/v1', ''));
      // A key that there is not is a 404 of its own, in other words.
      expect([method, path, detailOf(answer.body)]).not.toEqual([method, path, detailOf(nowhere.body)]);
    }
  }
  expect(await gateway.kv.names()).toEqual([]);
});

function detailOf(body: unknown): Json | undefined {
  return fieldsOf(body as Json).detail;
}

describe('what is looked for would be found', () => {
  /** The document with one thing changed, and the fault that this is. */
  const CHANGES: readonly (readonly [what: string, change: (text: string) => string, fault: RegExp])[] = [
    ['another version', (text) => text.replace('"3.1.0"', '"3.0.3"'), /not 3\.1/],
    ['a reference to nothing', (text) => text.replace('schemas/Key"', 'schemas/Kay"'), /refers to/],
    [
      'a placeholder that nobody declares',
      (text) => text.replaceAll('"name":"orgId"', '"name":"org"'),
      /orgId/,
    ],
    [
      'a parameter that may be left out',
      (text) => text.replace('"required":true,', ''),
      /not required|empty/,
    ],
    ['the nullable of 3.0', (text) => text.replace('"type":"string"', '"nullable":true'), /nullable/],
    ['a type that there is not', (text) => text.replace('"type":"integer"', '"type":"int"'), /type is "int"/],
    ['a pattern that is none', (text) => text.replace(/"pattern":"[^"]*"/, '"pattern":"("'), /pattern is/],
    [
      'an answer without words',
      (text) => text.replace(/"description":"[^"]*","content"/, '"content"'),
      /description/,
    ],
  ];

  test.each(CHANGES)('%s', async (_, change, fault) => {
    const text = JSON.stringify(await readDocument());
    const changed = change(text);
    expect(changed).not.toBe(text);
    expect(findFaults(JSON.parse(changed) as Fields).join('\n')).toMatch(fault);
  });
});
