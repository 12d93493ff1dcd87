export { createServer, type DirsyncServer } from "./server.ts";
export type { ServerOptions, WebhookOptions } from "./config.ts";
export type { ListenOptions } from "./http/listener.ts";
