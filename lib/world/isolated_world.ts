/**
 * A world that does not depend on the process.
 *
 * @module
 */
import { sleep } from "./sleep.ts";
import type { World } from "./world.ts";

/**
 * Returns a world with the real clocks, an empty environment and no home directory: for connections that must not
 * depend on the variables of this process, such as those of a simulated network.
 */
export function isolatedWorld(): World {
  return {
    env: () => undefined,
    now: () => Date.now(),
    monotonic: () => performance.now(),
    random: () => Math.random(),
    sleep,
    cwd: () => Deno.cwd(),
    home: () => undefined,
    withoutVariables: (_names, create) => create(),
  };
}
