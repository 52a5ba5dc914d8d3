import plugin from "./lint_plugin.ts";
import { assertEquals } from "../support/assert.ts";

/** Returns the ids of the rules that a source text at `path` violates. */
function broken(path: string, source: string): string[] {
  return Deno.lint.runPlugin(plugin, `/house/${path}`, source).map((diagnostic) => diagnostic.id);
}

const OPENERS: readonly string[] = [
  `await fetch("https://example.test");`,
  `await globalThis.fetch("https://example.test");`,
  `new WebSocket("wss://example.test");`,
  `await Deno.connect({ port: 1 });`,
  `await Deno.connectTls({ port: 1 });`,
  `Deno.createHttpClient({});`,
  `Deno.serve(() => new Response());`,
  `Deno.listen({ port: 1 });`,
  `import net from "node:net"; net;`,
  `import { request } from "node:https"; request;`,
  `const ws = await import("ws"); ws;`,
  `export { connect } from "node:tls";`,
];

Deno.test("a socket opened outside lib/net is reported, in whatever way it is opened", () => {
  for (const source of OPENERS) {
    assertEquals(broken("lib/auth/refresh.ts", source), ["culvert/network-access"], source);
    assertEquals(broken("main.ts", source), ["culvert/network-access"], source);
  }
});

Deno.test("lib/net and the tests may open sockets", () => {
  for (const source of OPENERS) {
    assertEquals(broken("lib/net/tunnel/tunnel.ts", source), [], source);
    assertEquals(broken("tests/net/tunnel_test.ts", source), [], source);
  }
});

Deno.test("a type from a network module is no connection", () => {
  assertEquals(
    broken(
      "lib/responses/turn/session.ts",
      `import type { WebSocket } from "ws"; export type A = WebSocket;`,
    ),
    [],
  );
});

Deno.test("a process global is reported outside main.ts and lib/cli/app/process.ts", () => {
  for (
    const source of [
      `Deno.args;`,
      `Deno.env.get("HOME");`,
      `Deno.exit(1);`,
      `Deno.stdout.writeSync(new Uint8Array());`,
      `Deno.addSignalListener("SIGINT", () => {});`,
      `console.log("hi");`,
      `import process from "node:process"; process;`,
    ]
  ) {
    assertEquals(broken("lib/config/load.ts", source), ["culvert/process-globals"], source);
    assertEquals(broken("lib/cli/respond.ts", source), ["culvert/process-globals"], source);
    assertEquals(broken("lib/cli/app/process.ts", source), [], source);
    assertEquals(broken("main.ts", source), [], source);
  }
});

const IMPORTS_FROM_ABOVE: readonly (readonly [path: string, source: string])[] = [
  ["lib/trust/a.ts", `import { b } from "../net/b.ts"; b;`],
  ["lib/net/a.ts", `export { b } from "../auth/b.ts";`],
  ["lib/net/a.ts", `export * from "../cli/b.ts";`],
  ["lib/responses/turn/a.ts", `await import("../../mock/b.ts");`],
  ["lib/errors.ts", `import { b } from "./net/b.ts"; b;`],
  ["lib/world/a.ts", `import { b } from "../redaction/b.ts"; b;`],
  ["lib/responses/events/a.ts", `import { b } from "../turn/b.ts"; b;`],
];

Deno.test("an import from a folder above is reported, static, dynamic or re-exported", () => {
  for (const [path, source] of IMPORTS_FROM_ABOVE) {
    assertEquals(broken(path, source), ["culvert/folder-order"], `${path}: ${source}`);
  }
});

const IMPORTS_FROM_BELOW: readonly (readonly [path: string, source: string])[] = [
  ["lib/net/a.ts", `import { b } from "../trust/b.ts"; b;`],
  ["lib/cli/app/a.ts", `import { b } from "../../mock/b.ts"; b;`],
  ["lib/auth/a.ts", `import { CulvertError } from "../errors.ts"; CulvertError;`],
  ["lib/responses/turn/a.ts", `import { b } from "../events/b.ts"; b;`],
  ["lib/responses/events/a.ts", `import { b } from "./b.ts"; b;`],
  ["lib/mod.ts", `export { b } from "./responses/b.ts";`],
  ["lib/testing.ts", `export { b } from "./mock/b.ts";`],
];

Deno.test("an import from the same folder or from one below passes", () => {
  for (const [path, source] of IMPORTS_FROM_BELOW) {
    assertEquals(broken(path, source), [], `${path}: ${source}`);
  }
});

Deno.test("an import whose name is not a plain literal is reported in the program, and allowed in tests", () => {
  for (const source of [`await import("./a.ts" as string);`, `const name = "./a.ts"; await import(name);`]) {
    assertEquals(broken("lib/cli/app/run.ts", source), ["culvert/literal-imports"], source);
    assertEquals(broken("tests/cli/run.ts", source), [], source);
  }
  assertEquals(broken("lib/cli/app/run.ts", `await import("./a.ts");`), []);
});

Deno.test("a file above 400 lines is reported in the program", () => {
  const lines = (count: number) => Array.from({ length: count }, () => "export {};\n").join("");
  assertEquals(broken("lib/net/a.ts", lines(400)), []);
  assertEquals(broken("lib/net/a.ts", lines(401)), ["culvert/small-files"]);
  assertEquals(broken("tests/net/a_test.ts", lines(401)), []);
});

Deno.test("a folder of more than 12 files is reported once, at its first file", async () => {
  const root = await Deno.makeTempDir({ prefix: "culvert-lint-" });
  try {
    const folder = `${root}/lib/net`;
    await Deno.mkdir(folder, { recursive: true });
    const names = Array.from({ length: 13 }, (_, index) => `m${String(index).padStart(2, "0")}.ts`);
    const found = () =>
      names.flatMap((name) =>
        Deno.lint.runPlugin(plugin, `${folder}/${name}`, "export {};").map(({ id }) => [id, name])
      );
    for (const name of names.slice(0, 12)) await Deno.writeTextFile(`${folder}/${name}`, "export {};");
    assertEquals(found(), []);
    await Deno.writeTextFile(`${folder}/${names[12]}`, "export {};");
    assertEquals(found(), [["culvert/small-folders", "m00.ts"]]);
  } finally {
    await Deno.remove(root, { recursive: true });
  }
});
