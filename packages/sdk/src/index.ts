export { eventDataSchemas } from "./contract/events.ts";
