/**
 * Where a call was made: gives an error back, with the frames of the call that its stack lacks. An error that arises after
 * a timer or a socket has no trace of its caller, and "no answer from GET /directories" without the line that asked is
 * half a message.
 */
export type CallSite = (error: unknown) => unknown;

/** Remembers who is calling now. Cheap: the text of a stack is made only when somebody reads it. */
export function callSite(): CallSite {
  const here = new Error("the call");
  return (error) => {
    if (error instanceof Error) addFrames(error, here.stack);
    return error;
  };
}

/** Runs `work`; an error that comes out of it names the frames of this call. */
export async function fromHere<T>(work: () => Promise<T>): Promise<T> {
  const traced = callSite();
  try {
    return await work();
  } catch (error) {
    throw traced(error);
  }
}

function addFrames(error: Error, stack: string | undefined): void {
  const frames = (stack ?? "").split("\n").filter((line) => /^\s+at /.test(line));
  // The first is this file's own.
  const missing = frames.slice(1).filter((frame) => error.stack?.includes(placeOf(frame)) !== true);
  if (missing.length > 0) error.stack = [error.stack ?? String(error), ...missing].join("\n");
}

/** File and line of a frame. Columns differ between where a promise was made and where it was awaited. */
function placeOf(frame: string): string {
  return /\(?((?:[a-z]+:)?[^()\s]+:\d+):\d+\)?$/.exec(frame)?.[1] ?? frame.trim();
}
