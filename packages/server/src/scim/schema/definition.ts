/** The data types of RFC 7643 section 2.3. */
export type AttributeType =
  | "string"
  | "boolean"
  | "decimal"
  | "integer"
  | "dateTime"
  | "reference"
  | "binary"
  | "complex";

/** One attribute of a schema, with the characteristics of RFC 7643 section 7. */
export interface AttributeDefinition {
  readonly name: string;
  readonly type: AttributeType;
  readonly multiValued: boolean;
  readonly description: string;
  readonly required: boolean;
  readonly caseExact: boolean;
  readonly mutability: "readWrite" | "readOnly" | "writeOnly" | "immutable";
  readonly returned: "default" | "always" | "never" | "request";
  readonly uniqueness: "none" | "server";
  readonly canonicalValues?: readonly string[];
  readonly referenceTypes?: readonly string[];
  readonly subAttributes?: readonly AttributeDefinition[];
  /** Sub-attributes by name in lower case; empty for a simple attribute. */
  readonly byName: ReadonlyMap<string, AttributeDefinition>;
}

/** A schema, and its attributes by name in lower case (names have no letter case, RFC 7643 section 2.1). */
export interface SchemaDefinition {
  readonly id: string;
  readonly name: string;
  readonly description: string;
  readonly attributes: readonly AttributeDefinition[];
  readonly byName: ReadonlyMap<string, AttributeDefinition>;
}

/** A schema from its attributes. */
export function defineSchema(
  { id, name, description }: Pick<SchemaDefinition, "id" | "name" | "description">,
  attributes: readonly AttributeDefinition[],
): SchemaDefinition {
  return { id, name, description, attributes, byName: byLowerName(attributes) };
}

/** An attribute; what is not said is the default of RFC 7643 section 2.2. */
export function one(
  name: string,
  description: string,
  characteristics: Partial<Omit<AttributeDefinition, "name" | "description" | "byName">> = {},
): AttributeDefinition {
  return {
    name,
    type: "string",
    multiValued: false,
    description,
    required: false,
    caseExact: false,
    mutability: "readWrite",
    returned: "default",
    uniqueness: "none",
    ...characteristics,
    byName: byLowerName(characteristics.subAttributes ?? []),
  };
}

/** A list of the usual shape: value, display, type and primary (RFC 7643 section 2.4). */
export function list(
  name: string,
  description: string,
  options: { readonly values?: string; readonly value?: Partial<Omit<AttributeDefinition, "byName">> } = {},
): AttributeDefinition {
  const canonicalValues = options.values === undefined ? {} : { canonicalValues: options.values.split(" ") };
  return one(name, description, {
    type: "complex",
    multiValued: true,
    subAttributes: [
      one("value", "The value itself.", options.value ?? {}),
      one("display", "The value for display."),
      one("type", "What the value is for.", canonicalValues),
      one("primary", "True for the preferred value.", { type: "boolean" }),
    ],
  });
}

function byLowerName(attributes: readonly AttributeDefinition[]): ReadonlyMap<string, AttributeDefinition> {
  return new Map(attributes.map((attribute) => [attribute.name.toLowerCase(), attribute]));
}
