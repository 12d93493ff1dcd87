import * as z from "zod";
import { eventSchemaNames, sentSchemas } from "./answers.ts";
import { bodies } from "./bodies.ts";

/** A schema, as it is in the document. */
export type JsonSchema = Readonly<Record<string, unknown>>;

/** Where the document has a schema. */
export function schemaRef(name: string): { readonly $ref: string } {
  return { $ref: `#/components/schemas/${name}` };
}

/** Every named schema: of what is answered as it is sent, of what is asked as it may be sent. */
export function componentSchemas(): Readonly<Record<string, JsonSchema>> {
  const made = { ...schemasOf(sentSchemas, "output"), ...schemasOf(bodies, "input") };
  const names = Object.keys(eventSchemaNames);
  return {
    ...made,
    Event: {
      description: "Something that happened in a directory. `event` tells which.",
      oneOf: names.map(schemaRef),
      discriminator: {
        propertyName: "event",
        mapping: Object.fromEntries(names.map((name) => [eventSchemaNames[name] ?? "", schemaRef(name).$ref])),
      },
    },
  };
}

/** A schema that has no name. */
export function inlineSchema(schema: z.ZodType): JsonSchema {
  return withoutMarks(z.toJSONSchema(schema, { io: "input" }));
}

function schemasOf(schemas: Readonly<Record<string, z.ZodType>>, io: "input" | "output"): Record<string, JsonSchema> {
  const registry = z.registry<{ id: string }>();
  for (const [id, schema] of Object.entries(schemas)) registry.add(schema, { id });
  const made = z.toJSONSchema(registry, {
    io,
    uri: (id) => schemaRef(id).$ref,
    override: ({ jsonSchema }) => {
      // Of an object whose members are named: that it may have more goes without saying in JSON Schema.
      const { properties, additionalProperties } = jsonSchema;
      const saysNothing = typeof additionalProperties === "object" && Object.keys(additionalProperties).length === 0;
      if (properties !== undefined && saysNothing) delete jsonSchema.additionalProperties;
    },
  });
  return Object.fromEntries(Object.entries(made.schemas).map(([name, schema]) => [name, withoutMarks(schema)]));
}

/** Without what makes it a document of its own. */
function withoutMarks(schema: Readonly<Record<string, unknown>>): JsonSchema {
  const { $schema: _schema, $id: _id, id: _name, ...rest } = schema;
  return rest;
}
