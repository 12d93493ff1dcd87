import type { IncomingMessage, ServerResponse } from "node:http";
import type { DirectoryEvent } from "@dirsync/sdk";
import { describe, vi } from "vitest";
import { listen, receiveEvent, secret } from "../fixtures/http-receiver.ts";
import { type Behaviour, sinkConformance, type SinkRig } from "./conformance.ts";
import { forwardSink } from "./http.ts";

const statuses = { take: 204, retry: 503, dead: 422, halt: 410 } as const;

/** An app that verifies what it gets, in either scheme, and answers as it is told. */
async function httpRig(scheme: "workos" | "standard"): Promise<SinkRig> {
  const taken: DirectoryEvent[] = [];
  const waiting = new Set<() => void>();
  let behaviour: Behaviour = "take";
  let held = 0;
  const answer = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    const event = await receiveEvent(request, response);
    if (event === null) return;
    if (behaviour === "hold") {
      held += 1;
      await new Promise<void>((resolve) => void waiting.add(resolve));
    }
    if (response.destroyed || behaviour === "hold") return;
    if (behaviour === "take") taken.push(event);
    response.writeHead(statuses[behaviour]).end("thank you");
  };
  const listener = await listen((request, response) => void answer(request, response));
  return {
    sink: await forwardSink({ url: `http://127.0.0.1:${listener.port}/hook`, secret, schemes: [scheme] }),
    behave: (next) => {
      behaviour = next;
      for (const go of waiting) go();
      waiting.clear();
    },
    taken: () => taken,
    held: () => held,
    // The other end sees the close a moment after it happened.
    remains: () =>
      vi.waitFor(() => {
        if (listener.open() > 0) throw new Error(`${listener.open()} connections are open.`);
        return 0;
      }),
  };
}

describe.each(["workos", "standard"] as const)("an endpoint that verifies %s signatures", (scheme) => {
  sinkConformance(() => httpRig(scheme));
});
