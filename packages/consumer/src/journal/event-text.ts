import type { DirectoryEvent } from "@dirsync/sdk";

/** An event as JSON. */
export interface EventText {
  readonly body: string;
  /** Of what the event says, without what was before the change: that is no part of what is. */
  readonly state: string;
}

/** What was before a change, in the data of its event. */
const beforeName = "previous_attributes";

/**
 * The JSON of an event and of the state in it, in the order of its names. The state is most of the event, so it is made once
 * and put into the other.
 */
export function textOf(event: DirectoryEvent): EventText {
  const { state, data } = dataTextOf(event.data);
  const parts: string[] = [];
  for (const [name, value] of Object.entries(event) as [string, unknown][]) {
    const text = name === "data" ? data : (JSON.stringify(value) as string | undefined);
    if (text !== undefined) parts.push(`${JSON.stringify(name)}:${text}`);
  }
  return { body: `{${parts.join(",")}}`, state };
}

/** The JSON of what an event says is now. */
export function stateTextOf(data: Data): string {
  if (!(beforeName in data)) return JSON.stringify(data);
  const { [beforeName]: _before, ...state } = data;
  return JSON.stringify(state);
}

type Data = DirectoryEvent["data"];

function dataTextOf(data: Data): { readonly state: string; readonly data: string } {
  const state = stateTextOf(data);
  if (!(beforeName in data)) return { state, data: state };
  const before = JSON.stringify(data[beforeName]) as string | undefined;
  // Anywhere else, putting it in would be a search for its place.
  const isLast = lastNameOf(data) === beforeName && before !== undefined && state !== "{}";
  return { state, data: isLast ? `${state.slice(0, -1)},"${beforeName}":${before}}` : JSON.stringify(data) };
}

function lastNameOf(data: Data): string | undefined {
  let last: string | undefined;
  for (const name in data) last = name;
  return last;
}
