/** `node scripts/architecture.mjs [root]`: prints every import that breaks a wall, and fails when there is one. */
import { resolve } from "node:path";
import { violations } from "./architecture/violations.mjs";

const found = violations(resolve(process.argv[2] ?? "."));
for (const line of found) console.log(line);
process.exitCode = found.length === 0 ? 0 : 1;
