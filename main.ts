import { processHost } from "./lib/cli/process.ts";
import { run } from "./lib/cli/run.ts";

if (import.meta.main) {
  const host = processHost();
  // Not a literal, on purpose: Deno reads every module that literals lead to before the first line runs, a third
  // of the start of `--version`, which needs none of them. The binary's entry, .ci/binary.ts, has the literal.
  const commandLine = new URL("./lib/cli/command_line.ts", import.meta.url).href;
  host.exit(await run(host, () => import(commandLine)));
}
