/**
 * A world that takes nothing from the process.
 *
 * @module
 */
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

function sleep(ms: number, signal?: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    if (signal?.aborted === true) return reject(signal.reason);
    const onAbort = () => {
      clearTimeout(timer);
      reject(signal?.reason);
    };
    const timer = setTimeout(() => {
      signal?.removeEventListener("abort", onAbort);
      resolve();
    }, ms);
    signal?.addEventListener("abort", onAbort, { once: true });
  });
}
