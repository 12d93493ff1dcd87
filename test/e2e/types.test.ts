/** `dirsync types`: what directories have, as TypeScript. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect } from "vitest";
import { type Rig, test } from "../support/rig.ts";
import { markMirrorComplete } from "../support/state-file.ts";
import { requestBy, requests } from "../support/scim-request.ts";

const read = (rig: Rig) => readFileSync(join(rig.folder, "directory.d.ts"), "utf8");
const service = ["types", "--service", "--out", "directory.d.ts"];

const union = (names: readonly string[]) =>
  names
    .map((name) => JSON.stringify(name))
    .sort((one, other) => (one < other ? -1 : 1))
    .join(" | ");

describe.concurrent("dirsync types", () => {
  test("declares what people have, the same at every run, and notices what changes", async ({ rig }) => {
    await requestBy(rig.company, requests.createGroup('Sales "EU"'));
    expect(await rig.run(service)).toMatchObject({
      code: 0,
      stdout: "directory.d.ts has the types of the directories.\n",
      stderr: "",
    });
    const text = read(rig);
    expect(text).toMatch(/^ {2}readonly username: string \| null;$/m);
    expect(text).toContain(String.raw`export type DirectoryGroupName =${"\n"}  | "Sales \"EU\"";`);
    expect(text).toContain("export type DirectoryRole = never;");
    expect(text).toContain(" *     dirsync types --service --out directory.d.ts\n");
    expect(rig.modes()).toEqual([["directory.d.ts", "644"]]);

    expect(await rig.run([...service, "--check"])).toMatchObject({ code: 0 });
    await rig.run(service);
    expect(read(rig)).toBe(text);

    await requestBy(rig.company, requests.createGroup("Legal"));
    const exit = await rig.run([...service, "--check"]);
    expect(exit).toMatchObject({ code: 5, stderr: "" });
    expect(exit.stdout).toContain('+   | "Legal"\n');
    expect(read(rig)).toBe(text);
    const json = await rig.run([...service, "--check", "--json"]);
    expect(JSON.parse(json.stdout)).toMatchObject({ is_same: false, added: ['  | "Legal"'] });
  });

  test("--check takes lines for the same that git has ended as Windows does, and says what it cannot read", async ({
    rig,
  }) => {
    await rig.run(service);
    rig.write("directory.d.ts", read(rig).replaceAll("\n", "\r\n"));
    expect(await rig.run([...service, "--check"])).toMatchObject({ code: 0, stderr: "" });
    const folder = await rig.run(["types", "--service", "--out", rig.folder, "--check"]);
    expect(folder.code).toBe(78);
    expect(folder.stderr).toContain(`Cannot read ${rig.folder}`);
    expect(folder.stderr).not.toContain("bug");
  });

  test("of a file that is not there is a finding, and not a failure", async ({ rig }) => {
    const exit = await rig.run([...service, "--check"]);
    expect(exit).toMatchObject({ code: 5, stderr: "" });
    expect(exit.stdout).toContain("directory.d.ts is not there. Run the command again without --check.\n");
    expect(rig.modes()).toEqual([]);
  });

  test("makes a union of an attribute's values where that is asked for", async ({ rig }) => {
    const users = await rig.company.client.users.list({}).toArray({ max: 10 });
    const names = users.map((user) => String(user.custom_attributes?.["username"]));
    const exit = await rig.run(["types", "--service", "--literals", "username"]);
    expect(exit.stdout).toContain(`readonly username: ${union(names)} | null;`);
    // Every object of JavaScript has one, and nobody here.
    for (const name of ["constructor", "__proto__"]) {
      expect(await rig.run(["types", "--service", "--literals", name])).toMatchObject({ code: 0, stderr: "" });
    }
    const refused = await rig.run(["types", "--service", "--literals", "emails"]);
    expect(refused).toMatchObject({ code: 2, stdout: "" });
    expect(refused.stderr).toContain("emails is not always");
  });

  test("says of the mirror what it says of the service, and nothing of a mirror that may lack people", async ({
    rig,
  }) => {
    await requestBy(rig.company, requests.createGroup("Legal"));
    expect(await rig.run(["tail", "--once", "--stdout"])).toMatchObject({ code: 0 });
    const halves = await rig.run(["types"]);
    expect(halves).toMatchObject({ code: 2, stdout: "" });
    expect(halves.stderr).toContain("The mirror may lack people");
    markMirrorComplete(rig.state);
    const before = rig.proxy.arrivals.length;
    const fromMirror = await rig.run(["types"]);
    expect(fromMirror).toMatchObject({ code: 0, stderr: "" });
    expect(rig.proxy.arrivals).toHaveLength(before);
    const fromService = await rig.run(["types", "--service"]);
    expect(fromMirror.stdout).toBe(fromService.stdout.replace(" --service", ""));
  });

  test("asks nobody when the mirror is not there", async ({ rig }) => {
    const exit = await rig.run(["types"]);
    expect(exit).toMatchObject({ code: 2, stdout: "" });
    expect(exit.stderr).toContain("There is no state file at");
    expect(rig.proxy.arrivals).toHaveLength(0);
  });
});
