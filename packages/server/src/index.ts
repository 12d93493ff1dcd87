export { createServer, type DirsyncServer, type ListenOptions } from "./server.ts";
export type { ServerOptions } from "./config.ts";
