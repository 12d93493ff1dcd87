/** What a process needs that runs handlers for `isolatedSink`: little, so that it starts quickly. */
export { serveHandlers } from "./sinks/host.ts";
