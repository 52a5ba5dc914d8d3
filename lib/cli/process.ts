/**
 * The real process, behind the {@link World} that everything else sees. Beside `main.ts` this is the only
 * module that names `Deno.args`, `Deno.env`, `Deno.exit`, the standard streams or signals; a lint rule of the
 * house keeps it so.
 *
 * @module
 */
import type { World } from "../world.ts";

/** Builds the world of the running process. */
export function processWorld(): World {
  return {
    env: readVariable,
    now: () => Date.now(),
    monotonic: () => performance.now(),
    random: () => Math.random(),
    sleep,
    cwd: () => Deno.cwd(),
    home: () => readVariable("HOME") ?? readVariable("USERPROFILE"),
    withoutVariables,
  };
}

function readVariable(name: string): string | undefined {
  try {
    return Deno.env.get(name);
  } catch (error) {
    // A name or value that is not valid text counts as unset (spec of the CA variables), and so does one that
    // an embedding program gave no permission to read.
    if (error instanceof TypeError || error instanceof Deno.errors.NotCapable) return undefined;
    throw error;
  }
}

function withoutVariables<T>(names: readonly string[], create: () => T): T {
  const hidden = new Map<string, string>();
  for (const name of names) {
    const value = readVariable(name);
    if (value === undefined) continue;
    hidden.set(name, value);
    Deno.env.delete(name);
  }
  try {
    return create();
  } finally {
    for (const [name, value] of hidden) Deno.env.set(name, value);
  }
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
