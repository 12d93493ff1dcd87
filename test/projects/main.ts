/** The app as a program: node, deno and bun start it alike. */
import process from "node:process";
import { check } from "./check.ts";

const [, , baseUrl = "", apiKey = ""] = process.argv;
// A rejection ends the process with its stack and a code of 1, on every runtime.
void check({ baseUrl, apiKey }).then((report) => process.stdout.write(JSON.stringify(report)));
