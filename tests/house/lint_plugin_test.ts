import plugin from "./lint_plugin.ts";
import { assertEquals } from "../support/assert.ts";

/** Rule ids that a source text breaks when it stands at `path`. */
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
  `import net from "node:net"; net;`,
  `import { request } from "node:https"; request;`,
  `const ws = await import("ws"); ws;`,
  `export { connect } from "node:tls";`,
];

Deno.test("a socket opened outside lib/net is reported, in whatever way it is opened", () => {
  for (const source of OPENERS) {
    assertEquals(broken("lib/auth/refresh.ts", source), ["culvert/one-door"], source);
    assertEquals(broken("main.ts", source), ["culvert/one-door"], source);
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

Deno.test("an import against the layers is reported, static, dynamic or re-exported", () => {
  assertEquals(broken("lib/trust/a.ts", `import { b } from "../net/b.ts"; b;`), ["culvert/layers"]);
  assertEquals(broken("lib/net/a.ts", `export { b } from "../auth/b.ts";`), ["culvert/layers"]);
  assertEquals(broken("lib/net/a.ts", `export * from "../cli/b.ts";`), ["culvert/layers"]);
  assertEquals(broken("lib/responses/a.ts", `await import("../mock/b.ts");`), ["culvert/layers"]);
  assertEquals(broken("lib/errors.ts", `import { b } from "./net/b.ts"; b;`), ["culvert/layers"]);
});

Deno.test("an import along the layers passes", () => {
  assertEquals(broken("lib/net/a.ts", `import { b } from "../trust/b.ts"; b;`), []);
  assertEquals(broken("lib/cli/a.ts", `import { b } from "../mock/b.ts"; b;`), []);
  assertEquals(broken("lib/auth/a.ts", `import { CulvertError } from "../errors.ts"; CulvertError;`), []);
  assertEquals(broken("lib/mod.ts", `export { b } from "./responses/b.ts";`), []);
  assertEquals(broken("lib/testing.ts", `export { b } from "./mock/b.ts";`), []);
});

Deno.test("an import that the runtime's graph leaves out stands in the table of late modules, and names its type", () => {
  const loader = `export const load = (): Promise<typeof import("./a.ts")> => import("./a.ts" as string);`;
  assertEquals(broken("lib/cli/app/late_modules.ts", loader), []);
  assertEquals(broken("main.ts", loader), []);
  assertEquals(broken("lib/net/dialer/create_dialer.ts", loader), ["culvert/late-imports"]);
  assertEquals(broken("lib/cli/app/run.ts", loader), ["culvert/late-imports"]);
  for (
    const wrong of [
      loader.replace(`"./a.ts" as`, `"./b.ts" as`),
      `export const load = (name: string) => import(name);`,
    ]
  ) {
    assertEquals(broken("lib/cli/app/late_modules.ts", wrong), ["culvert/late-imports"], wrong);
  }
});

Deno.test("an import that the runtime's graph leaves out is held to the other rules too", () => {
  const loader = (name: string) =>
    `export const load = (): Promise<typeof import("${name}")> => import("${name}" as string);`;
  assertEquals(broken("main.ts", loader("ws")), ["culvert/one-door"]);
  assertEquals(broken("lib/net/a.ts", loader("../auth/b.ts")), ["culvert/layers", "culvert/late-imports"]);
});

Deno.test("an import below lib/cli that the runtime's graph shows is read at every start, and reported", () => {
  const load = `export const load = () => import("../respond/run.ts");`;
  assertEquals(broken("lib/cli/respond/command.ts", load), ["culvert/late-imports"]);
  assertEquals(broken("lib/cli/respond/command.ts", `export const load = () => import("zod");`), []);
  assertEquals(broken("lib/auth/a.ts", `export const load = () => import("./b.ts");`), []);
});
