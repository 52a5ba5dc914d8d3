import { assertEquals, assertIncludes } from "../../support/assert.ts";
import { join } from "../../support/paths.ts";
import { PERMISSIONS } from "../../../.ci/permissions.ts";
import { programUnderTest } from "../../support/culvert.ts";
import { scrubbedEnv } from "../../support/scrubbed_env.ts";
import { OFF_LINUX, ON_WINDOWS, skippedIf } from "../../support/skipped.ts";
import { type Bench, bench, PLANTED_KEY } from "../respond/kit.ts";

const ANSWER = "What is kept.";

async function withAnswer(): Promise<Bench> {
  return await bench({ scenario: { text: [ANSWER] } });
}

const modeOf = (path: string) => (Deno.statSync(path).mode ?? 0) & 0o777;

Deno.test(
  skippedIf(
    ON_WINDOWS,
    "-o through a symbolic link replaces its target and keeps the link and the mode",
  ),
  async () => {
    await using server = await withAnswer();
    const file = join(server.directory, "answer.txt");
    const link = join(server.directory, "link");
    await Deno.writeTextFile(file, "old", { mode: 0o600 });
    await Deno.mkdir(join(server.directory, "folder"));
    await Deno.symlink("folder/../answer.txt", link);
    // One mode that a new file never has, and one that others may read.
    for (const mode of [0o600, 0o640]) {
      await Deno.chmod(file, mode);
      const run = await server.respond(["-o", link, "hi"]);
      assertEquals(run.code, 0, run.stderr);
      assertEquals(await Deno.readLink(link), "folder/../answer.txt");
      assertEquals([(await Deno.readTextFile(file)).trimEnd(), modeOf(file)], [ANSWER, mode]);
    }
  },
);

Deno.test(
  skippedIf(ON_WINDOWS, "-o through a broken symbolic link creates its target"),
  async () => {
    await using server = await withAnswer();
    const link = join(server.directory, "link");
    await Deno.symlink("later.txt", link);
    const run = await server.respond(["-o", link, "hi"]);
    assertEquals(run.code, 0, run.stderr);
    assertEquals((await Deno.lstat(link)).isSymlink, true);
    assertEquals((await Deno.readTextFile(join(server.directory, "later.txt"))).trimEnd(), ANSWER);
  },
);

Deno.test(
  skippedIf(ON_WINDOWS, "-o on one of two hard links changes the content of both"),
  async () => {
    await using server = await withAnswer();
    const [one, other] = [join(server.directory, "one"), join(server.directory, "other")];
    await Deno.writeTextFile(one, "old and longer than the answer that follows");
    await Deno.link(one, other);
    const run = await server.respond(["-o", one, "hi"]);
    assertEquals(run.code, 0, run.stderr);
    assertEquals((await Deno.readTextFile(other)).trimEnd(), ANSWER);
  },
);

Deno.test(
  skippedIf(ON_WINDOWS, "-o on a FIFO passes the answer to its reader, and the FIFO is not replaced"),
  async () => {
    await using server = await withAnswer();
    const fifo = join(server.directory, "fifo");
    await new Deno.Command("mkfifo", { args: [fifo] }).output();
    const reader = new Deno.Command("timeout", { args: ["20", "cat", fifo], stdout: "piped" }).output();
    const run = await server.respond(["-o", fifo, "hi"]);
    assertEquals(run.code, 0, run.stderr);
    assertEquals(new TextDecoder().decode((await reader).stdout).trimEnd(), ANSWER);
    assertEquals((await Deno.lstat(fifo)).isFifo, true);
  },
);

Deno.test("-o - and -o /dev/stdout print the answer once", async () => {
  await using server = await withAnswer();
  for (const name of Deno.build.os === "windows" ? ["-"] : ["-", "/dev/stdout"]) {
    const run = await server.respond(["-o", name, "hi"]);
    assertEquals([run.code, run.stdout.trimEnd(), run.stderr], [0, ANSWER, ""]);
  }
});

Deno.test("-o - with --json is refused before anything is sent", async () => {
  await using server = await withAnswer();
  const run = await server.respond(["-o", "-", "--json", "hi"]);
  assertEquals(run.code, 2, run.stderr);
  assertIncludes(run.stderr, "standard output already has the events of --json");
  assertEquals(server.api.log.turns.length, 0);
});

for (const permissions of ["all", "those of the binary"] as const) {
  Deno.test(
    skippedIf(
      ON_WINDOWS,
      `with permissions ${permissions}, -o >(…) passes the answer to the command of the shell`,
    ),
    async () => {
      await using server = await withAnswer();
      const program = programUnderTest().flatMap((word) =>
        word === "-A" && permissions !== "all" ? PERMISSIONS : [word]
      );
      const { code, stdout, stderr } = await new Deno.Command("timeout", {
        args: [
          "30",
          "bash",
          "-c",
          '"$@" -o >(cat >kept; echo >closed) hi; status=$?; until [ -e closed ]; do sleep 0.05; done; exit $status',
          "bash",
          ...program,
          "respond",
          "--base-url",
          server.api.baseUrl,
        ],
        clearEnv: true,
        cwd: server.directory,
        env: scrubbedEnv({
          CODEX_CA_CERTIFICATE: server.bundle,
          CULVERT_API_KEY: "sk-test",
          CODEX_HOME: server.directory,
        }),
        stdin: "null",
        stdout: "piped",
        stderr: "piped",
      }).output();
      const texts = [stdout, stderr].map((bytes) => new TextDecoder().decode(bytes).trimEnd());
      assertEquals([code, ...texts], [0, ANSWER, ""]);
      assertEquals((await Deno.readTextFile(join(server.directory, "kept"))).trimEnd(), ANSWER);
    },
  );
}

Deno.test(
  skippedIf(
    OFF_LINUX ?? await withoutPrivateDev(),
    "-o /dev/null as root writes to the device and leaves it a device",
  ),
  async () => {
    await using server = await withAnswer();
    const program = programUnderTest();
    // A private /dev, so that a mistake cannot change the machine's devices.
    const script =
      'mount -t tmpfs none /dev && mknod /dev/null c 1 3 && "$@" -o /dev/null hi </dev/null; status=$?; ' +
      "stat -c %F /dev/null >&2; exit $status";
    const { code, stderr } = await new Deno.Command("timeout", {
      args: [
        "30",
        "unshare",
        "-m",
        "sh",
        "-c",
        script,
        "sh",
        ...program,
        "respond",
        "--base-url",
        server.api.baseUrl,
      ],
      clearEnv: true,
      env: scrubbedEnv({
        CODEX_CA_CERTIFICATE: server.bundle,
        CULVERT_API_KEY: "sk-test",
        CODEX_HOME: server.directory,
      }),
      stdout: "piped",
      stderr: "piped",
    }).output();
    assertEquals([code, new TextDecoder().decode(stderr).trimEnd()], [0, "character special file"]);
  },
);

async function withoutPrivateDev(): Promise<string | undefined> {
  const reason = "no private /dev can be mounted here";
  try {
    const script = "mount -t tmpfs none /dev && mknod /dev/null c 1 3 && : >/dev/null";
    const { success } = await new Deno.Command("unshare", { args: ["-m", "sh", "-c", script] }).output();
    return success ? undefined : reason;
  } catch {
    return reason;
  }
}

Deno.test(
  skippedIf(
    ON_WINDOWS,
    "an interrupted answer for a FIFO is passed to its reader instead of a file next to it",
  ),
  async () => {
    await using server = await bench({
      scenario: { text: ["begun "], ending: { kind: "stall", afterDeltas: 1 } },
    });
    const fifo = join(server.directory, "fifo");
    await new Deno.Command("mkfifo", { args: [fifo] }).output();
    const reader = new Deno.Command("timeout", { args: ["20", "cat", fifo], stdout: "piped" }).output();
    const child = server.start(["-o", fifo, "hi"]);
    await child.stdin.close();
    const stdout = child.stdout.getReader();
    await stdout.read();
    child.kill("SIGINT");
    assertEquals(new TextDecoder().decode((await reader).stdout).trimEnd(), "begun");
    while (!(await stdout.read()).done);
    await child.stderr.cancel();
    assertEquals((await child.status).code, 130);
    assertEquals([...Deno.readDirSync(server.directory)].map(({ name }) => name).sort(), ["ca.pem", "fifo"]);
  },
);

Deno.test(
  skippedIf(ON_WINDOWS, "-o on a process substitution of the shell passes the answer to that process"),
  async () => {
    await using server = await bench({ scenario: { text: ANSWER } });
    const kept = join(server.directory, "kept");
    const [program = "", ...words] = programUnderTest();
    const { code, stderr } = await new Deno.Command("bash", {
      args: [
        "-c",
        `"$@" respond -q --base-url "$BASE" -o >(cat > "$KEPT") hi >/dev/null; code=$?; wait; exit $code`,
        "bash",
        program,
        ...words,
      ],
      clearEnv: true,
      env: scrubbedEnv({
        BASE: server.api.baseUrl,
        KEPT: kept,
        CODEX_HOME: server.directory,
        CODEX_CA_CERTIFICATE: server.bundle,
        CULVERT_API_KEY: PLANTED_KEY,
      }),
    }).output();
    assertEquals(code, 0, new TextDecoder().decode(stderr));
    for (let waited = 0; waited < 5_000 && !(await Deno.readTextFile(kept)).includes(ANSWER); waited += 20) {
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
    assertEquals(await Deno.readTextFile(kept), `${ANSWER}\n`);
  },
);
