import { pageParameters, parameters, type Parameter, type ParameterName } from "./parameters.ts";
import type { Operation, Refusal } from "./operation.ts";
import { type DescribedRoute, describedRoutes } from "./routes.ts";
import { componentSchemas, inlineSchema, schemaRef } from "./schemas.ts";
import { eventWebhook } from "./webhook.ts";
import { version } from "../version.ts";

/** An OpenAPI document. */
export type OpenApiDocument = Readonly<Record<string, unknown>>;

/**
 * The OpenAPI 3.1 document of these routes, each as `METHOD /path/:parameter`.
 * @throws TypeError for a route that nothing is said of
 */
export function openApiDocument(routes: readonly string[]): OpenApiDocument {
  const described = describedRoutes(routes);
  return {
    openapi: "3.1.1",
    info: {
      title: "Dirsync server",
      version,
      description:
        "The API of a Dirsync server: that of WorkOS Directory Sync, and what is ours alone (`x-dirsync-only`). Identity providers speak SCIM 2.0 below `/scim/v2.0/{external_key}`, which describes itself there.",
    },
    security: [{ apiKey: [] }],
    tags: [...new Set(described.map(({ operation }) => operation.tag))].map((name) => ({ name })),
    paths: pathsOf(described),
    webhooks: { event: { post: eventWebhook } },
    components: {
      schemas: componentSchemas(),
      parameters: {
        ...Object.fromEntries(Object.entries(parameters).map(([key, each]) => [key, queryParameter(each)])),
        idempotencyKey,
      },
      responses: commonResponses,
      headers: {
        requestId: { description: "Names the request in logs.", schema: { type: "string" } },
        retryAfter: { description: "Seconds to wait.", schema: { type: "integer" } },
      },
      securitySchemes: {
        apiKey: { type: "http", scheme: "bearer", description: "The API key: `Authorization: Bearer <key>`." },
      },
    },
  };
}

const idempotencyKey = {
  name: "Idempotency-Key",
  in: "header",
  description: "A repetition under the same key within a day gets the first answer again, and makes nothing.",
  schema: { type: "string", minLength: 1, maxLength: 255, pattern: "^[\\x21-\\x7e]+$" },
} as const;

const requestIdHeader = { "X-Request-ID": { $ref: "#/components/headers/requestId" } } as const;

const commonResponses = {
  unauthorized: problemResponse({ because: "The API key is missing or wrong." }),
  tooLarge: problemResponse({ because: "`body_too_large`." }),
  failed: problemResponse({ because: "The server failed; its log has more under the `X-Request-ID`." }),
  unavailable: {
    ...problemResponse({ because: "The server cannot store changes at the moment; try again." }),
    headers: { ...requestIdHeader, "Retry-After": { $ref: "#/components/headers/retryAfter" } },
  },
} as const;

function pathsOf(described: readonly DescribedRoute[]): object {
  const paths: Record<string, Record<string, object>> = {};
  for (const { method, path, operation } of described) {
    const template = path.replaceAll(/:(\w+)/gu, "{$1}");
    paths[template] = { ...paths[template], [method.toLowerCase()]: operationObject(path, operation) };
  }
  return paths;
}

function operationObject(path: string, operation: Operation): object {
  const { operationId, tag, summary, description, body } = operation;
  return {
    operationId,
    tags: [tag],
    summary,
    ...(description === undefined ? {} : { description }),
    ...(operation.isOurs ? { "x-dirsync-only": true } : {}),
    ...(operation.isPublic ? { security: [] } : {}),
    parameters: parametersOf(path, operation),
    ...(body === undefined ? {} : { requestBody: { required: true, content: jsonContent(body) } }),
    responses: responsesOf(path, operation),
  };
}

function parametersOf(path: string, { isPaged, isRepeatable, query = [] }: Operation): object[] {
  const inPath = [...path.matchAll(/:(\w+)/gu)].map(([, name]) => ({
    name,
    in: "path",
    required: true,
    schema: { type: "string" },
  }));
  const inQuery: readonly ParameterName[] = [...(isPaged ? pageParameters : []), ...query];
  const keys = [...inQuery, ...(isRepeatable ? ["idempotencyKey"] : [])];
  return [...inPath, ...keys.map((key) => ({ $ref: `#/components/parameters/${key}` }))];
}

function queryParameter({ name, schema, description, isRequired }: Parameter): object {
  const isList = inlineSchema(schema)["type"] === "array";
  return {
    name,
    in: "query",
    description,
    ...(isRequired ? { required: true } : {}),
    ...(isList ? { style: "form", explode: false } : {}),
    schema: inlineSchema(schema),
  };
}

function responsesOf(path: string, operation: Operation): Record<string, object> {
  const { isPublic, body } = operation;
  const refusals = Object.entries(refusalsOf(path, operation)).map(([status, refusal]) => [
    status,
    problemResponse(refusal),
  ]);
  const common = (name: keyof typeof commonResponses) => ({ $ref: `#/components/responses/${name}` });
  return {
    [operation.success.status]: successResponse(operation),
    ...(Object.fromEntries(refusals) as Record<string, object>),
    ...(isPublic ? {} : { 401: common("unauthorized") }),
    ...(body === undefined ? {} : { 413: common("tooLarge") }),
    500: common("failed"),
    503: common("unavailable"),
  };
}

/** Those of the route, and those that come with a body, pages, parameters and an Idempotency-Key. */
function refusalsOf(path: string, { isPaged, isRepeatable, body, refusals = {} }: Operation): Record<string, Refusal> {
  const reasons = (status: 400 | 404 | 422, ...own: readonly (string | false)[]): Record<string, Refusal> => {
    const said = [refusals[status]?.because, ...own].filter((reason) => typeof reason === "string");
    return said.length === 0 ? {} : { [status]: { ...refusals[status], because: said.join(" ") } };
  };
  const hasBody = body !== undefined;
  return {
    ...(refusals[409] === undefined ? {} : { 409: refusals[409] }),
    ...reasons(
      400,
      isPaged === true && "`cursor_not_found`: `after` or `before` names no object of the list.",
      hasBody && "`body_malformed`, `body_missing`, `body_cut` or `body_too_deep`.",
      isRepeatable === true && "`invalid_idempotency_key`.",
    ),
    ...reasons(404, path.includes(":") && refusals[404] === undefined && "There is nothing with this id."),
    ...(refusals[415] === undefined ? {} : { 415: refusals[415] }),
    ...reasons(
      422,
      hasBody && "The body is JSON and not what is asked for; `errors` names each field.",
      isPaged === true && "A parameter is out of its bounds.",
      isRepeatable === true && "`idempotency_key_reused`: the key was used for another request.",
    ),
  };
}

function successResponse({ success, isRepeatable }: Operation): object {
  const { schema, file } = success;
  const repeated = { description: "`true` when this is the answer to the first request.", schema: { const: "true" } };
  const ofFile = Object.entries(file?.headers ?? {}).map(([name, description]) => [
    name,
    { description, schema: { type: "string" } },
  ]);
  return {
    description: "Done.",
    headers: {
      ...requestIdHeader,
      ...(isRepeatable ? { "Idempotent-Replayed": repeated } : {}),
      ...(Object.fromEntries(ofFile) as Record<string, object>),
    },
    ...(schema === undefined ? {} : { content: jsonContent(schema) }),
    ...(file === undefined ? {} : { content: { [file.mediaType]: {} } }),
  };
}

function problemResponse({ because, schema = "Problem" }: Refusal): object {
  return { description: because, headers: requestIdHeader, content: jsonContent(schema) };
}

function jsonContent(schema: string): object {
  return { "application/json": { schema: schemaRef(schema) } };
}
