/** SCIM filters: read them, test resources with them, or turn them into an index look-up. */
export { lookupOf, type Lookup } from "./lookup.ts";
export { compileElementFilter, compileFilter, matches } from "./match.ts";
export { parseFilter, type Filter } from "./parse.ts";
