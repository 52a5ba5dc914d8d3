import { processHost } from "./lib/cli/process.ts";
import { run } from "./lib/cli/run.ts";

if (import.meta.main) {
  const host = processHost();
  // Not a plain literal, see lib/cli/late_modules.ts: `--version` needs none of what it leads to.
  const load = (): Promise<typeof import("./lib/cli/command_line.ts")> =>
    import("./lib/cli/command_line.ts" as string);
  host.exit(await run(host, load));
}
