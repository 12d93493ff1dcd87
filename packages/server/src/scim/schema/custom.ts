import type { ResourceType, TypeName } from "../model.ts";
import { defineSchema, one } from "./definition.ts";
import type { AttributeDefinition, AttributeType } from "./definition.ts";

/** An attribute of a schema that a directory defines, as RFC 7643 section 7 writes it. What is not said is its default. */
export interface CustomAttribute {
  readonly name: string;
  readonly type?: AttributeType | undefined;
  readonly multiValued?: boolean | undefined;
  readonly description?: string | undefined;
  readonly required?: boolean | undefined;
  readonly caseExact?: boolean | undefined;
  readonly canonicalValues?: readonly string[] | undefined;
  readonly referenceTypes?: readonly string[] | undefined;
  /** Of a complex attribute. */
  readonly subAttributes?: readonly CustomAttribute[] | undefined;
}

/** A schema that a directory defines, to extend users or groups. */
export interface CustomSchema {
  /** Its URN. */
  readonly id: string;
  readonly name: string;
  readonly description?: string | undefined;
  /** What it extends. */
  readonly resourceType: TypeName;
  readonly attributes: readonly CustomAttribute[];
}

/** The resource types of a directory that defines these schemas. */
export function extendedTypes(schemas: readonly CustomSchema[]): Readonly<Record<TypeName, ResourceType>> {
  const extended = (name: TypeName): ResourceType => {
    const extensions = schemas
      .filter(({ resourceType }) => resourceType === name)
      .map((schema) =>
        defineSchema({ description: schema.name, ...withoutAbsent(schema) }, schema.attributes.map(attributeOf)),
      );
    return extensions.length === 0 ? name : { name, extensions };
  };
  return { User: extended("User"), Group: extended("Group") };
}

function attributeOf({ name, description, subAttributes, ...rest }: CustomAttribute): AttributeDefinition {
  return one(name, description ?? name, {
    ...withoutAbsent(rest),
    ...(subAttributes === undefined ? {} : { subAttributes: subAttributes.map(attributeOf) }),
  });
}

/** An absent member must not hide the default it stands for. */
function withoutAbsent<T extends object>(object: T): { [K in keyof T]: Exclude<T[K], undefined> } {
  const entries = Object.entries(object).filter(([, value]) => value !== undefined);
  return Object.fromEntries(entries) as { [K in keyof T]: Exclude<T[K], undefined> };
}
