/**
 * The rules of the house that no built-in lint knows: one door to the network, process globals in two places,
 * imports that follow the layers. `deno lint` loads this file (see `deno.json`).
 *
 * @module
 */

/** Modules that open, or help to open, a connection. */
const NETWORK_MODULES =
  /^(node:(net|tls|http|https|http2|dgram|dns)(\/.*)?|ws|https-proxy-agent|socks-proxy-agent|socks|undici)$/;
const NETWORK_GLOBALS = new Set(["fetch", "WebSocket", "EventSource", "XMLHttpRequest"]);
const NETWORK_OF_DENO = new Set([
  "connect",
  "connectTls",
  "connectQuic",
  "startTls",
  "createHttpClient",
  "listenDatagram",
  "resolveDns",
]);
const PROCESS_OF_DENO = new Set([
  "args",
  "env",
  "exit",
  "exitCode",
  "stdin",
  "stdout",
  "stderr",
  "addSignalListener",
  "removeSignalListener",
]);
const PROCESS_MODULES = /^node:process$/;

/**
 * What each room of `lib/` may import, beside the files at its top. Read from the arrow of the design: argv →
 * config → trust → net → auth → responses → cli.
 */
const MAY_IMPORT: Readonly<Record<string, readonly string[]>> = {
  config: [],
  trust: ["config"],
  net: ["config", "trust"],
  auth: ["config", "trust", "net"],
  responses: ["config", "trust", "net", "auth"],
  endpoints: ["config", "trust", "net", "auth", "responses"],
  realtime: ["config", "trust", "net", "auth", "responses"],
  observe: ["net", "responses"],
  capture: ["config", "trust", "net"],
  mock: ["config", "trust", "net"],
  doctor: ["config", "trust", "net", "auth", "responses", "endpoints"],
  cli: [
    "config",
    "trust",
    "net",
    "auth",
    "responses",
    "endpoints",
    "realtime",
    "observe",
    "capture",
    "mock",
    "doctor",
  ],
};

/** Where in the tree a file stands: `lib/net/dialer/dialer.ts` → room `net`. */
function place(filename: string): { readonly path: string; readonly room: string | undefined } {
  const path = filename.replaceAll("\\", "/");
  const room = /\/lib\/([^/]+)\//.exec(path)?.[1];
  return { path, room };
}

function isProgram(filename: string): boolean {
  const { path } = place(filename);
  return !/\/(tests|\.ci|\.github)\//.test(path) && /\/(lib\/.+|main)\.ts$/.test(path);
}

function mayOpenSockets(filename: string): boolean {
  return !isProgram(filename) || /\/lib\/(net|trust\/roots)\//.test(place(filename).path);
}

function mayTouchProcess(filename: string): boolean {
  return !isProgram(filename) || /\/(main|lib\/cli\/app\/process)\.ts$/.test(place(filename).path);
}

/** The room that a relative import leads to, if it leads into `lib/` from within it. */
function importedRoom(filename: string, specifier: string): string | undefined {
  if (!specifier.startsWith(".")) return undefined;
  return /\/lib\/([^/]+)\//.exec(new URL(specifier, `file://${place(filename).path}`).pathname)?.[1];
}

/** The name in `import("name")`, and in `import("name" as string)`, which the runtime's graph leaves out. */
function importedName({ source }: Deno.lint.ImportExpression): unknown {
  const named = source.type === "TSAsExpression" ? source.expression : source;
  return named.type === "Literal" ? named.value : undefined;
}

function denoMember(node: Deno.lint.MemberExpression): string | undefined {
  if (node.object.type !== "Identifier" || node.object.name !== "Deno") return undefined;
  return node.property.type === "Identifier" ? node.property.name : undefined;
}

const oneDoor: Deno.lint.Rule = {
  create(context) {
    if (mayOpenSockets(context.filename)) return {};
    const report = (node: Deno.lint.Node, what: string) =>
      context.report({
        node,
        message: `${what} opens a connection outside lib/net/`,
        hint: "Take a Dialer as an argument: only it knows the roots to trust and the route to take.",
      });
    const checkSource = (node: Deno.lint.Node, source: unknown) => {
      if (typeof source === "string" && NETWORK_MODULES.test(source)) report(node, `Import of "${source}"`);
    };
    return {
      ImportDeclaration: (node) => {
        // A type is gone at run time and opens nothing.
        if (node.importKind !== "type") checkSource(node, node.source.value);
      },
      ExportNamedDeclaration: (node) => checkSource(node, node.source?.value),
      ImportExpression: (node) => checkSource(node, importedName(node)),
      CallExpression: (node) => {
        if (node.callee.type === "Identifier" && NETWORK_GLOBALS.has(node.callee.name)) {
          report(node, node.callee.name);
        }
      },
      NewExpression: (node) => {
        if (node.callee.type === "Identifier" && NETWORK_GLOBALS.has(node.callee.name)) {
          report(node, node.callee.name);
        }
      },
      MemberExpression: (node) => {
        const member = denoMember(node);
        if (member !== undefined && NETWORK_OF_DENO.has(member)) report(node, `Deno.${member}`);
        if (
          node.object.type === "Identifier" && node.object.name === "globalThis" &&
          node.property.type === "Identifier" && NETWORK_GLOBALS.has(node.property.name)
        ) report(node, `globalThis.${node.property.name}`);
      },
    };
  },
};

const processGlobals: Deno.lint.Rule = {
  create(context) {
    if (mayTouchProcess(context.filename)) return {};
    const report = (node: Deno.lint.Node, what: string) =>
      context.report({
        node,
        message: `${what} is named outside main.ts and lib/cli/app/process.ts`,
        hint: "Take what is needed from the World, or from the command's context.",
      });
    return {
      MemberExpression: (node) => {
        const member = denoMember(node);
        if (member !== undefined && PROCESS_OF_DENO.has(member)) report(node, `Deno.${member}`);
      },
      CallExpression: (node) => {
        const { callee } = node;
        if (
          callee.type === "MemberExpression" && callee.object.type === "Identifier" &&
          callee.object.name === "console"
        ) report(node, "console");
      },
      ImportDeclaration: (node) => {
        if (PROCESS_MODULES.test(node.source.value)) report(node, `Import of "${node.source.value}"`);
      },
    };
  },
};

const layers: Deno.lint.Rule = {
  create(context) {
    if (!isProgram(context.filename)) return {};
    const { room, path } = place(context.filename);
    const check = (node: Deno.lint.Node, source: unknown) => {
      if (typeof source !== "string") return;
      const target = importedRoom(context.filename, source);
      if (target === undefined || target === room) return;
      if (room === undefined) {
        if (/\/(main|lib\/(mod|testing))\.ts$/.test(path)) return;
        context.report({ node, message: `A file at the top of lib/ imports from the room "${target}"` });
      } else if (!(MAY_IMPORT[room] ?? []).includes(target)) {
        context.report({
          node,
          message: `lib/${room}/ imports from lib/${target}/, against the layers`,
          hint: "argv → config → trust → net → auth → responses → cli; see the design rules in README.md.",
        });
      }
    };
    return {
      ImportDeclaration: (node) => check(node, node.source.value),
      ExportNamedDeclaration: (node) => check(node, node.source?.value),
      ExportAllDeclaration: (node) => check(node, node.source.value),
      ImportExpression: (node) => check(node, importedName(node)),
    };
  },
};

/** Where modules may be loaded that no graph of imports shows: what `lib/mod.ts` leads to must show all. */
function mayHideImports(filename: string): boolean {
  return !isProgram(filename) || /\/(main|lib\/cli\/app\/late_modules)\.ts$/.test(place(filename).path);
}

function isOwnModule(name: unknown): boolean {
  return typeof name === "string" && name.startsWith(".");
}

const lateImports: Deno.lint.Rule = {
  create(context) {
    return {
      ImportExpression: (node) => {
        if (node.source.type === "Literal") {
          if (place(context.filename).room !== "cli" || !isOwnModule(node.source.value)) return;
          context.report({
            node,
            message: "A module that is loaded late is read at every start",
            hint: "Put it into lib/cli/app/late_modules.ts, which says why.",
          });
          return;
        }
        if (!mayHideImports(context.filename)) {
          context.report({
            node,
            message: "A module is imported out of sight of the runtime's graph",
            hint: "Name it by a plain literal, or put it into lib/cli/app/late_modules.ts.",
          });
          return;
        }
        if (!isProgram(context.filename)) return;
        const loader = context.sourceCode.getText(node.parent).replaceAll(/\s+/g, " ");
        if (/^\(\): Promise<typeof import\(("[^"]+")\)> => import\(\1 as string\)$/.test(loader)) return;
        context.report({
          node,
          message: "The module that is imported is not visibly the one that the type names",
          hint: 'Write (): Promise<typeof import("./a.ts")> => import("./a.ts" as string).',
        });
      },
    };
  },
};

const plugin: Deno.lint.Plugin = {
  name: "culvert",
  rules: {
    "one-door": oneDoor,
    "process-globals": processGlobals,
    "layers": layers,
    "late-imports": lateImports,
  },
};
export default plugin;
