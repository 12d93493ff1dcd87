import { randomBytes } from "node:crypto";
import { createServer } from "@dirsync/server";
import { publicUrlOf } from "../config.ts";
import type { Context } from "../context.ts";
import { exitCodes } from "../exit-codes.ts";
import { createOutput } from "../output.ts";

/** Where `dirsync serve` listens unless it is told otherwise. */
const urlDefault = "http://127.0.0.1:4400";

/** Prints the OpenAPI document of the server that this program has, without one that runs. */
export async function printOpenApi(context: Context): Promise<number> {
  const publicUrl = publicUrlOf(context) ?? urlDefault;
  // It holds nothing and listens nowhere, so nobody uses the key.
  const server = await createServer({ dataFile: ":memory:", apiKey: randomBytes(32).toString("hex"), publicUrl });
  try {
    const answer = await server.fetch(new Request(`${publicUrl}/openapi.json`));
    createOutput(context, false).line(JSON.stringify(await answer.json(), null, 2));
    return exitCodes.done;
  } finally {
    await server.close();
  }
}
