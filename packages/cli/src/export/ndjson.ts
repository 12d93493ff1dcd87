import type { Batch, Row } from "./kinds.ts";
import type { Destination } from "./output-file.ts";
import type { Writer } from "./writer.ts";

/** One JSON object on each line, as the service shows it; `object` says what it is. */
export function ndjsonWriter(destination: Destination): Writer {
  return {
    write: async ({ kind, rows }: Batch) => {
      if (rows.length === 0) return;
      await destination.write(rows.map((row) => `${JSON.stringify(shapeOf[kind](row))}\n`).join(""));
    },
    finish: () => destination.finish(),
    abandon: () => destination.abandon(),
  };
}

const shapeOf: Readonly<Record<Batch["kind"], (row: Row) => object>> = {
  directories: (row) => ({ object: "directory", ...row }),
  users: (row) => ({ object: "directory_user", ...row }),
  groups: (row) => ({ object: "directory_group", ...row }),
  memberships: (row) => ({ object: "directory_group_membership", ...row }),
};
