import { assert, assertEquals } from "../support/assert.ts";
import { join } from "../support/paths.ts";
import { apply, readDefects, ROOT } from "./defect.ts";

Deno.test("every deliberate defect still fits its file, and names tests that exist", async () => {
  const defects = await readDefects();
  assert(defects.length >= 39, `${defects.length} defects`);
  for (const defect of defects) {
    const text = await Deno.readTextFile(join(ROOT, defect.file));
    assert(apply(defect, text) !== text);
    for (const test of defect.tests) await Deno.stat(join(ROOT, test));
  }
});

Deno.test("the deliberate defects cover every folder of lib/", async () => {
  const reached = new Set((await readDefects()).map(({ file }) => file.split("/")[1]));
  const folders = await Array.fromAsync(Deno.readDir(join(ROOT, "lib")));
  const missing = folders.filter(({ isDirectory, name }) => isDirectory && !reached.has(name)).map((
    { name },
  ) => name);
  assertEquals(missing, []);
});
