/**
 * Opens an address in the browser of the user.
 *
 * @module
 */
import type { Environment } from "./world.ts";
import { sessionEnvironment } from "./child_program.ts";

/** Returns whether a browser that is started here would not be visible to the user. */
export function isHeadless(env: Environment): boolean {
  const isSet = (name: string) => (env(name) ?? "") !== "";
  if (isSet("SSH_CONNECTION") || isSet("SSH_TTY")) return true;
  if (Deno.build.os === "windows" || Deno.build.os === "darwin") return false;
  return !isSet("DISPLAY") && !isSet("WAYLAND_DISPLAY") && !isSet("BROWSER");
}

/**
 * Starts the browser of `BROWSER`, or the one of the system, without the keys in the environment.
 *
 * @returns whether a program was started
 */
export function openBrowser(url: string, env: Environment): boolean {
  const browser = env("BROWSER") ?? "";
  const [command = "xdg-open", ...args] = browser === "" ? OPENERS[Deno.build.os] ?? [] : [browser];
  try {
    const child = new Deno.Command(command, {
      args: [...args, url],
      env: { ...sessionEnvironment(env), ...(browser === "" ? {} : { BROWSER: browser }) },
      clearEnv: true,
      stdin: "null",
      stdout: "null",
      stderr: "null",
    }).spawn();
    // The program continues while the browser runs.
    child.unref();
    return true;
  } catch (error) {
    // There is no such program; callers also print the address.
    if (error instanceof Error) return false;
    throw error;
  }
}

const OPENERS: Readonly<Partial<Record<typeof Deno.build.os, readonly string[]>>> = {
  darwin: ["open"],
  windows: ["rundll32", "url.dll,FileProtocolHandler"],
};
