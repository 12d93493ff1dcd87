import { notFound } from "../http/problem.ts";
import type { Data } from "../store/model.ts";

/** The directory a list is filtered by. @throws HttpProblem 404 */
export async function directorySeqOf(data: Data, id: string): Promise<number> {
  const seq = await data.directories.seqOf(id);
  if (seq === null) throw notFound("Directory", id);
  return seq;
}
