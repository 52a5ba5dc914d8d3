/**
 * Prints the paths of the tests that the runtime of the binary under test cannot pass, separated by commas, for the
 * option `--ignore` of `deno test`; the reason goes to stderr.
 */
import { ignoredPaths } from "./runtime_abilities.ts";

const { lacks, paths } = ignoredPaths();
if (paths.length > 0) {
  console.error(`skipped, because the runtime of the binary differs (${lacks}): ${paths.join(", ")}`);
}
console.log(paths.join(","));
