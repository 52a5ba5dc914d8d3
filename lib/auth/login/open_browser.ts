/**
 * Opens the user's browser, if there is one to open.
 *
 * @module
 */
import type { Environment } from "../../world/world.ts";

/** Whether a browser that opens here would be seen by the user. */
export function isHeadless(env: Environment): boolean {
  const isSet = (name: string) => (env(name) ?? "") !== "";
  if (isSet("SSH_CONNECTION") || isSet("SSH_TTY")) return true;
  if (Deno.build.os === "windows" || Deno.build.os === "darwin") return false;
  return !isSet("DISPLAY") && !isSet("WAYLAND_DISPLAY") && !isSet("BROWSER");
}

/**
 * Tries to open a page.
 *
 * @returns whether a program was started; whether a window appeared, nobody can tell
 */
export function openBrowser(url: string, env: Environment): boolean {
  const browser = env("BROWSER") ?? "";
  const [command, ...args] = browser !== "" ? [browser] : OPENERS[Deno.build.os] ?? ["xdg-open"];
  if (command === undefined) return false;
  try {
    const child = new Deno.Command(command, {
      args: [...args, url],
      stdin: "null",
      stdout: "null",
      stderr: "null",
    }).spawn();
    // It lives its own life; the login does not wait for it.
    child.unref();
    return true;
  } catch (error) {
    // No such program: the address is printed all the same.
    if (error instanceof Error) return false;
    throw error;
  }
}

const OPENERS: Readonly<Partial<Record<typeof Deno.build.os, readonly string[]>>> = {
  darwin: ["open"],
  windows: ["rundll32", "url.dll,FileProtocolHandler"],
};
