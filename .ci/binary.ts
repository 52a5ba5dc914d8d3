/**
 * The entry point of the binary: `main.ts` with a `require` for the CommonJS libraries in the bundle.
 *
 * @module
 */
import { processHost } from "../lib/cli/app/process.ts";
import { run } from "../lib/cli/app/run.ts";

// CommonJS libraries in the bundle ask for Node's modules by require(), which no module has by itself. `process`
// is looked up when one does, for it is slow to come.
Reflect.set(globalThis, "require", (name: string): unknown => {
  const found: unknown = globalThis.process.getBuiltinModule(name);
  if (found === undefined) throw new Error(`Cannot find module '${name}'`);
  return found;
});

const host = processHost();
host.exit(await run(host));
