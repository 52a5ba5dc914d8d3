import { processHost } from "./lib/cli/app/process.ts";
import { run } from "./lib/cli/app/run.ts";

if (import.meta.main) {
  const host = processHost();
  // Not a plain literal, see lib/cli/app/late_modules.ts: `--version` needs none of what it leads to.
  const load = (): Promise<typeof import("./lib/cli/app/command_line.ts")> =>
    import("./lib/cli/app/command_line.ts" as string);
  host.exit(await run(host, load));
}
