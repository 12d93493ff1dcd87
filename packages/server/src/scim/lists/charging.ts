import type { Services } from "../../http/services.ts";
import type { DirectoryData } from "../../store/model.ts";
import type { Scope } from "../answers.ts";
import { rowsPerRequest } from "../rate-limit.ts";

/** Reads rows of a directory, and counts them as a part of its rate: a filter may read all there are. */
export function charging<Row>(
  { store, limiter }: Pick<Services, "store" | "limiter">,
  { directorySeq }: Scope,
): (work: (directory: DirectoryData) => Promise<readonly Row[]>) => Promise<readonly Row[]> {
  return async (work) => {
    const rows = await store.read((data) => work(data.directory(directorySeq)));
    limiter.charge(directorySeq, rows.length / rowsPerRequest);
    return rows;
  };
}
