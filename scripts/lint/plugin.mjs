/**
 * The rules of CONTRIBUTING.md that oxlint does not bring along. Each is a few lines over the syntax tree.
 * Which file may do what is said in `.oxlintrc.json`, not here.
 */
export default {
  meta: { name: "dirsync" },
  rules: {
    "documented-export": rule(documentedExport),
    "file-name": rule(fileName),
    "no-ambient": rule(noAmbient),
    "no-enum": rule(noEnum),
    "no-export-all": rule(noExportAll),
    "no-module-state": rule(noModuleState),
    "todo-names-issue": rule(todoNamesIssue),
  },
};

/** A doc comment stands right above everything a module exports (re-exports carry the comment of their source). */
function documentedExport(context) {
  return {
    ExportNamedDeclaration(node) {
      if (node.declaration === null || node.declaration === undefined) return;
      const source = context.sourceCode;
      // Overloads share the comment of the first one.
      if (isLaterOverload(node)) return;
      const above = source.getCommentsBefore(node).at(-1);
      if (above?.type === "Block" && above.value.startsWith("*") === true) return;
      context.report({ node, message: "An export needs a doc comment: what it promises, units, when it throws." });
    },
  };
}

function isLaterOverload(node) {
  const name = node.declaration.id?.name;
  const siblings = node.parent.body;
  const before = siblings[siblings.indexOf(node) - 1];
  return before?.declaration?.type === "TSDeclareFunction" && before.declaration.id.name === name;
}

/** A file that could hold anything soon does. */
function fileName(context) {
  const empty = /(?:^|[/\\.-])(?:utils?|helpers?|common|misc|manager|base)(?:[/\\.-]|$)/;
  return {
    Program(node) {
      const path = context.filename.slice(context.cwd.length);
      if (empty.test(path))
        context.report({
          node,
          message: "Name the file after what it does: no utils, helpers, common, misc, manager, base.",
        });
    },
  };
}

const ambient = {
  env: {
    message: "Only the edge reads the environment; take the value as an argument.",
    members: [["process", "env"]],
  },
  clock: {
    message: "Time comes from Runtime, so that a test can move the clock.",
    members: [
      ["Date", "now"],
      ["performance", "now"],
      ["process", "hrtime"],
    ],
  },
  // Ids and secrets come from node:crypto, which nobody wants to be predictable.
  random: { message: "Randomness comes from Runtime, so that a test can fix it.", members: [["Math", "random"]] },
};

/** `process.env`, `Date.now()`, `Math.random()` and their kin, except those named in the option `allow`. */
function noAmbient(context) {
  const allowed = new Set(context.options[0]?.allow ?? []);
  const forbidden = Object.entries(ambient).filter(([kind]) => !allowed.has(kind));
  const messageFor = (object, property) =>
    forbidden.find(([, { members }]) => members.some(([from, name]) => from === object && name === property))?.[1]
      .message;
  const report = (node, message) => message !== undefined && context.report({ node, message });

  return {
    MemberExpression(node) {
      const object = node.object.property?.name ?? node.object.name;
      report(node, messageFor(object, node.property.name ?? node.property.value));
    },
    NewExpression(node) {
      // `new Date()` reads the clock; `new Date(value)` does not.
      if (node.callee.name === "Date" && node.arguments.length === 0) report(node, messageFor("Date", "now"));
    },
    VariableDeclarator(node) {
      if (node.id.type !== "ObjectPattern") return;
      for (const { key } of node.id.properties) report(node, messageFor(node.init?.name, key?.name));
    },
    ImportDeclaration(node) {
      const module = { "node:process": "process", "node:perf_hooks": "performance" }[node.source.value];
      for (const { imported } of node.specifiers) report(node, messageFor(module, imported?.name));
    },
  };
}

function noEnum(context) {
  return {
    TSEnumDeclaration(node) {
      context.report({ node, message: "No enum: use a union of string literals." });
    },
  };
}

function noExportAll(context) {
  return {
    ExportAllDeclaration(node) {
      context.report({ node, message: "No `export *`: each public name is a decision, so write it down." });
    },
  };
}

/** A `let` of a module is state that two users of the module share without knowing. */
function noModuleState(context) {
  return {
    Program(program) {
      for (const node of program.body) {
        const declaration = node.declaration ?? node;
        if (declaration.type !== "VariableDeclaration" || declaration.kind === "const") continue;
        context.report({ node, message: "No state at module level: hold it in the object that owns it." });
      }
    },
  };
}

function todoNamesIssue(context) {
  return {
    Program() {
      for (const comment of context.sourceCode.getAllComments()) {
        if (!/\b(?:TODO|FIXME|XXX)\b/.test(comment.value) || /#\d+/.test(comment.value)) continue;
        context.report({ node: comment, message: "A TODO names its issue, as in `TODO #12`." });
      }
    },
  };
}

function rule(create) {
  return { meta: { type: "problem", schema: false }, create };
}
