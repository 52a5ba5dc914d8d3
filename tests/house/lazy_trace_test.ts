/** The modules that write inference traces are loaded only if a trace is enabled. */
import { assert, assertEquals } from "../support/assert.ts";
import { loadedWith } from "./loaded_with.ts";

for (const file of ["main.ts", "lib/cli/respond/run.ts", "lib/mod.ts", "lib/client/client.ts"]) {
  Deno.test(`${file} loads nothing of inference traces`, async () => {
    const files = await loadedWith(file);
    assert(files.length > 10, `${files.length} files`);
    assertEquals(files.filter((each) => each.includes("/lib/observe/trace/")), []);
  });
}

Deno.test("the module that respond loads for a trace loads its writer", async () => {
  const files = await loadedWith("lib/observe/trace/write/start_traces.ts");
  assert(files.some((each) => each.endsWith("/bundle_writer.ts")));
});
