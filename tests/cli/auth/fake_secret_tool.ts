/** A program named `secret-tool` that stores its entries in a directory and records how it was called. */
import { TestHome } from "../../auth/kit.ts";
import { culvert, type CulvertRun, startCulvert } from "../../support/culvert.ts";
import { join } from "../../support/paths.ts";

/** Its behavior. */
export type Manner =
  | "good"
  /** It accepts secrets and stores nothing. */
  | "forgetful"
  /** It finds no session bus. */
  | "unreachable"
  /** Its entries are locked and stay locked. */
  | "locked"
  /** It waits for input for ever. */
  | "hanging"
  /** It is killed by a signal. */
  | "killed"
  /** The program does not exist. */
  | "missing";

const SCRIPT = `#!/bin/sh
# The program runs without the variables of its caller, so it looks beside itself.
FAKE_FOLDER=$(dirname "$0")
FAKE_MANNER=$(cat "$FAKE_FOLDER/manner")
env >"$FAKE_FOLDER/environment"
echo "$*" >>"$FAKE_FOLDER/calls"
if [ "$FAKE_MANNER" = unreachable ]; then
  echo "secret-tool: Cannot autolaunch D-Bus without X11 \\$DISPLAY" >&2
  exit 1
fi
if [ "$FAKE_MANNER" = killed ]; then kill -9 $$; fi
if [ "$FAKE_MANNER" = hanging ]; then
  echo $$ >>"$FAKE_FOLDER/pids"
  exec sleep 600
fi
verb=$1
for word; do
  if [ "$last" = service ]; then service=$word; fi
  last=$word
done
entry="$FAKE_FOLDER/$(echo "$service" | tr ' ' '_')"
if [ "$FAKE_MANNER" = locked ]; then
  if [ "$verb" = search ]; then echo "[/1]"; exit 0; fi
  exit 1
fi
case $verb in
  store) if [ "$FAKE_MANNER" = forgetful ]; then cat >/dev/null; else cat >"$entry"; fi ;;
  lookup) cat "$entry" 2>/dev/null ;;
  search) if [ -e "$entry" ]; then echo "[/1]"; cat "$entry"; fi ;;
  clear) rm "$entry" 2>/dev/null ;;
esac
`;

/** A home with a configuration, and the fake keyring. */
export class FakeKeyring implements AsyncDisposable {
  readonly home = new TestHome();
  readonly #folder = Deno.makeTempDirSync({ prefix: "culvert-fake-keyring-" });

  /** @param config lines of `config.toml` */
  constructor(...config: readonly string[]) {
    Deno.writeTextFileSync(join(this.home.path, "config.toml"), config.join("\n"));
    Deno.writeTextFileSync(join(this.#folder, "secret-tool"), SCRIPT, { mode: 0o755 });
  }

  /** Runs the program with it. */
  async run(
    args: readonly string[],
    options: { readonly manner?: Manner; readonly stdin?: string; readonly env?: Record<string, string> } =
      {},
  ): Promise<CulvertRun> {
    const { manner = "good", stdin, env } = options;
    return await culvert(args, {
      env: { ...this.#env(manner), ...env },
      ...(stdin === undefined ? {} : { stdin }),
    });
  }

  /** Starts the program with a keyring that hangs, and resolves when it waits. The caller ends it. */
  async startHanging(args: readonly string[], stdin = ""): Promise<Deno.ChildProcess> {
    const child = startCulvert(args, { env: this.#env("hanging") });
    const writer = child.stdin.getWriter();
    await writer.write(new TextEncoder().encode(stdin));
    await writer.close();
    const limit = Date.now() + 20_000;
    while (this.hanging().length === 0) {
      if (Date.now() > limit) throw new Error("The program did not start secret-tool");
      await new Promise((resolve) => setTimeout(resolve, 10));
    }
    return child;
  }

  /** The process ids of the runs that hung. */
  hanging(): readonly number[] {
    return (read(join(this.#folder, "pids")) ?? "").split("\n").filter((line) => line !== "").map(Number);
  }

  #env(manner: Manner): Record<string, string> {
    const path = manner === "missing" ? "/nonexistent-culvert" : `${this.#folder}:${Deno.env.get("PATH")}`;
    Deno.writeTextFileSync(join(this.#folder, "manner"), manner);
    return { CODEX_HOME: this.home.path, PATH: path };
  }

  /** The environment of the last call. */
  environment(): string {
    return read(join(this.#folder, "environment")) ?? "";
  }

  /** The command lines it was called with. */
  calls(): readonly string[] {
    return (read(join(this.#folder, "calls")) ?? "").split("\n").filter((line) => line !== "");
  }

  /** The secret of a service's entry. */
  entry(service: string): string | undefined {
    return read(join(this.#folder, service.replaceAll(" ", "_")));
  }

  keep(service: string, secret: string): void {
    Deno.writeTextFileSync(join(this.#folder, service.replaceAll(" ", "_")), secret);
  }

  /** Names in the home except the configuration. */
  files(): readonly string[] {
    const names = [...Deno.readDirSync(this.home.path)].map(({ name }) => name);
    return names.filter((name) => name !== "config.toml" && !name.endsWith(".lock")).toSorted();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Deno.remove(this.#folder, { recursive: true });
    await this.home[Symbol.asyncDispose]();
  }
}

function read(path: string): string | undefined {
  try {
    return Deno.readTextFileSync(path);
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return undefined;
    throw error;
  }
}
