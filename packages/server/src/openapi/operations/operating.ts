import type { Operations } from "../operation.ts";

/** For whoever operates the server. */
export const operatingOperations: Operations = {
  "GET /healthz": {
    operationId: "getHealth",
    tag: "Operating",
    summary: "Say whether the server can read and write its data",
    isOurs: true,
    isPublic: true,
    success: { status: 200, schema: "Health" },
  },
  "GET /openapi.json": {
    operationId: "getOpenApiDocument",
    tag: "Operating",
    summary: "Get this document",
    isOurs: true,
    isPublic: true,
    success: { status: 200, schema: "OpenApiDocument" },
  },
  "GET /scim_requests": {
    operationId: "listScimRequests",
    tag: "Operating",
    summary: "List what identity providers have sent, and how it was answered",
    isOurs: true,
    isPaged: true,
    query: ["directory", "answerStatus"],
    success: { status: 200, schema: "ScimRequestList" },
    refusals: { 404: { because: "There is no such directory." } },
  },
  "GET /scim_requests/:id": {
    operationId: "getScimRequest",
    tag: "Operating",
    summary: "Get a SCIM request with its bodies",
    description: "Its id is the `X-Request-ID` of its answer. Passwords and tokens in it read `[redacted]`.",
    isOurs: true,
    success: { status: 200, schema: "ScimRequestDetail" },
  },
  "POST /scim_requests/:id/replay": {
    operationId: "replayScimRequest",
    tag: "Operating",
    summary: "Send a SCIM request to its directory once more",
    description: "With `dry_run` nothing is kept of what it does.",
    isOurs: true,
    body: "ScimReplayDraft",
    success: { status: 200, schema: "ScimReplay" },
    refusals: {
      409: {
        because:
          "`not_replayable`: it was not kept whole. `directory_gone`: its directory was deleted. `dry_run_unsupported`: a bulk request has no dry run.",
      },
    },
  },
  "GET /audit_log": {
    operationId: "listAuditEntries",
    tag: "Operating",
    summary: "List who changed what by the API or in the setup portal",
    isOurs: true,
    isPaged: true,
    query: ["target", "action"],
    success: { status: 200, schema: "AuditEntryList" },
  },
  "POST /backups": {
    operationId: "makeBackup",
    tag: "Operating",
    summary: "Get the whole database as it is at one moment",
    description: "An SQLite file. Secrets in it are encrypted or digests; people are in it as they are.",
    isOurs: true,
    success: {
      status: 200,
      file: {
        mediaType: "application/vnd.sqlite3",
        headers: {
          "Dirsync-Backup-Made-At": "Of which moment it is, ISO 8601.",
          "Dirsync-Key-Fingerprint": "Which encryption key opens its secrets.",
        },
      },
    },
    refusals: { 409: { because: "`backup_under_way`: one is being made; wait for it." } },
  },
};
