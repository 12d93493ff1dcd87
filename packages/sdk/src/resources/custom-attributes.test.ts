import { describe, expect, expectTypeOf, test } from "vitest";
import * as z from "zod";
import { DirectorySync } from "../client.ts";
import { failure } from "../http/test-calls.ts";
import { json, listBody, serve } from "../http/test-server.ts";
import { predefinedAttributesSchema } from "../schemas/index.ts";

const stamps = { created_at: "2026-01-15T12:00:00.000Z", updated_at: "2026-01-15T12:00:00.000Z" };

function user(id: string, customAttributes?: object): object {
  const rest = customAttributes === undefined ? {} : { custom_attributes: customAttributes };
  return { object: "directory_user", id, directory_id: "directory_1", state: "active", ...rest, ...stamps, later: 1 };
}

async function clientOf(...users: readonly object[]): Promise<DirectorySync> {
  const server = await serve((request, response) => {
    json(response, request.target.startsWith("/directory_users/") ? users[0] : listBody(users));
  });
  return new DirectorySync({ apiKey: "sk_test", baseUrl: server.url, retriesMax: 0 });
}

const schema = z.object({
  department_name: z.string(),
  employment_start_date: z
    .string()
    .transform((text) => new Date(text))
    .optional(),
});

describe("custom attributes", () => {
  test("are checked and typed by a schema, which may make something of them; others are kept", async () => {
    const given = { department_name: "Research", employment_start_date: "2021-06-27T12:00:00.000Z", shoe_size: 43 };
    const client = await clientOf(user("u1", given));
    for await (const one of client.users.list({ directory: "d" }, { customAttributes: schema })) {
      expectTypeOf(one.custom_attributes.department_name).toEqualTypeOf<string>();
      expectTypeOf(one.email).toEqualTypeOf<string | null | undefined>();
      expect(one.custom_attributes).toEqual({
        department_name: "Research",
        employment_start_date: new Date("2021-06-27T12:00:00.000Z"),
        shoe_size: 43,
      });
      expect(one["later"]).toBe(1);
    }
    const single = await client.users.get("u1", { customAttributes: schema });
    expect(single.custom_attributes.employment_start_date).toBeInstanceOf(Date);
  });

  test("with names the service has fixed have types of their own, null included, beside the environment's", async () => {
    const given = {
      department_name: null,
      employee_number: "42",
      addresses: [{ type: "work", locality: "London", primary: true, floor: 3 }],
      shoe_size: 43,
    };
    const client = await clientOf(user("u1", given));
    const customAttributes = predefinedAttributesSchema.extend({ shoe_size: z.number() });
    const one = await client.users.get("u1", { customAttributes });
    expectTypeOf(one.custom_attributes.department_name).toEqualTypeOf<string | null | undefined>();
    expectTypeOf(one.custom_attributes.shoe_size).toEqualTypeOf<number>();
    expectTypeOf(one.custom_attributes.addresses?.[0]?.locality).toEqualTypeOf<string | null | undefined>();
    expect(one.custom_attributes).toEqual(given);
  });

  test("with such a name and a value of another type are refused, by name", async () => {
    const client = await clientOf(user("u1", { employee_number: 42 }));
    const error = await failure(client.users.get("u1", { customAttributes: predefinedAttributesSchema }));
    expect(error).toMatchObject({ issues: [{ path: "custom_attributes.employee_number" }] });
  });

  test("may be typed without being checked", async () => {
    const client = await clientOf(user("u1", { department_name: "Research" }));
    const page = await client.users.list<{ department_name?: string }>({ directory: "d" }).page();
    expectTypeOf(page.data[0]?.custom_attributes?.department_name).toEqualTypeOf<string | undefined>();
    expect(page.data[0]?.custom_attributes?.department_name).toBe("Research");
  });

  test("are an open bag without either", async () => {
    const client = await clientOf(user("u1", { department_name: "Research" }));
    const one = await client.users.get("u1");
    expectTypeOf(one.custom_attributes).toEqualTypeOf<Readonly<Record<string, unknown>> | null | undefined>();
    expect(one.custom_attributes?.["department_name"]).toBe("Research");
  });

  test("that are absent are checked as an empty object", async () => {
    const client = await clientOf(user("u1"));
    const optional = z.object({ department_name: z.string().optional() });
    expect((await client.users.get("u1", { customAttributes: optional })).custom_attributes).toEqual({});
    expect(await failure(client.users.get("u1", { customAttributes: schema }))).toMatchObject({
      code: "custom_attributes_invalid",
    });
  });

  test("that are not what the schema says name the user and the attribute, and never the value", async () => {
    const client = await clientOf(user("u1", { department_name: "Research" }), user("u2", { department_name: 4711 }));
    const error = await failure(
      client.users.list({ directory: "d" }, { customAttributes: schema }).toArray({ max: 10 }),
    );
    expect(error).toMatchObject({
      name: "ContractError",
      code: "custom_attributes_invalid",
      retryable: false,
      issues: [{ path: "custom_attributes.department_name" }],
    });
    expect((error as Error).message).toContain("u2");
    expect((error as Error).message).not.toContain("4711");
  });
});
