/**
 * The lint rules of the project that no built-in rule covers: one way to the network, process globals in two files,
 * dependencies that point downwards, small folders and small files. `deno lint` loads this file (see `deno.json`).
 *
 * @module
 */
import { orderViolation } from "./folder_order.ts";

/** Modules that open connections. */
const NETWORK_MODULES =
  /^(node:(net|tls|http|https|http2|dgram|dns)(\/.*)?|ws|https-proxy-agent|socks-proxy-agent|socks|undici)$/;
const NETWORK_GLOBALS = new Set(["fetch", "WebSocket", "EventSource", "XMLHttpRequest"]);
const NETWORK_OF_DENO = new Set([
  "connect",
  "connectTls",
  "connectQuic",
  "startTls",
  "createHttpClient",
  "listen",
  "listenDatagram",
  "listenTls",
  "resolveDns",
  "serve",
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

/** Maximum number of files in a folder of `lib/`. */
const MAX_FILES = 12;
/** Folders of similar files, which may contain more. */
const UNLIMITED = /^lib\/cli\/reference\/topics$/;
/** Maximum number of lines of a file in `lib/`. */
const MAX_LINES = 400;

/**
 * The path of a file from the top of the repository, such as `lib/net/observer.ts`; other paths are
 * unchanged.
 */
function pathOf(filename: string): string {
  const path = filename.replaceAll("\\", "/");
  return /\/((?:lib|tests|\.ci|\.github)\/.+|main\.ts)$/.exec(path)?.[1] ?? path;
}

function isProgram(filename: string): boolean {
  return /^(lib\/|main\.ts$)/.test(pathOf(filename));
}

function mayOpenSockets(filename: string): boolean {
  // lib/trust/roots/ checks certificates with the TLS library, and opens no connection. The page of the
  // viewer runs in a browser and asks the server that it came from.
  return !isProgram(filename) || /^lib\/(net|trust\/roots|capture\/view\/page)\//.test(pathOf(filename));
}

function mayTouchProcess(filename: string): boolean {
  return !isProgram(filename) || /^(main|lib\/cli\/app\/process)\.ts$/.test(pathOf(filename));
}

function denoMember(node: Deno.lint.MemberExpression): string | undefined {
  if (node.object.type !== "Identifier" || node.object.name !== "Deno") return undefined;
  return node.property.type === "Identifier" ? node.property.name : undefined;
}

/** The name in `import("name")`; `undefined` if it is not a plain literal. */
function importedName({ source }: Deno.lint.ImportExpression): string | undefined {
  return source.type === "Literal" && typeof source.value === "string" ? source.value : undefined;
}

const networkAccess: Deno.lint.Rule = {
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
        // A type is removed before run time and opens no connection.
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
        message: `${what} is used outside main.ts and lib/cli/app/process.ts`,
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

const folderOrder: Deno.lint.Rule = {
  create(context) {
    const path = pathOf(context.filename);
    if (!path.startsWith("lib/")) return {};
    const check = (node: Deno.lint.Node, source: unknown) => {
      if (typeof source !== "string" || !source.startsWith(".")) return;
      const target = pathOf(new URL(source, `file:///${path}`).pathname);
      const violation = orderViolation(path, target);
      if (violation === undefined) return;
      context.report({
        node,
        message: `${violation.from} imports from ${violation.to}, which stands above it`,
        hint: "tests/house/folder_order.ts lists the folders from top to bottom; imports point downwards.",
      });
    };
    return {
      ImportDeclaration: (node) => check(node, node.source.value),
      ExportNamedDeclaration: (node) => check(node, node.source?.value),
      ExportAllDeclaration: (node) => check(node, node.source.value),
      ImportExpression: (node) => check(node, importedName(node)),
    };
  },
};

const literalImports: Deno.lint.Rule = {
  create(context) {
    if (!isProgram(context.filename)) return {};
    return {
      ImportExpression: (node) => {
        if (importedName(node) !== undefined) return;
        context.report({
          node,
          message: "The name of the imported module is not a plain literal",
          hint: 'Write import("./module.ts"), so that every tool can follow it.',
        });
      },
    };
  },
};

const smallFolders: Deno.lint.Rule = {
  create(context) {
    const folder = pathOf(context.filename).replace(/\/[^/]+$/, "");
    if (!folder.startsWith("lib") || UNLIMITED.test(folder)) return {};
    return {
      Program: (node) => {
        const names = filesBeside(context.filename);
        // Reported once per folder, at its first file.
        if (names.length <= MAX_FILES || !context.filename.endsWith(names[0] ?? "")) return;
        context.report({
          node,
          message: `${folder}/ holds ${names.length} files; at most ${MAX_FILES} are allowed`,
          hint: "Group the files that belong together in a folder of their own.",
        });
      },
    };
  },
};

function filesBeside(filename: string): readonly string[] {
  const folder = filename.replaceAll("\\", "/").replace(/\/[^/]+$/, "");
  try {
    return [...Deno.readDirSync(folder)].filter((entry) => entry.isFile).map(({ name }) => name).toSorted();
  } catch (error) {
    // A source text of the tests is in a folder that does not exist.
    if (error instanceof Deno.errors.NotFound) return [];
    throw error;
  }
}

const smallFiles: Deno.lint.Rule = {
  create(context) {
    if (!isProgram(context.filename)) return {};
    return {
      Program: (node) => {
        const lines = context.sourceCode.text.split("\n").length - 1;
        if (lines <= MAX_LINES) return;
        context.report({ node, message: `The file has ${lines} lines; at most ${MAX_LINES} are allowed` });
      },
    };
  },
};

const plugin: Deno.lint.Plugin = {
  name: "culvert",
  rules: {
    "network-access": networkAccess,
    "process-globals": processGlobals,
    "folder-order": folderOrder,
    "literal-imports": literalImports,
    "small-folders": smallFolders,
    "small-files": smallFiles,
  },
};
export default plugin;
