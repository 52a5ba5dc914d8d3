/**
 * Prints the test files of the command line that the runtime of the binary under test can pass, one a line. The others
 * and the reason go to stderr.
 */
import { unsupportedPaths } from "./runtime_abilities.ts";

async function* testFiles(folder: string): AsyncGenerator<string> {
  for await (const entry of Deno.readDir(folder)) {
    const path = `${folder}/${entry.name}`;
    if (entry.isDirectory) yield* testFiles(path);
    else if (path.endsWith("_test.ts")) yield path;
  }
}

const { lacks, paths } = unsupportedPaths();
if (paths.length > 0) {
  console.error(`skipped, because the runtime of the binary differs (${lacks}): ${paths.join(", ")}`);
}
for await (const file of testFiles("tests/cli")) {
  if (!paths.some((path) => file === path || file.startsWith(`${path}/`))) console.log(file);
}
