/** A keyring for one test: a private session bus with an unlocked gnome-keyring-daemon. */
import { locate } from "../../support/programs.ts";
import { join } from "../../support/paths.ts";
import { scrubbedEnv } from "../../support/scrubbed_env.ts";

/** Programs that {@link startKeyring} needs. */
export const KEYRING_PROGRAMS = ["dbus-daemon", "dbus-send", "gnome-keyring-daemon", "secret-tool"] as const;

/** A keyring that runs. */
export interface TestKeyring extends AsyncDisposable {
  /** The environment of programs that use it. */
  readonly env: Readonly<Record<string, string>>;
  /** Returns the secret of an entry; `undefined` if it does not exist. */
  readonly read: (service: string) => Promise<string | undefined>;
  readonly write: (service: string, account: string, secret: string) => Promise<void>;
  /** Returns the names and values of the attributes of the entries of a service, one line each, sorted. */
  readonly attributes: (service: string) => Promise<readonly string[]>;
  /** Locks the keyring. No user can type the password. */
  readonly lock: () => Promise<void>;
}

/** A bus configuration without services, so that no program can show a password dialog of the keyring. */
const CONFIG = (address: string) =>
  `<!DOCTYPE busconfig PUBLIC "-//freedesktop//DTD D-Bus Bus Configuration 1.0//EN"
  "http://www.freedesktop.org/standards/dbus/1.0/busconfig.dtd">
<busconfig>
  <type>session</type>
  <listen>${address}</listen>
  <policy context="default">
    <allow send_destination="*" eavesdrop="true"/><allow eavesdrop="true"/><allow own="*"/>
  </policy>
</busconfig>
`;
const START_LIMIT_MS = 20_000;

/** Starts a keyring. */
export async function startKeyring(): Promise<TestKeyring> {
  const directory = await Deno.makeTempDir({ prefix: "culvert-keyring-" });
  const address = `unix:path=${join(directory, "bus")}`;
  await Deno.writeTextFile(join(directory, "bus.conf"), CONFIG(address));
  const env = {
    DBUS_SESSION_BUS_ADDRESS: address,
    XDG_RUNTIME_DIR: directory,
    XDG_DATA_HOME: join(directory, "data"),
  };
  const bus = start("dbus-daemon", ["--nofork", `--config-file=${join(directory, "bus.conf")}`], env);
  const keyring = start(
    "gnome-keyring-daemon",
    ["--foreground", "--unlock", "--components=secrets", `--control-directory=${directory}`],
    env,
  );
  const writer = keyring.stdin.getWriter();
  await writer.write(new TextEncoder().encode("password of the test"));
  await writer.close();
  const run = async (args: readonly string[], stdin = "") => await secretTool(args, env, stdin);
  const peer: TestKeyring = {
    env,
    read: async (service) => {
      const { code, stdout } = await run(["lookup", "service", service]);
      return code === 0 ? stdout : undefined;
    },
    write: async (service, account, secret) => {
      const words = ["service", service, "username", account, "target", "default"];
      await run(["store", "--label=test", ...words, "application", "rust-keyring"], secret);
    },
    attributes: async (service) => {
      const { stdout, stderr } = await run(["search", "--all", "service", service]);
      return `${stdout}\n${stderr}`.split("\n").filter((line) => /^(attribute\.|schema)/.test(line))
        .toSorted();
    },
    lock: async () => {
      const collection = "/org/freedesktop/secrets/collection/login";
      const { success } = await new Deno.Command("dbus-send", {
        args: [
          "--session",
          "--print-reply",
          "--dest=org.freedesktop.secrets",
          "/org/freedesktop/secrets",
          "org.freedesktop.Secret.Service.Lock",
          `array:objpath:${collection}`,
        ],
        env,
        stdout: "null",
      }).output();
      if (!success) throw new Error("The keyring cannot be locked");
    },
    [Symbol.asyncDispose]: async () => {
      for (const child of [keyring, bus]) child.kill("SIGTERM");
      await Promise.all([keyring.status, bus.status]);
      await Deno.remove(directory, { recursive: true });
    },
  };
  const end = performance.now() + START_LIMIT_MS;
  while ((await run(["store", "--label=first", "service", "culvert test"], "ready")).code !== 0) {
    if (performance.now() > end) {
      await peer[Symbol.asyncDispose]();
      throw new Error("The keyring does not start");
    }
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  return peer;
}

function start(program: string, args: readonly string[], env: Record<string, string>): Deno.ChildProcess {
  return new Deno.Command(program, {
    args: [...args],
    clearEnv: true,
    env: withoutDisplay({ ...scrubbedEnv(), ...env }),
    stdin: "piped",
    stdout: "null",
    stderr: "null",
  }).spawn();
}

/** Removes the display variables, so that the keyring of a test shows no dialog on the desktop of a developer. */
function withoutDisplay(env: Record<string, string>): Record<string, string> {
  const { DISPLAY: _, WAYLAND_DISPLAY: __, ...rest } = env;
  return rest;
}

async function secretTool(
  args: readonly string[],
  env: Record<string, string>,
  stdin: string,
): Promise<{ code: number; stdout: string; stderr: string }> {
  const path = await locate("secret-tool");
  if (path === undefined) throw new Error("secret-tool is not installed");
  const child = new Deno.Command(path, {
    args: [...args],
    env,
    stdin: "piped",
    stdout: "piped",
    stderr: "piped",
  }).spawn();
  const writer = child.stdin.getWriter();
  await writer.write(new TextEncoder().encode(stdin));
  await writer.close();
  const { code, stdout, stderr } = await child.output();
  const decoder = new TextDecoder();
  return { code, stdout: decoder.decode(stdout), stderr: decoder.decode(stderr) };
}
