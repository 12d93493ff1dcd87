/** What members of a group cost the server, asked over 16 connections by a process that does next to nothing. */
import type { Benchmark, Case, Sample, Setting } from "./harness/benchmark.ts";
import { serveLoads } from "./load-service.ts";
import { ask, measure, metrics, requestsAt, serveSeeded, type Target } from "./server-load.ts";
import { idAt, seed, type Seeded } from "./server-seed.ts";

/** One member leaves and comes back, again and again, in a group of so many. */
function joining(members: number): Case["open"] {
  return async ({ scale, url }: Setting) => {
    const count = scale === "full" ? members : 20;
    const seeded = await seed({ users: count, grouped: true });
    const target = { ...(await serveSeeded(seeded)), token: seeded.scimToken };
    const path = await groupPath(target, seeded);
    let changes = 0;
    const sample = async (): Promise<Sample> => {
      const requests = Array.from({ length: requestsAt(scale) / 2 }, () => {
        const change = changes++;
        const value = idAt("directory_user_", 1 + (Math.floor(change / 2) % (count - 2)));
        const operation =
          change % 2 === 0
            ? { op: "remove", path: `members[value eq "${value}"]` }
            : { op: "add", path: "members", value: [{ value }] };
        return { path, body: JSON.stringify({ Operations: [operation] }) };
      });
      return measure(url, target, { method: "PATCH", status: "204", requests });
    };
    await sample();
    return { sample };
  };
}

/** How many members a provider pushes at once, which Okta and Entra do by the hundred. */
const pushed = 100;

/** A hundred members join a group at once and leave it again, in a directory of so many. */
function pushing(users: number): Case["open"] {
  return async ({ scale, url }: Setting) => {
    const count = scale === "full" ? users : 300;
    const seeded = await seed({ users: count });
    const target = { ...(await serveSeeded(seeded)), token: seeded.scimToken };
    const path = await groupPath(target, seeded);
    let changes = 0;
    const sample = async (): Promise<Sample> => {
      const requests = Array.from({ length: requestsAt(scale) / 10 }, () => {
        const change = changes++;
        const first = 1 + ((Math.floor(change / 2) * pushed) % (count - pushed - 1));
        const value = Array.from({ length: pushed }, (_none, index) => ({
          value: idAt("directory_user_", first + index),
        }));
        const op = change % 2 === 0 ? "add" : "remove";
        return { path, body: JSON.stringify({ Operations: [{ op, path: "members", value }] }) };
      });
      return measure(url, target, { method: "PATCH", status: "204", requests });
    };
    await sample();
    return { sample };
  };
}

async function groupPath(target: Target, { scimPath }: Seeded): Promise<string> {
  const groups = (await (await ask(target, `${scimPath}/Groups?excludedAttributes=members`)).json()) as {
    Resources: { id: string }[];
  };
  return `${scimPath}/Groups/${groups.Resources[0]?.id ?? ""}`;
}

export const benchmarks: readonly Benchmark[] = [
  {
    name: "groups/members",
    title: "one member leaves or joins a group",
    metrics,
    rounds: 7,
    cases: [
      { name: "of 100", role: "limit", open: joining(100) },
      { name: "of 100,000", role: "ours", open: joining(100_000) },
    ],
    goals: [{ metric: "perCpuSecond", of: "of 100,000", to: "of 100", bound: 0.8 }],
    serve: serveLoads,
  },
  {
    name: "groups/pushes",
    title: "a hundred members join or leave a group at once",
    metrics,
    rounds: 7,
    cases: [
      { name: "in a directory of 1,000", role: "limit", open: pushing(1_000) },
      { name: "in a directory of 100,000", role: "ours", open: pushing(100_000) },
    ],
    // A cost of at most 1.6 times.
    goals: [{ metric: "perCpuSecond", of: "in a directory of 100,000", to: "in a directory of 1,000", bound: 0.625 }],
    serve: serveLoads,
  },
];
