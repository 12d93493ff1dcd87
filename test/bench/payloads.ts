/** What the service sends, made up: the fields and lengths of its own examples. */

/** A user as REST reads and events show it, about 900 bytes. Every twentieth name is not ASCII, as in real directories. */
export function user(index: number): Record<string, unknown> {
  const number = String(index).padStart(8, "0");
  const [first, last] = index % 20 === 0 ? ["Zoë", "Müller"] : ["Marcelina", "Davis"];
  const email = `marcelina.davis.${number}@example-company.com`;
  return {
    object: "directory_user",
    id: `directory_user_01HBENCH0000000000${number}`,
    directory_id: "directory_01HBENCH000000000000000000",
    organization_id: "org_01HBENCH000000000000000000",
    idp_id: `00u1a2b3c4d5e6f7g${number}`,
    email,
    first_name: first,
    last_name: last,
    name: `${first} ${last}`,
    state: "active",
    emails: [],
    job_title: null,
    username: null,
    raw_attributes: {},
    custom_attributes: {
      department_name: "Engineering",
      job_title: "Software Engineer",
      username: email,
      manager_email: "head.of.engineering@example-company.com",
      emails: [{ primary: true, type: "work", value: email }],
    },
    role: { slug: "member" },
    roles: [{ slug: "member" }],
    created_at: "2026-01-15T12:00:00.000Z",
    updated_at: "2026-02-01T08:30:00.000Z",
    groups: [],
  };
}

/** An event about a user whose JSON is of about this size: a long directory record is long in its custom attributes. */
export function userEvent(bytes: number): Record<string, unknown> {
  const event = {
    object: "event",
    id: "event_01HBENCH0000000000000000",
    event: "dsync.user.updated",
    data: { ...user(1), custom_attributes: {} as Record<string, string> },
    created_at: "2026-02-01T08:30:00.000Z",
  };
  const attributes = event.data.custom_attributes;
  for (let index = 0; JSON.stringify(event).length < bytes - 60; index += 1) {
    attributes[`attribute_${index}`] = `value ${index} of a directory`;
  }
  return event;
}

/** A page of the log. */
export function eventsPage(events: number): Record<string, unknown> {
  const data = Array.from({ length: events }, (_none, index) => ({
    ...userEvent(1024),
    id: `event_01HBENCH${String(index).padStart(16, "0")}`,
  }));
  return { object: "list", data, list_metadata: { before: null, after: data.at(-1)?.id ?? null } };
}
