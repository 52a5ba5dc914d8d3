/**
 * The codex client as the program to run.
 *
 * @module
 */
import { parseEnv } from "node:util";
import { absolutePath } from "../../world/absolute_path.ts";

/**
 * Finds the codex client in a command line.
 *
 * @returns the index behind its name, where its flags belong; `undefined` where the program is another one
 */
export function codexFlagsAt(command: readonly string[]): number | undefined {
  const [program = "", ...args] = command;
  const name = programName(program);
  if (name === "codex") return 1;
  if (["npx", "bunx", "pnpx"].includes(name)) {
    const at = args.findIndex((word) => !word.startsWith("-"));
    return /^(@openai\/)?codex(@.+)?$/.test(args[at] ?? "") ? at + 2 : undefined;
  }
  return name === "node" && programName(args[0] ?? "") === "codex" ? 2 : undefined;
}

/** Returns the name of a program or script without its folder and extension, in lower case. */
export function programName(path: string): string {
  return (path.split(/[/\\]/).at(-1) ?? "").replace(/\.(exe|cmd|js|mjs)$/i, "").toLowerCase();
}

/** Returns a command line with `-c KEY=VALUE` for each setting, the values as TOML strings. */
export function withCodexConfig(
  command: readonly string[],
  at: number,
  settings: Readonly<Record<string, string>>,
): string[] {
  const flags = Object.entries(settings).flatMap(([key, value]) => ["-c", `${key}=${JSON.stringify(value)}`]);
  return [...command.slice(0, at), ...flags, ...command.slice(at)];
}

const PROXY_VARIABLE = /^(https|all)_proxy$/i;

/**
 * Finds a proxy in `$CODEX_HOME/.env`. The codex client puts that file over its environment (0.171.0), so that a proxy
 * there wins over one that is given to it.
 *
 * @returns the name of the variable; `undefined` where the file has none or cannot be read
 */
export async function proxyInDotEnv(codexHome: string): Promise<string | undefined> {
  let text: string;
  try {
    text = await Deno.readTextFile(absolutePath(".env", codexHome));
  } catch {
    // The codex client ignores a file that it cannot read.
    return undefined;
  }
  const found = Object.entries(parseEnv(text)).find(([name, value]) =>
    PROXY_VARIABLE.test(name) && (value ?? "") !== ""
  );
  return found?.[0];
}
