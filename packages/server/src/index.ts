export { createServer, type DirsyncServer, type ListenOptions } from "./server.ts";
export type { ServerOptions, WebhookOptions } from "./config.ts";
