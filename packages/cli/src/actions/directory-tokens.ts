import type { CreatedScimToken, ScimToken, ScimTokenScope, SelfHosted } from "@dirsync/sdk/self-hosted";
import type { Context } from "../context.ts";
import { exitCodes } from "../exit-codes.ts";
import { createOutput } from "../output.ts";
import { duration } from "../settings/kinds.ts";
import { printable } from "../ui/printable.ts";
import { wrongUsage } from "../wrong-usage.ts";
import { connect, type GetFlags, given, printList } from "./listing.ts";
import { handOver, type SecretFlags, secretPlace } from "./secret-place.ts";

/** Flags of `dirsync directories tokens create`. */
export interface CreateTokenFlags extends SecretFlags {
  readonly name?: string;
  readonly scope?: ScimTokenScope;
  readonly expires?: string;
}

/** Flags of `dirsync directories tokens rotate`. */
export interface RotateTokenFlags extends SecretFlags {
  readonly overlap?: string;
}

/** Lists the tokens of a directory. */
export async function listTokens(id: string, flags: GetFlags, context: Context): Promise<number> {
  const tokens = await (await connect(flags, context)).directories.tokens(id);
  return await printList(oneByOne(tokens), {
    flags,
    context,
    nothing: "No tokens.",
    columns: [
      { heading: "ID", cell: (token) => token.id },
      { heading: "NAME", cell: (token) => token.name },
      { heading: "SCOPE", cell: (token) => token.scope },
      { heading: "TOKEN", cell: (token) => (token.token_suffix === "" ? null : `…${token.token_suffix}`) },
      { heading: "LAST USED", cell: (token) => token.last_used_at ?? "never" },
      { heading: "EXPIRES", cell: (token) => token.expires_at ?? "never" },
      { heading: "CREATED", cell: (token) => token.created_at },
    ],
  });
}

/** Makes a token. */
export async function createToken(id: string, flags: CreateTokenFlags, context: Context): Promise<number> {
  const { name, scope, expires } = flags;
  const draft = given({
    name,
    scope,
    expires_in_seconds: secondsOf("--expires", expires, { minMs: 60_000, maxMs: tenYearsMs }),
  });
  const place = await secretPlace(flags.out);
  return await handOver(place, async () => {
    const made = await (await connect(flags, context)).directories.createToken(id, draft);
    const report = (): number => {
      const output = createOutput(context, flags.json, { secrecy: "shown" });
      if (flags.json) output.json(place.shown(made, "token"));
      output.line(
        `Made ${made.id}. ${mayDo(made)}${made.expires_at === null ? "" : ` until ${made.expires_at ?? ""}`}.`,
      );
      for (const line of place.lines("token", made.token)) output.line(line);
      return exitCodes.done;
    };
    return { secret: made.token, report };
  });
}

/** Makes a token in the place of another. */
export async function rotateToken(
  { id, tokenId }: { readonly id: string; readonly tokenId: string | undefined },
  flags: RotateTokenFlags,
  context: Context,
): Promise<number> {
  const settings = given({ overlap_seconds: secondsOf("--overlap", flags.overlap, { minMs: 0, maxMs: monthMs }) });
  const client = await connect(flags, context);
  const before = tokenId ?? (await onlyToken(client, id));
  const place = await secretPlace(flags.out, { replaces: true });
  return await handOver(place, async () => {
    const made = await client.directories.rotateToken(id, { token_id: before, ...settings });
    const report = (): number => {
      const output = createOutput(context, flags.json, { secrecy: "shown" });
      if (flags.json) output.json(place.shown(made, "token"));
      output.line(`Made ${made.id} in the place of ${made.previous.id}.`);
      for (const line of place.lines("token", made.token)) output.line(line);
      const until = made.previous.expires_at ?? null;
      output.line(until === null ? "The one before has ended." : `The one before works until ${until}.`);
      return exitCodes.done;
    };
    return { secret: made.token, report };
  });
}

/** Ends a token. */
export async function revokeToken(
  { id, tokenId }: { readonly id: string; readonly tokenId: string },
  flags: GetFlags,
  context: Context,
): Promise<number> {
  await (await connect(flags, context)).directories.revokeToken(id, tokenId);
  const output = createOutput(context, flags.json);
  if (flags.json) output.json({ id: tokenId, revoked: true });
  output.line(`Revoked ${printable(tokenId)}. It works no more.`);
  return exitCodes.done;
}

function mayDo({ scope }: CreatedScimToken): string {
  return scope === "read_only" ? "It may read" : "It may read and change";
}

/** Where there is one token to be rotated, it need not be named. One that has an end is on its way out already. */
async function onlyToken({ directories }: SelfHosted, id: string): Promise<string> {
  const tokens = (await directories.tokens(id)).filter((token) => (token.expires_at ?? null) === null);
  const [token] = tokens;
  if (token !== undefined && tokens.length === 1) return token.id;
  throw wrongUsage(
    `Say which token: ${id} has ${tokens.length === 0 ? "none that goes on" : tokens.map(named).join(", ")}.`,
  );
}

function named({ id, name }: ScimToken): string {
  return `${id} (${printable(name)})`;
}

async function* oneByOne<T>(things: readonly T[]): AsyncGenerator<T> {
  yield* things;
}

const dayMs = 24 * 60 * 60 * 1_000;
// What the server takes.
const [monthMs, tenYearsMs] = [30 * dayMs, 3_650 * dayMs];

function secondsOf(flag: string, text: string | undefined, bounds: Parameters<typeof duration>[0]): number | undefined {
  if (text === undefined) return undefined;
  const read = duration(bounds).read(text);
  if ("mistake" in read) throw wrongUsage(`${flag} ${read.mistake}`);
  return Math.ceil(read.value / 1_000);
}
