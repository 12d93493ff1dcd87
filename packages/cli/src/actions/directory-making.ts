import { directoryTypeOf, explainRefusedType } from "./directory-type.ts";
import type { Context } from "../context.ts";
import { exitCodes } from "../exit-codes.ts";
import { createOutput } from "../output.ts";
import { printable } from "../ui/printable.ts";
import { connect, type GetFlags, given } from "./listing.ts";
import { handOver, type SecretFlags, secretPlace } from "./secret-place.ts";

/** Flags of `dirsync directories create`. */
export interface CreateDirectoryFlags extends SecretFlags {
  readonly provider: string;
  readonly organization?: string;
  /** False has people who are deactivated removed. */
  readonly softDelete: boolean;
}

/** Flags of `dirsync directories link`. */
export interface LinkFlags extends GetFlags {
  readonly returnUrl?: string;
  readonly successUrl?: string;
}

/** Makes a directory. */
export async function createDirectory(name: string, flags: CreateDirectoryFlags, context: Context): Promise<number> {
  const { organization, softDelete } = flags;
  const draft = { name, type: directoryTypeOf(flags.provider), soft_delete: softDelete };
  const place = await secretPlace(flags.out);
  return await handOver(place, async () => {
    const { directories } = await connect(flags, context);
    const made = await directories
      .create({ ...draft, ...given({ organization_id: organization }) })
      .catch((error: unknown) => {
        throw explainRefusedType(error, flags.provider);
      });
    const { base_url: url, bearer_token: token } = made.scim;
    const report = (): number => {
      const output = createOutput(context, flags.json, { secrecy: "shown" });
      if (flags.json) output.json({ ...made, scim: place.shown(made.scim, "bearer_token") });
      output.line(`Made ${made.id}, of ${printable(made.organization_id ?? "no organization")}.`);
      output.line(`url       ${url}`);
      for (const line of place.lines("token", token)) output.line(line);
      return exitCodes.done;
    };
    return { secret: token, report };
  });
}

/** Makes a link to the setup portal. */
export async function makeLink(organization: string, flags: LinkFlags, context: Context): Promise<number> {
  const { portal } = await connect(flags, context);
  const urls = given({ return_url: flags.returnUrl, success_url: flags.successUrl });
  const { link } = await portal.generateLink({ organization, intent: "dsync", ...urls });
  // Whoever has the link is let in, and that is what it is for.
  const output = createOutput(context, flags.json, { secrecy: "shown" });
  if (flags.json) output.json({ link });
  output.line(link);
  return exitCodes.done;
}
