import { run } from "./lib/cli/run.ts";
import { processHost } from "./lib/cli/process.ts";

if (import.meta.main) {
  const host = processHost();
  host.exit(await run(host));
}
