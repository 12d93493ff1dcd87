/** What becomes of lines. */
export interface LineOptions {
  /** Longer lines are cut off there: whoever writes without end must not fill our memory. */
  readonly charactersMax: number;
  readonly onLine: (line: string, form: LineForm) => void;
}

/** `long`: it was cut off. `begun`: its end never came. */
export type LineForm = "whole" | "long" | "begun";

/** Makes lines of text that comes in pieces. */
export class LineReader {
  readonly #options: LineOptions;
  #begun = "";
  /** True behind the limit of a line that has been told already. */
  #isSkipping = false;

  constructor(options: LineOptions) {
    this.#options = options;
  }

  push(piece: string): void {
    let from = 0;
    for (let end = piece.indexOf("\n"); end !== -1; end = piece.indexOf("\n", from)) {
      this.#add(piece.slice(from, end));
      if (!this.#isSkipping) this.#tell("whole");
      this.#isSkipping = false;
      from = end + 1;
    }
    this.#add(piece.slice(from));
  }

  /** Nothing more comes: what has begun is told as a line that has no end. */
  finish(): void {
    if (this.#begun !== "") this.#tell("begun");
  }

  #add(text: string): void {
    if (this.#isSkipping) return;
    const space = this.#options.charactersMax - this.#begun.length;
    this.#begun += text.slice(0, space);
    if (text.length <= space) return;
    // At once, and not when its end comes: it may never come.
    this.#tell("long");
    this.#isSkipping = true;
  }

  #tell(form: LineForm): void {
    const line = this.#begun;
    this.#begun = "";
    this.#options.onLine(line, form);
  }
}
