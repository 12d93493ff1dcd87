export { createTestServer, type TestServer, type TestServerOptions } from "./test-server.ts";
export type { ArmedFault, Fault, FaultOptions, FaultRoute, FaultSide, WebhookFault } from "./fault.ts";
export type { Faults } from "./faults.ts";
export type { WebhookFaultOptions, WebhookFaults } from "./webhook-faults.ts";
