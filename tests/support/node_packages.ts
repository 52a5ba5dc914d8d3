/**
 * npm packages that run under Node as peers of a test. They are in the folder `node_modules` of the directory
 * that `CULVERT_NODE_PACKAGES` names: `npm install --ignore-scripts --prefix DIR mockttp@4.6.5 openai@7.57.0
 * ws@8.23.0`.
 */
import { join } from "./paths.ts";
import { installed } from "./programs.ts";

/** Returns why a test that needs these packages cannot run; `undefined` if it can. */
export async function lacksNodePackages(...names: readonly string[]): Promise<string | undefined> {
  const directory = Deno.env.get("CULVERT_NODE_PACKAGES") ?? "";
  if (!await installed("node")) return "node not installed";
  if (directory === "") return "CULVERT_NODE_PACKAGES names no directory";
  for (const name of names) {
    if (!await isFile(join(directory, "node_modules", name, "package.json"))) return `no npm package ${name}`;
  }
  return undefined;
}

async function isFile(path: string): Promise<boolean> {
  try {
    return (await Deno.stat(path)).isFile;
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return false;
    throw error;
  }
}

/** A running Node program. */
export interface NodeProgram extends AsyncDisposable {
  /** Waits for its next line of output, at most 30 s. */
  readonly line: () => Promise<string>;
  /** Waits for its end and returns the unread lines and its stderr. */
  readonly end: () => Promise<{ readonly code: number; readonly text: string }>;
}

/** Starts a program, an ES module that may import the packages. It is written to a new directory. */
export async function startNode(
  program: string,
  env: Readonly<Record<string, string>> = {},
): Promise<NodeProgram> {
  const work = await Deno.makeTempDir({ prefix: "culvert-node-" });
  await Deno.symlink(
    join(Deno.env.get("CULVERT_NODE_PACKAGES") ?? "", "node_modules"),
    join(work, "node_modules"),
  );
  const file = join(work, "program.mjs");
  await Deno.writeTextFile(file, program);
  const child = new Deno.Command("node", {
    args: [file],
    clearEnv: true,
    env: { PATH: Deno.env.get("PATH") ?? "", HOME: work, ...env },
    cwd: work,
    stdin: "null",
    stdout: "piped",
    stderr: "piped",
  }).spawn();
  const errors = new Response(child.stderr).text();
  const reader = child.stdout.pipeThrough(new TextDecoderStream()).getReader();
  let text = "";
  const limit = setTimeout(() => child.kill("SIGKILL"), 60_000);
  return {
    line: async () => {
      for (;;) {
        const end = text.indexOf("\n");
        if (end >= 0) {
          const line = text.slice(0, end);
          text = text.slice(end + 1);
          return line;
        }
        const { done, value } = await reader.read();
        if (done) throw new Error(`The program of Node ended:\n${await errors}`);
        text += value;
      }
    },
    end: async () => {
      for (let read = await reader.read(); !read.done; read = await reader.read()) text += read.value;
      const { code } = await child.status;
      return { code, text: text + await errors };
    },
    [Symbol.asyncDispose]: async () => {
      clearTimeout(limit);
      try {
        child.kill("SIGKILL");
      } catch (error) {
        // It has ended.
        if (!(error instanceof TypeError)) throw error;
      }
      await child.status;
      await reader.cancel();
      await errors;
      await Deno.remove(work, { recursive: true });
    },
  };
}
