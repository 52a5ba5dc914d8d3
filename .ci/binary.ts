/**
 * `main.ts` for the binary: every module must be found by who puts it together.
 *
 * @module
 */
import { processHost } from "../lib/cli/process.ts";
import { run } from "../lib/cli/run.ts";

const host = processHost();
host.exit(await run(host, () => import("../lib/cli/command_line.ts")));
