import { processHost } from "./lib/cli/app/process.ts";
import { run } from "./lib/cli/app/run.ts";

if (import.meta.main) {
  const host = processHost();
  host.exit(await run(host));
}
