import { limitMax, limitMin } from "@dirsync/sdk";
import * as z from "zod";
import { limitDefault, orders } from "../api/paging.ts";
import { serviceEventNames } from "../api/service-events.ts";
import { deliveryStates } from "../api/webhook-deliveries.ts";

/** A parameter of an address. */
export interface Parameter {
  /** As it stands in the query; the key in `parameters` tells two of one name apart. */
  readonly name: string;
  readonly schema: z.ZodType;
  readonly description: string;
  readonly isRequired?: true;
}

/** Every parameter of a query. */
export const parameters = {
  limit: {
    name: "limit",
    schema: z.int().min(limitMin).max(limitMax).default(limitDefault),
    description: "How many objects a page holds at most.",
  },
  order: {
    name: "order",
    schema: z.enum(orders).default("desc"),
    description: "By creation. `normal` is `desc` with the meaning of `after` and `before` exchanged.",
  },
  after: { name: "after", schema: z.string(), description: "Id of an object of the list: the page begins behind it." },
  before: { name: "before", schema: z.string(), description: "Id of an object of the list: the page ends before it." },
  organizationId: { name: "organization_id", schema: z.string(), description: "Only of this organization." },
  search: {
    name: "search",
    schema: z.string(),
    description: "Only those whose name has this in it, in any letter case.",
  },
  domain: {
    name: "domain",
    schema: z.string(),
    description: "Only of organizations that have this domain. The service has deprecated it.",
  },
  domains: {
    name: "domains",
    schema: z.array(z.string()),
    description: "Only those that have any of these domains, separated by commas.",
  },
  directory: { name: "directory", schema: z.string(), description: "Only of the directory with this id." },
  group: { name: "group", schema: z.string(), description: "Only members of the group with this id." },
  user: { name: "user", schema: z.string(), description: "Only groups of the user with this id." },
  idpId: {
    name: "idp_id",
    schema: z.string(),
    description: "Only with this id at the identity provider. Needs `directory`.",
  },
  email: {
    name: "email",
    schema: z.string(),
    description: "Only with this e-mail address, in any letter case. Needs `directory`.",
  },
  events: {
    name: "events",
    schema: z.array(z.enum(serviceEventNames)).min(1),
    description:
      "Names of events, separated by commas. `events=a&events=b`, `events[]=a` and `events[0]=a` are understood as well.",
    isRequired: true,
  },
  rangeStart: {
    name: "range_start",
    schema: z.string(),
    description: "Only events made at this time or later: ISO 8601, UTC unless it says a zone. Excludes `after`.",
  },
  rangeEnd: { name: "range_end", schema: z.string(), description: "Only events made before this time, likewise." },
  deliveryStatus: {
    name: "status",
    schema: z.enum(deliveryStates),
    description: "Only deliveries of which this has become.",
  },
  answerStatus: {
    name: "status",
    schema: z.string().regex(/^[1-5](?:\d\d|[xX][xX])$/u),
    description: "Only requests answered with this status, such as `409`, or with all of a kind, such as `4xx`.",
  },
  target: { name: "target", schema: z.string(), description: "Only about the object with this id." },
  action: { name: "action", schema: z.string(), description: "Only of this kind, such as `directory.deleted`." },
} as const satisfies Readonly<Record<string, Parameter>>;

/** A parameter, by its key. */
export type ParameterName = keyof typeof parameters;

/** Those of every list. */
export const pageParameters = ["limit", "order", "after", "before"] as const satisfies readonly ParameterName[];
