import { sleep } from "../../../../lib/world/sleep.ts";
import { CulvertError } from "../../../../lib/errors.ts";
import { homeEntries, type Keyring } from "../../../../lib/auth/store/keyring/keyring.ts";
import { runKeyringProgram } from "../../../../lib/auth/store/keyring/keyring_program.ts";
import { securityTool } from "../../../../lib/auth/store/keyring/security_tool.ts";
import { systemKeyring } from "../../../../lib/auth/store/keyring/system_keyring.ts";
import { assert, assertEquals, assertExcludes, assertIncludes } from "../../../support/assert.ts";
import { join } from "../../../support/paths.ts";
import { failureOf, testWorld } from "../../kit.ts";
import { ON_WINDOWS, skippedIf } from "../../../support/skipped.ts";

const SYSTEM_PATH = Deno.env.get("PATH") ?? "";
const ENTRY = { service: "Codex Auth", account: "cli|0123456789abcdef" };

Deno.test("entries are named after the real path of the home", async () => {
  assertEquals(await homeEntries("~/.codex"), {
    login: { service: "Codex Auth", account: "cli|940db7b1d0e4eb40" },
    passphrase: { service: "codex", account: "secrets|940db7b1d0e4eb40" },
  });
  const home = await Deno.makeTempDir({ prefix: "culvert-home-" });
  const link = `${home}-link`;
  await Deno.symlink(home, link);
  try {
    assertEquals(await homeEntries(link), await homeEntries(await Deno.realPath(home)));
  } finally {
    await Deno.remove(link);
    await Deno.remove(home);
  }
});

Deno.test("on Windows the error names the setting to use instead", async () => {
  const keyring = systemKeyring("windows", testWorld());
  for (const work of [keyring.read(ENTRY), keyring.write(ENTRY, "s"), keyring.remove(ENTRY)]) {
    const { code, message, hint = "" } = await failureOf(work);
    assertEquals(code, "auth_storage");
    assertIncludes(message, "Windows");
    assertIncludes(hint, 'cli_auth_credentials_store = "file"');
  }
});

Deno.test({
  ...skippedIf(
    ON_WINDOWS,
    "a keyring program that waits for the user is killed after its time limit",
  ),
}, async () => {
  let limit = 0;
  // Every wait is over at once.
  const world = {
    ...testWorld(),
    sleep: (ms: number) => {
      limit = ms;
      return Promise.resolve();
    },
  };
  const program = "sh";
  const directory = await Deno.makeTempDir({ prefix: "culvert-hang-" });
  const pidFile = join(directory, "pid");
  // It runs until it is killed.
  const script = `echo $$ >'${pidFile}'; exec sleep 600`;
  const slow = {
    ...testWorld({ PATH: SYSTEM_PATH }),
    sleep: (ms: number) => until(() => exists(pidFile)).then(() => world.sleep(ms)),
  };
  const error = await failureOf(runKeyringProgram(program, ["-c", script], slow));
  assertEquals([error.details["problem"], limit], ["timeout", 60_000]);
  assertIncludes(error.hint ?? "", "Unlock it");
  const pid = Number(await Deno.readTextFile(pidFile));
  await until(() => !isAlive(pid));
  await Deno.remove(directory, { recursive: true });
});

Deno.test(
  { ...skippedIf(ON_WINDOWS, "a keyring program is killed when the caller aborts") },
  async () => {
    const directory = await Deno.makeTempDir({ prefix: "culvert-hang-" });
    const pidFile = join(directory, "pid");
    const stop = new AbortController();
    const work = runKeyringProgram(
      "sh",
      ["-c", `echo $$ >'${pidFile}'; exec sleep 600`],
      testWorld({ PATH: SYSTEM_PATH }),
      { signal: stop.signal },
    );
    await until(() => exists(pidFile));
    const reason = new CulvertError("interrupted", "Interrupted");
    stop.abort(reason);
    assert(await failureOf(work) === reason);
    const pid = Number(await Deno.readTextFile(pidFile));
    await until(() => !isAlive(pid));
    await Deno.remove(directory, { recursive: true });
  },
);

Deno.test({
  ...skippedIf(ON_WINDOWS, "a keyring program that prints without end is killed and reported"),
  fn: async () => {
    const world = { ...testWorld({ PATH: SYSTEM_PATH }), sleep };
    const error = await failureOf(runKeyringProgram("sh", ["-c", "exec yes"], world));
    assertEquals([error.code, error.details["problem"]], ["auth_storage", "failed"]);
    assertIncludes(error.message, "printed more than 1 MiB");
  },
});

Deno.test({
  ...skippedIf(
    ON_WINDOWS,
    "a keyring program that leaves its output open to another one has ended when it ends itself",
  ),
  // The process that holds the output open runs on.
  sanitizeOps: false,
  sanitizeResources: false,
}, async () => {
  const directory = await Deno.makeTempDir({ prefix: "culvert-hang-" });
  const pidFile = join(directory, "pid");
  const script = `sleep 600 & echo "$$ $!" >'${pidFile}'; echo done`;
  const pids = () => Deno.readTextFileSync(pidFile).trim().split(" ").map(Number);
  const world = { ...testWorld({ PATH: SYSTEM_PATH }), sleep };
  try {
    const end = await runKeyringProgram("sh", ["-c", script], world);
    assertEquals([end.code, end.stdout], [0, "done\n"]);
  } finally {
    Deno.kill(pids()[1] ?? 0, "SIGKILL");
    await Deno.remove(directory, { recursive: true });
  }
});

/** A program named `security`, which reads and prints secrets in the format of the one of macOS. */
const SECURITY = `#!/bin/sh
echo "$*" >>"$0.calls"
case $1 in
  -i) cat >"$0.line"; sed -n "s/.* '-w' '\\(.*\\)'$/\\1/p" "$0.line" | tr -d '\\n' >"$0.entry" ;;
  find-generic-password)
    if [ -e "$0.denied" ]; then exit 36; fi
    if [ -e "$0.entry" ]; then cat "$0.entry"; echo; else exit 44; fi ;;
  delete-generic-password) rm "$0.entry" 2>/dev/null || exit 44 ;;
esac
`;

async function withSecurity(work: (keyring: Keyring, path: string) => Promise<void>): Promise<void> {
  const directory = await Deno.makeTempDir({ prefix: "culvert-security-" });
  const path = join(directory, "security");
  await Deno.writeTextFile(path, SECURITY, { mode: 0o755 });
  try {
    await work(securityTool(testWorld({ PATH: SYSTEM_PATH }), path), path);
  } finally {
    await Deno.remove(directory, { recursive: true });
  }
}

Deno.test({
  ...skippedIf(
    ON_WINDOWS,
    "on macOS a secret passes through standard input as one quoted word, never through an argument",
  ),
}, async () => {
  await withSecurity(async (keyring, path) => {
    const secret = '{"OPENAI_API_KEY":"sk-secret","a b":"$HOME"}';
    assertEquals(await keyring.read(ENTRY), undefined);
    await keyring.write(ENTRY, secret);
    assertEquals(
      await Deno.readTextFile(`${path}.line`),
      `add-generic-password -U '-s' 'Codex Auth' '-a' 'cli|0123456789abcdef' '-w' '${secret}'\n`,
    );
    assertEquals(await keyring.read(ENTRY), secret);
    assertEquals([await keyring.remove(ENTRY), await keyring.remove(ENTRY)], [true, false]);
    assertExcludes(await Deno.readTextFile(`${path}.calls`), "sk-secret");
  });
});

Deno.test({
  ...skippedIf(
    ON_WINDOWS,
    "on macOS quotes and backslashes of a secret are escaped, and hex is read as text",
  ),
}, async () => {
  await withSecurity(async (keyring, path) => {
    await keyring.write(ENTRY, `it's a \\ "word"`);
    assertIncludes(await Deno.readTextFile(`${path}.line`), `'it\\'s a \\\\ "word"'`);
    await Deno.writeTextFile(`${path}.entry`, "7b22c3a4223a317d");
    assertEquals(await keyring.read(ENTRY), '{"ä":1}');
  });
});

Deno.test(
  {
    ...skippedIf(ON_WINDOWS, "on macOS a secret that would be cut is refused before a program starts"),
  },
  async () => {
    await withSecurity(async (keyring, path) => {
      const error = await failureOf(keyring.write(ENTRY, "x".repeat(4_050)));
      assertEquals(error.details["problem"], "too_large");
      assertIncludes(error.hint ?? "", "secret_auth_storage = true");
      assert(!exists(`${path}.calls`));
    });
  },
);

Deno.test({
  ...skippedIf(
    ON_WINDOWS,
    "on macOS a locked keychain is not taken for a missing entry",
  ),
}, async () => {
  await withSecurity(async (keyring, path) => {
    await Deno.writeTextFile(`${path}.denied`, "");
    const error = await failureOf(keyring.read(ENTRY));
    assertEquals(error.details["problem"], "locked");
    assertIncludes(error.hint ?? "", "security unlock-keychain");
  });
});

function exists(path: string): boolean {
  try {
    // The shell creates the file before it writes to it.
    return Deno.lstatSync(path).size > 0 || !path.endsWith("pid");
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return false;
    throw error;
  }
}

function isAlive(pid: number): boolean {
  try {
    // A process that has ended and was not waited for does not count.
    return !/^State:\s+Z/m.test(Deno.readTextFileSync(`/proc/${pid}/status`));
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return false;
    throw error;
  }
}

async function until(condition: () => boolean): Promise<void> {
  while (!condition()) await new Promise((resolve) => setTimeout(resolve, 10));
}
