/**
 * The wire as zod schemas, for those who check stored payloads, build on a shape or check the data of an event. The
 * client itself does not load them: it accepts exactly the same values by checks of its own.
 */
export { createdDirectorySchema, directorySchema, eventDirectorySchema } from "./directory.ts";
export { envelopeSchema, eventContextSchema, eventDataSchemas, knownEventSchema } from "./events.ts";
export { directoryGroupSchema } from "./group.ts";
export { listOf } from "./list.ts";
export { organizationSchema } from "./organization.ts";
export { portalLinkSchema } from "./portal.ts";
export { problemSchema } from "./problem.ts";
export { directoryUserSchema, directoryUserWithGroupsSchema, predefinedAttributesSchema } from "./user.ts";
export { webhookEndpointSchema } from "./webhook-endpoint.ts";
