import type { EventName } from "@dirsync/sdk";
import {
  createdDirectorySchema,
  directoryGroupSchema,
  directorySchema,
  directoryUserSchema,
  envelopeSchema,
  eventDataSchemas,
  eventDirectorySchema,
  listOf,
  organizationSchema,
  portalLinkSchema,
} from "@dirsync/sdk/schemas";
import * as z from "zod";
import { directoryTypes } from "../api/directory-types.ts";
import { ownAnswers, webhookEndpoint } from "./own-answers.ts";
import { problems } from "./problems.ts";

/*
 * What apps read is described once, in the SDK, in the words of readers: much may be absent, and words of later days are
 * taken. A server knows more of what it sends itself, and says so here.
 */

const directoryWords = { type: z.enum(directoryTypes), state: z.enum(["linked", "unlinked"]) };
const directory = directorySchema.omit({ domain: true }).required().extend(directoryWords);
const createdDirectory = createdDirectorySchema.omit({ domain: true }).required().extend(directoryWords);
const eventDirectory = eventDirectorySchema
  .required()
  .partial({ external_key: true, domains: true })
  .extend({ type: z.enum(directoryTypes), state: z.literal("active") });
const bag = z.record(z.string(), z.unknown());
const group = directoryGroupSchema.required().extend({ raw_attributes: bag });
const user = directoryUserSchema
  .required()
  .partial({ role: true, roles: true })
  .extend({ emails: directoryUserSchema.shape.emails.unwrap().unwrap(), raw_attributes: bag, custom_attributes: bag })
  .extend({ state: z.enum(["active", "inactive"]) });
const organization = organizationSchema.required().partial({ stripe_customer_id: true });
const token = eventDataSchemas["dsync.token.created"].required();
const membership = eventDataSchemas["dsync.group.user_added"].extend({ user, group });
const previous = { previous_attributes: z.record(z.string(), z.unknown()) };

const eventData = {
  "dsync.activated": eventDirectory,
  "dsync.deleted": eventDirectory,
  "dsync.user.created": user,
  "dsync.user.updated": user.extend(previous),
  "dsync.user.deleted": user,
  "dsync.group.created": group,
  "dsync.group.updated": group.extend(previous),
  "dsync.group.deleted": group,
  "dsync.group.user_added": membership,
  "dsync.group.user_removed": membership,
  "dsync.token.created": token,
  "dsync.token.revoked": token,
} as const satisfies Readonly<Record<EventName, z.ZodType>>;

/** The names of the schemas of events, `DsyncUserCreatedEvent` and so on, each with the word in `event` that tells it. */
export const eventSchemaNames: Readonly<Record<string, string>> = Object.fromEntries(
  Object.keys(eventData).map((name) => [schemaNameOf(name), name]),
);

const events = Object.fromEntries(
  Object.entries(eventData).map(([name, data]) => [
    schemaNameOf(name),
    envelopeSchema.extend({
      object: z.literal("event"),
      event: z.literal(name),
      data,
      context: z.record(z.string(), z.unknown()),
    }),
  ]),
);

const event = z.union(Object.values(events));
const userWithGroups = user.extend({ groups: z.array(group) });

/** What is answered, under the names it has in the document. */
export const answers = {
  Directory: directory,
  DirectoryList: listOf(directory),
  CreatedDirectory: createdDirectory,
  DirectoryGroup: group,
  DirectoryGroupList: listOf(group),
  DirectoryUser: user,
  DirectoryUserWithGroups: userWithGroups,
  DirectoryUserList: listOf(userWithGroups),
  EventDirectory: eventDirectory,
  Event: event,
  EventList: listOf(event),
  Organization: organization,
  OrganizationList: listOf(organization),
  PortalLink: portalLinkSchema,
  WebhookEndpoint: webhookEndpoint,
  WebhookEndpointList: listOf(webhookEndpoint),
  ...ownAnswers,
  ...problems,
} as const satisfies Readonly<Record<string, z.ZodType>>;

/** An answer, by its name in the document. */
export type AnswerName = keyof typeof answers;

/** Every schema that something is answered by or sent as. */
export const sentSchemas: Readonly<Record<string, z.ZodType>> = { ...answers, ...events };

function schemaNameOf(eventName: string): string {
  const words = eventName.split(/[._]/u).map((word) => `${word.slice(0, 1).toUpperCase()}${word.slice(1)}`);
  return `${words.join("")}Event`;
}
