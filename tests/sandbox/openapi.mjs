// Judges requests and answers by an official OpenAPI 3.0 document with ajv, stricter than the document: properties that it does not name
// are refused, and where it says "discriminator" exactly the mapped schema is asked, not any that happens to fit.
import { existsSync, readFileSync } from 'node:fs';
import Ajv from 'ajv';
import add_formats from 'ajv-formats';
import { parse } from 'yaml';

const REF = '#/components/schemas/';
const ANNOTATIONS = ['description', 'example', 'examples', 'externalDocs', 'deprecated', 'default', 'xml', 'title'];

/** Where the shared data lie, or undefined. */
export function official(name, shared = process.env.MACHIYA_SHARED ?? '../shared') {
  const path = `${shared}/conformance/line-openapi/${name}`;
  return existsSync(path) ? path : undefined;
}

/** Turns the components of one document into JSON Schema (draft 7). */
class Converter {
  constructor(document) {
    this.raw = document.components.schemas;
    this.out = {};
  }

  /** A schema object with allOf melted into one list of properties. Parents' discriminators do not apply to their children. */
  flat(schema, top = true) {
    if (schema.$ref) return this.flat(this.raw[schema.$ref.slice(REF.length)], top);
    const out = { properties: { ...schema.properties }, required: [...(schema.required ?? [])], open: schema.additionalProperties };
    for (const part of schema.allOf ?? []) {
      const one = this.flat(part, false);
      out.properties = { ...one.properties, ...out.properties };
      out.required.push(...one.required);
      out.open ??= one.open;
    }
    return out;
  }

  object_of(flat, tag) {
    const properties = Object.fromEntries(Object.entries(flat.properties).map(([name, one]) => [name, this.of(one)]));
    if (tag) properties[tag.name] = { const: tag.value };
    return {
      type: 'object', properties, required: [...new Set([...flat.required, ...(tag ? [tag.name] : [])])],
      additionalProperties: flat.open === undefined ? false : typeof flat.open === 'object' ? this.of(flat.open) : flat.open,
    };
  }

  named(name) {
    if (name in this.out) return { $ref: `#/definitions/${name}` };
    this.out[name] = {};   // schemas may refer to themselves
    const raw = this.raw[name];
    if (!raw) throw new Error(`the document has no schema ${name}`);
    this.out[name] = raw.discriminator ? this.choice(raw) : this.of(raw);
    return { $ref: `#/definitions/${name}` };
  }

  /** discriminator: the value of one property chooses the schema; a value that is not mapped is refused. */
  choice(raw) {
    const name = raw.discriminator.propertyName;
    const branches = Object.entries(raw.discriminator.mapping).map(([value, ref]) => {
      const key = `${ref.slice(ref.lastIndexOf('/') + 1)}@${value}`;
      if (!(key in this.out)) {
        this.out[key] = {};
        this.out[key] = this.object_of(this.flat({ $ref: ref }), { name, value });
      }
      return { $ref: `#/definitions/${key}` };
    });
    return { type: 'object', discriminator: { propertyName: name }, required: [name], oneOf: branches };
  }

  of(schema) {
    if (schema.$ref) return this.named(schema.$ref.slice(REF.length));
    if (schema.allOf || schema.properties || schema.type === 'object') {
      if (!schema.properties && !schema.allOf && schema.additionalProperties === undefined && !schema.required) return { type: 'object', additionalProperties: false };
      return this.nullable(schema, this.object_of(this.flat(schema)));
    }
    const out = {};
    for (const [key, value] of Object.entries(schema)) {
      if (key === 'nullable' || ANNOTATIONS.includes(key) || key.startsWith('x-')) continue;
      out[key] = key === 'items' ? this.of(value) : ['oneOf', 'anyOf'].includes(key) ? value.map((one) => this.of(one)) : value;
    }
    if (out.format === 'binary') delete out.format;
    if (out.format?.startsWith('^')) { out.pattern = out.format; delete out.format; }   // a slip of the document: a pattern where a format stands
    // Draft 4's booleans of OpenAPI 3.0.
    for (const [flag, bound, strict] of [[schema.exclusiveMinimum, 'minimum', 'exclusiveMinimum'], [schema.exclusiveMaximum, 'maximum', 'exclusiveMaximum']]) {
      if (flag === true) { out[strict] = out[bound]; delete out[bound]; } else if (flag === false) delete out[strict];
    }
    return this.nullable(schema, out);
  }

  nullable(schema, out) {
    if (!schema.nullable) return out;
    if (out.enum) out.enum = [...new Set([...out.enum, null])];
    return { ...out, type: [out.type, 'null'].flat() };
  }
}

function path_pattern(path) {
  return new RegExp(`^${path.replace(/[.]/g, '\\.').replace(/\{[^}]+\}/g, '([^/]+)')}$`);
}

/** An operation's query, as ajv judges it: names that it does not have are refused. */
function query_schema(converter, operation, shared_parameters) {
  const list = [...(shared_parameters ?? []), ...(operation.parameters ?? [])].filter((p) => p.in === 'query');
  return {
    type: 'object', additionalProperties: false, required: list.filter((p) => p.required).map((p) => p.name),
    properties: Object.fromEntries(list.map((p) => [p.name, converter.of(p.schema)])),
  };
}

export class Judge {
  /** path: the document as YAML. Every schema is compiled here. */
  constructor(path) {
    const document = parse(readFileSync(path, 'utf8'));
    this.version = `${document.info.title} ${document.info.version}`;
    const converter = new Converter(document);
    for (const name of Object.keys(converter.raw)) converter.named(name);
    const plans = [];
    for (const [template, item] of Object.entries(document.paths)) {
      for (const method of ['get', 'post', 'put', 'delete']) {
        const operation = item[method];
        if (!operation) continue;
        const json = operation.requestBody?.content?.['application/json'];
        plans.push({
          method: method.toUpperCase(), template, fixed: !template.includes('{'), pattern: path_pattern(template), id: operation.operationId,
          data_host: JSON.stringify(operation.servers ?? item.servers ?? '').includes('api-data'),
          query: query_schema(converter, operation, item.parameters), body: json && converter.of(json.schema), body_required: operation.requestBody?.required === true,
          answers: Object.fromEntries(Object.entries(operation.responses ?? {}).map(([status, one]) => [status, one.content?.['application/json'] && converter.of(one.content['application/json'].schema)])),
        });
      }
    }
    this.ajv = new Ajv({ strict: false, allErrors: false, discriminator: true, coerceTypes: false, schemas: [{ $id: 'doc', definitions: converter.out }] });
    this.query_ajv = new Ajv({ strict: false, coerceTypes: true });
    for (const one of [this.ajv, this.query_ajv]) add_formats(one);
    const rooted = (schema) => schema && JSON.parse(JSON.stringify(schema), (key, value) => (key === '$ref' ? `doc${value}` : value));
    this.operations = plans.map((plan) => ({
      ...plan, query: this.query_ajv.compile(plan.query), body: plan.body && this.ajv.compile(rooted(plan.body)),
      answers: Object.fromEntries(Object.entries(plan.answers).map(([status, one]) => [status, one && this.ajv.compile(rooted(one))])),
    }));
    this.fixed = new Map(this.operations.filter((o) => o.fixed).map((o) => [`${o.method} ${o.template}`, o]));
  }

  operation(method, path) {
    return this.fixed.get(`${method} ${path}`) ?? this.operations.find((o) => !o.fixed && o.method === method && o.pattern.test(path));
  }

  static #said(validate) {
    const first = validate.errors[0];
    const name = first.params?.additionalProperty ?? first.params?.missingProperty;
    return { where: first.instancePath || '/', detail: `${first.message}${name ? ` (${name})` : ''}` };
  }

  /** undefined, or {rule, where, detail} of what is wrong. `json`: the parsed body, undefined for none. */
  request(method, path, query, json) {
    const operation = this.operation(method, path);
    if (!operation) return { rule: 'no such operation', where: path, detail: `${method} is not in the document` };
    const asked = Object.fromEntries(query);
    if (!operation.query(asked)) return { rule: 'query', ...Judge.#said(operation.query) };
    if (operation.body && json === undefined) return operation.body_required ? { rule: 'body', where: '/', detail: 'there is none' } : undefined;
    if (operation.body && !operation.body(json)) return { rule: 'schema', ...Judge.#said(operation.body) };
    return undefined;
  }

  /** The same for an answer of the service: the sandbox itself must keep to the document. */
  answer(method, path, status, json) {
    const operation = this.operation(method, path);
    if (!operation) return { rule: 'no such operation', where: path, detail: method };
    const validate = operation.answers[status];
    if (!validate) return undefined;
    return validate(json) ? undefined : { rule: 'answer', ...Judge.#said(validate) };
  }

  /** A single schema by name: {where, detail} or undefined. */
  named(name, value) {
    const validate = this.ajv.getSchema(`doc#/definitions/${name}`);
    return validate(value) ? undefined : Judge.#said(validate);
  }
}
