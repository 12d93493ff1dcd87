/** How pages look. One column on a phone, two where there is room; the reader's own colours, light or dark. */
export const styles = `
:root {
  color-scheme: light dark;
  --ink: #1b1f24; --quiet: #57606a; --paper: #ffffff; --panel: #f6f8fa; --line: #d0d7de;
  --accent: #0b5cad; --on-accent: #ffffff; --good: #1a7f37; --bad: #b3261e; --warn-paper: #fff4d6;
}
@media (prefers-color-scheme: dark) {
  :root {
    --ink: #e6edf3; --quiet: #9aa5b1; --paper: #0d1117; --panel: #161b22; --line: #343b44;
    --accent: #6cb2ff; --on-accent: #06203d; --good: #56d364; --bad: #ff8a80; --warn-paper: #3a2f10;
  }
}
* { box-sizing: border-box; }
body { margin: 0; background: var(--paper); color: var(--ink); font: 1rem/1.55 system-ui, sans-serif; }
header { border-bottom: 1px solid var(--line); padding: 0 1.25rem; }
main { max-width: 68rem; margin-inline: auto; }
.place {
  display: flex; flex-wrap: wrap; justify-content: space-between; gap: 0 1.5rem; max-width: 65.5rem; margin: 0.9rem auto;
  color: var(--quiet); overflow-wrap: anywhere;
}
.place strong { color: var(--ink); }
main { padding: 1.5rem 1.25rem 4rem; }
h1 { font-size: 1.6rem; line-height: 1.25; margin: 0 0 0.75rem; }
h2 { font-size: 1.15rem; margin: 0 0 0.75rem; }
h3 { font-size: 1rem; margin: 1.25rem 0 0.25rem; }
p { max-width: 44rem; }
a { color: var(--accent); }
form + h1 { margin-top: 2rem; }
.hint { color: var(--quiet); font-size: 0.9rem; }
small { display: block; color: var(--quiet); font-size: 0.85rem; }
button, .button {
  display: inline-block; font: inherit; padding: 0.6rem 1.1rem; min-height: 2.75rem; border-radius: 0.5rem;
  border: 1px solid var(--line); background: var(--panel); color: var(--ink); text-decoration: none; cursor: pointer;
}
button[hidden] { display: none; }
button:hover, .button:hover { border-color: var(--accent); }
:focus-visible { outline: 3px solid var(--accent); outline-offset: 2px; }
.primary { background: var(--accent); border-color: var(--accent); color: var(--on-accent); font-weight: 600; }
.choices { display: grid; gap: 0.75rem; grid-template-columns: repeat(auto-fill, minmax(15rem, 1fr)); }
.choices button { text-align: left; padding: 0.9rem 1.1rem; font-weight: 600; }
.choices small { font-weight: 400; }
.columns { display: grid; gap: 1.5rem; }
.values, .status { background: var(--panel); border: 1px solid var(--line); border-radius: 0.75rem; padding: 1.1rem; }
.field { margin-bottom: 0.9rem; }
label { display: block; font-weight: 600; margin-bottom: 0.25rem; }
.copied { display: flex; gap: 0.5rem; }
input, select {
  flex: 1; min-width: 0; width: 100%; font: 0.95rem/1.4 ui-monospace, monospace; padding: 0.55rem 0.7rem; min-height: 2.75rem;
  border: 1px solid var(--line); border-radius: 0.5rem; background: var(--paper); color: var(--ink);
}
select { font-family: inherit; margin-bottom: 0.75rem; }
code { overflow-wrap: anywhere; }
summary { cursor: pointer; padding: 0.4rem 0; }
.warning { background: var(--warn-paper); border-radius: 0.5rem; padding: 0.6rem 0.8rem; margin: 0; }
.steps ol, .steps ul { padding-left: 1.4rem; max-width: 44rem; }
.steps li { margin-bottom: 0.6rem; }
[data-status], .arrived { list-style: none; padding: 0; margin: 0 0 1.1rem; }
[data-state] { padding: 0.3rem 0 0.3rem 1.9rem; position: relative; }
[data-state]::before { position: absolute; left: 0; width: 1.4rem; text-align: center; font-weight: 700; }
[data-state="waiting"]::before { content: "…"; color: var(--quiet); }
[data-state="done"]::before { content: "✓"; color: var(--good); }
[data-state="wrong"]::before { content: "!"; color: var(--bad); }
@media (min-width: 60rem) {
  .columns { grid-template-columns: minmax(0, 1fr) 26rem; grid-template-rows: auto 1fr; column-gap: 2.5rem; }
  .steps { grid-column: 1; grid-row: 1 / span 2; }
  .values, .status { grid-column: 2; align-self: start; }
}
`;

/** What pages do beyond links and forms, which work without it: copy a value, and show what arrives. */
export const script = `"use strict";
(() => {
  const everyMs = 2000;

  async function copy(input) {
    input.select();
    // A page that is not secure has no clipboard.
    if (navigator.clipboard) await navigator.clipboard.writeText(input.value);
    else document.execCommand("copy");
  }

  for (const button of document.querySelectorAll("[data-copy]")) {
    const input = document.getElementById(button.dataset.copy);
    const { textContent: text, ariaLabel: label } = button;
    const say = (said) => {
      button.textContent = said ?? text;
      // What is read out is the label, which hides the text.
      button.ariaLabel = said ?? label;
    };
    button.hidden = false;
    button.addEventListener("click", () => {
      copy(input).then(
        () => {
          // Selecting took the focus along; who goes by the keyboard goes on from here.
          button.focus();
          say("Copied");
        },
        () => say("Select it"),
      ).finally(() => setTimeout(say, 1500));
    });
  }

  for (const form of document.forms) {
    let isSent = false;
    // Pressed twice, a button would have a token made and another page shown.
    form.addEventListener("submit", (event) => {
      if (isSent) event.preventDefault();
      isSent = true;
    });
    // Come back to, a page is as new.
    addEventListener("pageshow", () => { isSent = false; });
  }

  const list = document.querySelector("[data-status]");
  if (list === null) return;

  function show(items) {
    const texts = items.map(({ id, state, text }) => id + state + text).join("\\n");
    // Unchanged, it is not read out again.
    if (texts === list.dataset.texts) return;
    list.dataset.texts = texts;
    list.replaceChildren(...items.map(({ id, state, text }) => {
      const line = document.createElement("li");
      line.dataset.id = id;
      line.dataset.state = state;
      line.textContent = text;
      return line;
    }));
  }

  async function look() {
    if (document.visibilityState === "visible") {
      try {
        const answer = await fetch("status", { credentials: "same-origin", cache: "no-store" });
        const { items } = await answer.json();
        show(items);
        if (answer.status === 401) return;
      } catch {
        // The network is away for a moment; what was seen stays.
      }
    }
    setTimeout(look, everyMs);
  }
  setTimeout(look, everyMs);
})();
`;
