import { bundle } from "../../.ci/bundle.ts";
import { assertEquals } from "../support/assert.ts";
import { fromFileUrl, join } from "../support/paths.ts";

const ROOT = fromFileUrl(new URL("../../", import.meta.url));

const PROGRAM = `
function limit(log: string[]) {
  return { mark: () => void log.push("used"), [Symbol.dispose]: () => void log.push("disposed") };
}
export function useOnce(log: string[]): void {
  using made = limit(log);
  made.mark();
}
export function neverUse(log: string[]): void {
  using _made = limit(log);
}
export async function useOnceAndWait(log: string[]): Promise<void> {
  await using made = limit(log);
  return made.mark();
}
const log: string[] = [];
useOnce(log);
neverUse(log);
await useOnceAndWait(log);
console.log(log.join());
`;

Deno.test("the bundle of the binary disposes of each variable of using", async () => {
  await using bundled = await bundleOf(PROGRAM);
  assertEquals(await bundled.run(), "used,disposed,disposed,used,disposed\n");
});

Deno.test("the bundle of the binary keeps the names of classes, by which libraries tell errors apart", async () => {
  await using bundled = await bundleOf(`class ParseProblem extends Error {}
    const problem = new ParseProblem("x");
    console.log(problem.constructor.name);`);
  assertEquals(await bundled.run(), "ParseProblem\n");
});

Deno.test("a CommonJS library in the bundle finds the modules of Node, and node:module is not loaded for it", async () => {
  await using bundled = await bundleOf(`const { default: ws } = await import("ws"); console.log(typeof ws);`);
  for (const text of await bundled.texts()) assertEquals(/node:module/.test(text), false);
  assertEquals(await bundled.run(), "function\n");
});

Deno.test("the start path is one file of the bundle, also where the entry waits and shares modules with it", async () => {
  const modules = ["lib/cli/command/program_flags.ts", "lib/text/wrap.ts"];
  const [shared = "", flags = "", wrap = ""] = ["lib/text/control_characters.ts", ...modules].map((path) =>
    JSON.stringify(join(ROOT, path))
  );
  await using bundled = await bundleOf(
    `import { removeControls } from ${shared};
    const { HELP_FLAG } = await import(${flags});
    const { wrapText } = await import(${wrap});
    console.log(removeControls(HELP_FLAG.brief), wrapText("a b", "1", "2", 2).join());`,
    modules,
  );
  assertEquals(await bundled.names(), ["program.js", "shared.js", "start.js"]);
  assertEquals(await bundled.run(), "Print this help 1a,2b\n");
});

async function bundleOf(program: string, startPath?: readonly string[]) {
  const folder = await Deno.makeTempDir({ prefix: "culvert-bundle-test-" });
  const out = join(folder, "out");
  await Deno.writeTextFile(join(folder, "program.ts"), program);
  await bundle(join(folder, "program.ts"), out, startPath);
  return {
    /** Runs the bundle and returns what it prints. */
    run: async () => {
      const { stdout, stderr } = await new Deno.Command(Deno.execPath(), {
        args: ["run", "--quiet", "--no-config", "--allow-env", join(out, "program.js")],
      }).output();
      assertEquals(new TextDecoder().decode(stderr), "");
      return new TextDecoder().decode(stdout);
    },
    /** Returns the names of the files of the bundle, sorted. */
    names: async () => (await Array.fromAsync(Deno.readDir(out), ({ name }) => name)).sort(),
    /** Returns the text of each file of the bundle. */
    texts: async () => {
      const files = await Array.fromAsync(Deno.readDir(out));
      return await Promise.all(files.map(({ name }) => Deno.readTextFile(join(out, name))));
    },
    [Symbol.asyncDispose]: () => Deno.remove(folder, { recursive: true }),
  };
}
