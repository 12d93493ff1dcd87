/** SCIM filters: read them, test resources with them, or turn them into an index look-up. */
export { lookupOf, type Lookup } from "./filter-lookup.ts";
export { compileElementFilter, compileFilter, matches } from "./filter-match.ts";
export { parseFilter, type Filter } from "./filter-parse.ts";
