import { expect, onTestFinished, test } from "vitest";
import { prepared, preparedByNames, textOf } from "./connection.ts";
import { openSqlite } from "./sqlite.ts";

function connection() {
  const engine = openSqlite(":memory:");
  onTestFinished(engine.close);
  return engine.connection;
}

test("a prepared query is built once, and answers what it is given each time", () => {
  const { first, run } = connection();
  let built = 0;
  const keep = prepared((db, { id, kind }: { id: string; kind: "directory" }) => {
    built += 1;
    return db.insertInto("tombstone").values({ id, kind, seq: 7 });
  });
  const find = prepared((db, { id }: { id: string }) => db.selectFrom("tombstone").selectAll().where("id", "=", id));
  for (const id of ["a", "b"]) run(keep, { id, kind: "directory" });
  expect(["a", "b", "c"].map((id) => first(find, { id })?.id)).toEqual(["a", "b", undefined]);
  expect(built).toBe(1);
});

test("a query by names changes the columns that are named, and no other", () => {
  const { all, run } = connection();
  const keep = prepared((db, { id }: { id: string }) =>
    db.insertInto("tombstone").values({ id, kind: "directory", seq: 1 }),
  );
  run(keep, { id: "a" });
  const change = preparedByNames((db, { id, ...changes }: { id: string; kind?: "organization"; seq?: number }) =>
    db.updateTable("tombstone").set(changes).where("id", "=", id),
  );
  run(change, { id: "a", seq: 2 });
  run(change, { id: "a", kind: "organization" });
  run(change, { id: "a", seq: 3 });
  const everything = prepared((db) => db.selectFrom("tombstone").selectAll());
  expect(all(everything, {})).toEqual([{ id: "a", kind: "organization", seq: 3 }]);
});

test("a query that looks at a value instead of passing it on is refused when it is built", () => {
  const { first } = connection();
  const wrong = prepared((db, { seq }: { seq: number }) =>
    db
      .selectFrom("event")
      .selectAll()
      .where("seq", ">", seq - 1),
  );
  expect(() => first(wrong, { seq: 1 })).toThrow("must pass 'seq' on");
});

// SQLite tells nobody when it prepares a statement anew, so this goes by the text (benchmarks: server/users-page-10k).
test("a limit is given so that SQLite does not prepare the query anew for each one", () => {
  const { db, all } = connection();
  const some = prepared((on, { limit }: { limit: number }) =>
    on.selectFrom("tombstone").select("id").orderBy("id").limit(limit),
  );
  expect(textOf(some, db, { limit: 1 }).sql).toMatch(/ limit \+\?$/u);
  expect(all(some, { limit: 1 })).toEqual([]);
});
