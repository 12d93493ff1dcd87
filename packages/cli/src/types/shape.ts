/** What values of one place have in common. It grows with each value and stays small, however many there are. */
export interface Shape {
  /** How many values were taken in. */
  count: number;
  readonly primitives: Set<"string" | "number" | "boolean" | "null">;
  /** What the elements of arrays are; null when there was no array. */
  elements: Shape | null;
  /** What the fields of objects are; null when there was no object. */
  fields: Map<string, Shape> | null;
  /** How many of the values were objects. */
  objects: number;
  /** True when it is too deep or too wide to say more. */
  isUnknown: boolean;
}

/** Deeper than this, and wider, an attribute is no structure any more but data. */
const depthMax = 6;
const fieldsMax = 200;

/** The shape of nothing so far. */
export function noShape(): Shape {
  return { count: 0, primitives: new Set(), elements: null, fields: null, objects: 0, isUnknown: false };
}

/** Takes a value in. */
export function takeIn(shape: Shape, value: unknown, depth = 0): void {
  shape.count += 1;
  if (shape.isUnknown) return;
  if (depth > depthMax) shape.isUnknown = true;
  else if (value === null || value === undefined) shape.primitives.add("null");
  else if (typeof value === "string") shape.primitives.add("string");
  else if (typeof value === "number") shape.primitives.add("number");
  else if (typeof value === "boolean") shape.primitives.add("boolean");
  else if (Array.isArray(value)) takeElements(shape, value, depth);
  else if (typeof value === "object") takeFields(shape, value, depth);
  else shape.isUnknown = true;
}

function takeElements(shape: Shape, values: readonly unknown[], depth: number): void {
  shape.elements ??= noShape();
  for (const value of values) takeIn(shape.elements, value, depth + 1);
}

function takeFields(shape: Shape, value: object, depth: number): void {
  shape.objects += 1;
  shape.fields ??= new Map();
  for (const [name, field] of Object.entries(value)) {
    const known = shape.fields.get(name);
    if (known === undefined && shape.fields.size >= fieldsMax) {
      shape.isUnknown = true;
      return;
    }
    const place = known ?? noShape();
    shape.fields.set(name, place);
    takeIn(place, field, depth + 1);
  }
}
