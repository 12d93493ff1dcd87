import { expect, test } from "vitest";
import { addDirectory, newUser } from "../../fixtures/rows.ts";
import type { Services } from "../../http/services.ts";
import { openSqlite } from "../../store/sqlite.ts";
import { createStore } from "../../store/store.ts";
import { defaultSettings } from "../settings.ts";
import { parseProjection } from "./projection.ts";
import { userBodies } from "./user-list.ts";

test("users of which attributes are looked for let everybody else have a turn in between", async () => {
  const store = createStore(openSqlite(":memory:"));
  const directory = await store.write((data) => addDirectory(data, "directory_1"));
  await store.close();
  const scope = { directorySeq: directory.seq, scimUrl: "https://server.test/scim", settings: defaultSettings };
  const rows = Array.from({ length: 100 }, (_, index) => ({
    ...newUser(directory, `u${String(index)}`),
    seq: index,
    resource: `{"userName":"u${String(index)}","title":"x"}`,
  }));
  const turnsFor = async (attributes: string | null): Promise<number> => {
    let [turns, isOver] = [0, false];
    const count = (): void => {
      turns += 1;
      if (!isOver) setImmediate(count);
    };
    setImmediate(count);
    const projection = parseProjection("User", { attributes, excludedAttributes: null });
    // Only of groups, which are not asked for, the store is asked.
    expect(await userBodies({} as Services, scope, { rows, projection })).toHaveLength(rows.length);
    isOver = true;
    return turns;
  };
  expect(await turnsFor(null)).toBe(0);
  expect(await turnsFor("userName")).toBeGreaterThanOrEqual(9);
});
