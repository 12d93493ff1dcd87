import { stat } from "node:fs/promises";
import { ConfigError } from "@dirsync/sdk";
import { outputFile, type Destination } from "../export/output-file.ts";
import type { GetFlags } from "./listing.ts";

/** Flags of commands that make a secret. */
export interface SecretFlags extends GetFlags {
  /** A file for it, instead of standard output. */
  readonly out?: string;
}

/** Where a secret that is about to be made will go. */
export interface SecretPlace {
  /** Null for standard output. */
  readonly file: { readonly name: string; readonly destination: Destination } | null;
  /** What is shown of the object that holds the secret in `field`: without it where it goes into a file. */
  shown<T extends object>(made: T, field: keyof T): object;
  /** What people are told about it. */
  lines(label: string, secret: string): readonly string[];
}

/**
 * Finds out whether the secret can be kept before it is made: shown once, it would be lost. One that takes the place of
 * another one (`replaces`) may take its file as well.
 * @throws ConfigError when the file cannot be made, or holds something already
 */
export async function secretPlace(
  out: string | undefined,
  { replaces = false }: { readonly replaces?: boolean } = {},
): Promise<SecretPlace> {
  if (out === undefined) {
    return {
      file: null,
      shown: (made) => made,
      lines: (label, secret) => [`${label.padEnd(9)} ${secret}`, "Keep it now; it is not shown again."],
    };
  }
  if (!replaces) await refuseTaken(out);
  return {
    file: { name: out, destination: await outputFile(out) },
    shown: (made, field) => Object.fromEntries(Object.entries(made).filter(([name]) => name !== field)),
    lines: (label) => [`${label.padEnd(9)} is in ${out}, which only you can read. It is not shown again.`],
  };
}

async function refuseTaken(path: string): Promise<void> {
  const there = await stat(path).catch(() => null);
  if (there?.isFile() !== true || there.size === 0) return;
  throw new ConfigError(
    `${path} holds something already, and a secret that was in it would not be shown again. Name another file, or remove this one.`,
    { where: "--out" },
  );
}

/** Makes the secret, puts it into its file, which is there as a whole or not at all, and only then says that it is there. */
export async function handOver(
  { file }: SecretPlace,
  make: () => Promise<{ readonly secret: string; readonly report: () => number }>,
): Promise<number> {
  try {
    const { secret, report } = await make();
    if (file !== null) {
      await file.destination.write(`${secret}\n`);
      await file.destination.finish();
    }
    return report();
  } catch (error) {
    await file?.destination.abandon();
    throw error;
  }
}
