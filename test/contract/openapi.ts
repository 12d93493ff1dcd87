/**
 * An OpenAPI document as a judge of our answers: the service's, and our own.
 *
 * The service's is a vendor's file and stays outside the repository. Schemas say what must be there and of which type, and
 * allow everything else; we also want to know what our answers have beyond them. Hence two looks at each value: one
 * with the schema as it is, and one that lists every member no schema knows.
 */
import { existsSync, readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import type { ErrorObject, ValidateFunction } from "ajv";
import { Ajv2020 } from "ajv/dist/2020.js";
import addFormats from "ajv-formats";
import { parse } from "yaml";

/** Where the document is looked for: beside the checkout. */
export const documentPath = fileURLToPath(new URL("../../../shared/data/workos-openapi.yaml", import.meta.url));

/** True where the document can be read. */
export const isDocumentHere = existsSync(documentPath);

/** The service's answers as its document describes them. */
export interface Contract {
  /**
   * What is wrong with an answer to `method path`, where `path` is written as in the document. Each finding is one
   * line: `status: …`, `missing: …`, `wrong: …` or `extra: …`, with a pointer in which every array index is `*`.
   */
  answer(operation: string, status: number, body: unknown): readonly string[];
  /** What is wrong with the body of a request. */
  request(operation: string, body: unknown): readonly string[];
  /** What is wrong with an event, judged by the schema of its name. */
  event(event: { readonly event: string }): readonly string[];
}

/** Reads the service's document. Takes about two seconds, so do it once. */
export function readContract(): Contract {
  // `EventSchema` is the envelope and one of many shapes.
  const shapesOfEvents = "/components/schemas/EventSchema/allOf/1/oneOf";
  return contractOf(parse(readFileSync(documentPath, "utf8")) as Schema, shapesOfEvents);
}

/** The contract in a document that has the shapes of events, told apart by the constant in `event`, at this pointer. */
export function contractOf(document: Schema, shapesOfEvents: string): Contract {
  const ajv = new Ajv2020({ strict: false, allErrors: true });
  addFormats.default(ajv);
  ajv.addSchema(document, "document");
  const compiled = new Map<string, ValidateFunction>();
  const judge = (pointer: string, value: unknown): readonly string[] => {
    const validate = compiled.get(pointer) ?? ajv.compile({ $ref: `document#${pointer}` });
    compiled.set(pointer, validate);
    const wrong = validate(value) ? [] : (validate.errors ?? []).map(describe);
    const schema = at(document, pointer);
    return [...new Set([...wrong, ...extras(value, [schema], { document, path: "" })])].sort();
  };
  return {
    answer: (operation, status, body) => {
      const responses = `${operationPointer(operation)}/responses`;
      if (at(document, `${responses}/${status}`) === undefined) return [`status: ${status}`];
      const schema = `${followed(document, `${responses}/${status}`)}/content/application~1json/schema`;
      return at(document, schema) === undefined ? [] : judge(schema, body);
    },
    request: (operation, body) => {
      const schema = `${operationPointer(operation)}/requestBody/content/application~1json/schema`;
      return at(document, schema) === undefined ? ["no body"] : judge(schema, body);
    },
    event: (event) => {
      const pointer = eventPointer(document, shapesOfEvents, event.event);
      return pointer === null ? [`unknown event: ${event.event}`] : judge(pointer, event);
    },
  };
}

/** A schema, or a document. */
export type Schema = Readonly<Record<string, unknown>>;

/** Where something is that may be a reference to another place. */
function followed(document: Schema, pointer: string): string {
  const reference = at(document, `${pointer}/$ref`);
  return typeof reference === "string" ? reference.replace(/^#/, "") : pointer;
}

function operationPointer(operation: string): string {
  const [method = "", path = ""] = operation.split(" ");
  return `/paths/${path.replaceAll("/", "~1")}/${method.toLowerCase()}`;
}

function eventPointer(document: Schema, shapes: string, name: string): string | null {
  const all = at(document, shapes);
  const count = Array.isArray(all) ? all.length : 0;
  const pointers = Array.from({ length: count }, (_, index) => followed(document, `${shapes}/${index}`));
  return pointers.find((pointer) => at(document, `${pointer}/properties/event/const`) === name) ?? null;
}

function describe({ instancePath, keyword, message, params }: ErrorObject): string {
  const path = generalize(instancePath);
  if (keyword === "required") return `missing: ${path}/${String(params["missingProperty"])}`;
  return `wrong: ${path === "" ? "/" : path} ${message ?? keyword}`;
}

function generalize(path: string): string {
  return path.replaceAll(/\/\d+(?=\/|$)/g, "/*");
}

interface Place {
  readonly document: Schema;
  readonly path: string;
}

/**
 * Members of `value` that none of its schemas names. A schema without `properties` names nothing and takes anything, and
 * so does one that speaks of additional members.
 */
function extras(value: unknown, schemas: readonly unknown[], place: Place): readonly string[] {
  const shapes = schemas.flatMap((schema) => shapesOf(schema, place.document));
  if (Array.isArray(value)) {
    const items = shapes.flatMap((shape) => (shape["items"] === undefined ? [] : [shape["items"]]));
    return value.flatMap((item) => extras(item, items, { ...place, path: `${place.path}/*` }));
  }
  const known = shapes.flatMap((shape) => (isObject(shape["properties"]) ? [shape["properties"]] : []));
  if (!isObject(value) || known.length === 0 || shapes.some((shape) => shape["additionalProperties"] !== undefined)) {
    return [];
  }
  return Object.entries(value).flatMap(([name, member]) => {
    const path = `${place.path}/${name}`;
    const below = known.flatMap((properties) => (name in properties ? [properties[name]] : []));
    return below.length === 0 ? [`extra: ${path}`] : extras(member, below, { ...place, path });
  });
}

/** The schema with references followed, and the parts of a combination side by side. */
function shapesOf(schema: unknown, document: Schema): readonly Schema[] {
  if (!isObject(schema)) return [];
  const reference = schema["$ref"];
  if (typeof reference === "string") return shapesOf(at(document, reference.replace(/^#/, "")), document);
  const parts: readonly unknown[] = ["allOf", "oneOf", "anyOf"].flatMap((name) => listAt(schema, name));
  return [schema, ...parts.flatMap((part) => shapesOf(part, document))];
}

function listAt(schema: Schema, name: string): readonly unknown[] {
  const list = schema[name];
  return Array.isArray(list) ? (list as readonly unknown[]) : [];
}

/** The value at a JSON pointer (RFC 6901), or undefined. */
function at(value: unknown, pointer: string): unknown {
  const names = pointer.split("/").slice(1);
  return names.reduce<unknown>((inner, name) => {
    const key = name.replaceAll("~1", "/").replaceAll("~0", "~");
    return isObject(inner) || Array.isArray(inner) ? Reflect.get(inner, key) : undefined;
  }, value);
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
