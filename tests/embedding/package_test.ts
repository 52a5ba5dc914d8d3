import { assert, assertEquals, assertIncludes } from "../support/assert.ts";
import { join } from "../support/paths.ts";
import { deno, ROOT } from "./program.ts";

/** The two modules that a program may import. */
const ENTRIES = ["lib/mod.ts", "lib/testing.ts"] as const;

Deno.test("every public symbol has a docstring, and no public type refers to a private one", async () => {
  const { code, stderr } = await deno(["doc", "--lint", "--quiet", ...ENTRIES]);
  assertEquals([code, stderr.replaceAll(/^(Checked|Download).*\n/gm, "")], [0, ""]);
});

Deno.test("the package can be published: it has no slow types and contains only the program", async () => {
  const { code, stdout, stderr } = await deno(["publish", "--dry-run", "--allow-dirty", "--no-check"]);
  const said = stdout + stderr;
  assert(code === 0, said);
  assertEquals([...said.matchAll(/^warning\[.*$/gm)].map(([line]) => line), []);
  const files = [...said.matchAll(/file:\/\/\S*?\/(\S+) \(/g)].map(([, path]) => `/${path}`);
  assert(files.some((path) => path.endsWith("/lib/mod.ts")));
  const odd = files.filter((path) => !/\/(lib\/.+|main\.ts|deno\.json|README\.md|LICENSE)$/.test(path));
  assertEquals(odd, []);
});

for (const options of ["the options of this project", "the defaults of Deno"]) {
  Deno.test(`the examples of the documentation and the README's program pass the type checker with ${options}`, async () => {
    await checkExamples(options !== "the defaults of Deno");
  });
}

/** @param withOptions whether the compiler has the options of this project, such as `exactOptionalPropertyTypes` */
async function checkExamples(withOptions: boolean): Promise<void> {
  const config: Record<string, unknown> = JSON.parse(await Deno.readTextFile(join(ROOT, "deno.json")));
  const folder = await Deno.makeTempDir({ prefix: "culvert-examples-" });
  try {
    const path = join(folder, "deno.json");
    const { imports, compilerOptions } = config;
    const self = Object.entries({ "@culvert/culvert": ENTRIES[0], "@culvert/culvert/testing": ENTRIES[1] })
      .map(([name, file]) => [name, join(ROOT, file)]);
    await Deno.writeTextFile(
      path,
      JSON.stringify({
        imports: { ...Object(imports), ...Object.fromEntries(self) },
        // The extractor of examples adds an import, which an example with its own import does not use.
        ...(withOptions ? { compilerOptions: { ...Object(compilerOptions), noUnusedLocals: false } } : {}),
      }),
    );
    const files = ENTRIES.map((file) => join(ROOT, file));
    const readme = join(ROOT, "README.md");
    // A writable copy with the same versions, so that no registry is needed.
    await Deno.copyFile(join(ROOT, "deno.lock"), join(folder, "deno.lock"));
    const words = ["check", "--quiet", "--doc", `--config=${path}`, ...files, readme];
    const { code, stderr } = await deno(words, { fetches: true });
    assertEquals([code, stderr], [0, ""]);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

Deno.test("the documentation names the entry points and their use", async () => {
  const { stdout } = await deno(["doc", "--quiet", ...ENTRIES]);
  for (
    const name of ["createClient(", "interface Client", "interface Turn", "startNetwork(", "startMockApi("]
  ) {
    assertIncludes(stdout, name);
  }
});
