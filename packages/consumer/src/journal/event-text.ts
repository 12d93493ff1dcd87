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
 * The JSON of an event and of the state in it. The state is most of the event, so it is cut out of that: a copy of a
 * kilobyte is what collecting garbage takes longest with.
 */
export function textOf(event: DirectoryEvent): EventText {
  const body = JSON.stringify(event);
  const data = dataIn(body, event);
  return { body, state: data === null ? stateTextOf(event.data) : stateIn(data, event.data) };
}

/** The JSON of what an event says is now. */
export function stateTextOf(data: Data): string {
  if (!(beforeName in data)) return JSON.stringify(data);
  const { [beforeName]: _before, ...state } = data;
  return JSON.stringify(state);
}

type Data = DirectoryEvent["data"];

/** The part of an event's JSON that is its data; null where finding it would be a search. */
function dataIn(body: string, event: DirectoryEvent): string | null {
  let isFirst = true;
  let isBehind = false;
  let behind = 1;
  for (const [name, value] of Object.entries(event) as [string, unknown][]) {
    if (name === "data") isBehind = true;
    else if (isBehind) behind += lengthOf(name, value);
    // In the text of a string no quote stands without a backslash, so that what looks like the name below is the name.
    else if (typeof value !== "string") return null;
    else isFirst = false;
  }
  const name = isFirst ? '{"data":' : ',"data":';
  return body.slice(body.indexOf(name) + name.length, body.length - behind);
}

/** Of a name and its value in JSON, with the comma before them; 0 when there is nothing of them in it. */
function lengthOf(name: string, value: unknown): number {
  const text = JSON.stringify(value) as string | undefined;
  return text === undefined ? 0 : text.length + JSON.stringify(name).length + 2;
}

/** The JSON of data without what was before. */
function stateIn(text: string, data: Data): string {
  if (!(beforeName in data)) return text;
  const length = lengthOf(beforeName, data[beforeName]);
  const isLast = length > 0 && lastNameOf(data) === beforeName;
  const left = text.length - length - 1;
  // With nothing before it there is no comma either.
  return isLast && left > 0 ? `${text.slice(0, left)}}` : stateTextOf(data);
}

function lastNameOf(data: Data): string | undefined {
  let last: string | undefined;
  for (const name in data) last = name;
  return last;
}
