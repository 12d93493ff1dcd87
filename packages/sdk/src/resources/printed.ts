/** What `util.inspect`, and so console.log, asks an object how to show it by. Deno and Bun ask the same. */
const inspectSymbol = Symbol.for("nodejs.util.inspect.custom");

type Inspect = (value: unknown, options: object) => string;

/**
 * Hides one field when the object is printed, as it is by console.log or in the details of a failed assertion. The
 * object itself stays as it came over the wire: reading the field, copying the object and writing it as JSON give the
 * whole value, because that is how a secret is put where it belongs.
 */
export function maskWhenPrinted<T extends object>(object: T, field: keyof T): T {
  return Object.defineProperty(object, inspectSymbol, {
    value: (_depth: number, options: object, inspect: Inspect) => inspect({ ...object, [field]: "[hidden]" }, options),
    enumerable: false,
  });
}
