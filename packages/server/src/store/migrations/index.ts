import { initialSchema } from "./001-initial.ts";

/** Schema changes in order. The version of a file is how many of them it has; none is ever edited once released. */
export const migrations: readonly string[] = [initialSchema];
