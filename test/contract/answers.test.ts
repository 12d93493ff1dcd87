/**
 * Our server's answers against the service's own OpenAPI document, and against the ledger of what we do otherwise.
 */
import { subscribableEventNames } from "@dirsync/sdk";
import { createdDirectorySchema } from "@dirsync/sdk/schemas";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { divergences } from "./divergences.ts";
import { type Contract, documentPath, isDocumentHere, readContract } from "./openapi.ts";
import { type Answer, type PopulatedService, startPopulatedService } from "./populated-service.ts";
import { type ContractRequest, contractRequests } from "./requests.ts";

interface Exchange {
  readonly request: ContractRequest;
  readonly answer: Answer;
}

const exchanges: Exchange[] = [];
let service: PopulatedService;

beforeAll(async () => {
  if (!isDocumentHere) process.stderr.write(`SKIPPED: there is no OpenAPI document at ${documentPath}.\n`);
  service = await startPopulatedService();
  for (const request of contractRequests(service)) {
    const { operation, path, ...options } = request;
    exchanges.push({ request, answer: await service.ask(operation.split(" ")[0] ?? "GET", path, options) });
  }
});

afterAll(() => service.close());

test("every request gets the status it must get", () => {
  const tell = (status: number, { operation, path }: ContractRequest): string => `${operation} ${path}: ${status}`;
  expect(exchanges.map(({ request, answer }) => tell(answer.status, request))).toEqual(
    exchanges.map(({ request }) => tell(request.status, request)),
  );
});

test("the log holds all ten events the server emits", () => {
  const names = new Set(events().map(({ event }) => event));
  expect([...names].sort()).toEqual([...subscribableEventNames].sort());
});

test("no answer holds the API key, and a bearer token is only in the answer that created it", () => {
  const told = service.secrets.filter((secret) => exchanges.some(({ answer }) => answer.text.includes(secret)));
  expect(told).toEqual([]);
  const [created] = exchanges.filter(({ request }) => request.operation === "POST /directories");
  const { scim } = createdDirectorySchema.parse(created?.answer.body);
  expect(exchanges.filter(({ answer }) => answer.text.includes(scim.bearer_token))).toEqual([created]);
});

// A clone that stands alone has nothing to compare with; whoever reads the results must see that.
const finding = isDocumentHere ? "found" : "absent, so nothing was compared; it was looked for";

test.skipIf(!isDocumentHere)(`the OpenAPI document is ${finding} at ${documentPath}`, () => {
  expect(isDocumentHere).toBe(true);
});

describe.runIf(isDocumentHere)("compared with the OpenAPI document", () => {
  let contract: Contract;

  beforeAll(() => {
    contract = readContract();
  });

  test("answers and events differ exactly where the ledger says", () => {
    const answers = exchanges.flatMap(({ request: { operation }, answer: { status, body } }) =>
      contract.answer(operation, status, body).map((finding) => `${operation} ${status} ${finding}`),
    );
    const payloads = events().flatMap((event) => contract.event(event).map((finding) => `${event.event} ${finding}`));
    const found = [...new Set([...answers, ...payloads])];
    const known = divergences.map(({ finding }) => finding);
    expect({
      unknown: found.filter((finding) => !known.includes(finding)),
      gone: known.filter((finding) => !found.includes(finding)),
    }).toEqual({ unknown: [], gone: [] });
  });

  test("a broken answer and a broken event are noticed", () => {
    const user = { object: "directory_user", id: "directory_user_1", groups: [], state: "gone", shoe_size: 44 };
    expect(contract.answer("GET /directory_users/{id}", 200, user)).toEqual(
      expect.arrayContaining([
        "missing: /directory_id",
        "wrong: /state must be equal to one of the allowed values",
        "extra: /shoe_size",
      ]),
    );
    const [first] = events();
    expect(contract.event({ ...first, event: "dsync.user.deleted" })).not.toEqual([]);
    expect(contract.event({ ...first, event: "dsync.user.exploded" })).toEqual(["unknown event: dsync.user.exploded"]);
    expect(contract.answer("GET /directories", 418, {})).toEqual(["status: 418"]);
  });
});

interface LoggedEvent {
  readonly event: string;
}

/** Every event in any page of the log that was asked for. */
function events(): readonly LoggedEvent[] {
  const pages = exchanges.filter(({ request, answer }) => request.operation === "GET /events" && answer.status === 200);
  return pages.flatMap(({ answer }) => (answer.body as { data: readonly LoggedEvent[] }).data);
}
