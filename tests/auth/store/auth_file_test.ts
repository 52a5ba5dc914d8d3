import { fileStore } from "../../../lib/auth/store/auth_file.ts";
import type { WriteStep } from "../chatgpt/worker.ts";
import { replaceCredential } from "../../../lib/auth/auth_record.ts";
import { assert, assertEquals } from "../../support/assert.ts";
import { fromFileUrl, join } from "../../support/paths.ts";
import { DEFECT_ROWS } from "./auth_file_rows.ts";
import { failureOf, filesIn, loginText, TestHome, testWorld, writeRecord } from "../kit.ts";

const WORKER = fromFileUrl(new URL("../chatgpt/worker.ts", import.meta.url));
const CONFIG = fromFileUrl(new URL("../../../deno.json", import.meta.url));
const open = (home: TestHome) => fileStore({ codexHome: home.path, world: testWorld() });
const modeOf = (path: string) => (Deno.statSync(path).mode ?? 0) & 0o777;

for (
  const [step, expected] of [
    ["reserved", "sk-first"],
    ["written", "sk-first"],
    ["truncated", "sk-first"],
    ["synced", "sk-first"],
    ["renamed", "sk-second"],
    ["directory_synced", "sk-second"],
  ] as const satisfies readonly (readonly [WriteStep, string])[]
) {
  Deno.test(`kill -9 at the step "${step}" of a write leaves one whole version of auth.json`, async () => {
    await using home = new TestHome();
    await writeRecord(open(home), { auth_mode: "apikey", OPENAI_API_KEY: "sk-first" });
    const { signal } = await new Deno.Command(Deno.execPath(), {
      args: ["run", "-A", "--no-check", "--quiet", `--config=${CONFIG}`, WORKER, "write", home.path, step],
      stdout: "null",
      stderr: "inherit",
    }).output();
    assertEquals(signal, "SIGKILL");
    assertEquals((await open(home).read())?.apiKey, expected);
    for (const { name } of Deno.readDirSync(home.path)) assertEquals(modeOf(join(home.path, name)), 0o600);
    await writeRecord(open(home), { auth_mode: "apikey", OPENAI_API_KEY: "sk-third" });
    assertEquals((await open(home).read())?.apiKey, "sk-third");
  });
}

Deno.test("a write creates the directory and a file of mode 0600, and leaves no temporary file", async () => {
  await using home = new TestHome();
  const codexHome = join(home.path, "deep", "er");
  const file = fileStore({ codexHome, world: testWorld() });
  await writeRecord(file, { auth_mode: "apikey", OPENAI_API_KEY: "sk-1" });
  assertEquals(modeOf(join(codexHome, "auth.json")), 0o600);
  assertEquals(filesIn(codexHome), ["auth.json"]);
  assertEquals(
    Deno.readTextFileSync(file.source.name),
    '{\n  "auth_mode": "apikey",\n  "OPENAI_API_KEY": "sk-1"\n}',
  );
});

Deno.test("an existing file of mode 0644 is 0600 after a write", async () => {
  await using home = new TestHome();
  home.store("{}");
  Deno.chmodSync(home.authPath, 0o644);
  await writeRecord(open(home), { OPENAI_API_KEY: "sk-1" });
  assertEquals(modeOf(home.authPath), 0o600);
});

Deno.test("a symbolic link stays one, and its target is replaced", async () => {
  await using home = new TestHome();
  const target = join(home.path, "elsewhere.json");
  Deno.writeTextFileSync(target, "{}");
  Deno.symlinkSync(target, home.authPath);
  await writeRecord(open(home), { OPENAI_API_KEY: "sk-1" });
  assert(Deno.lstatSync(home.authPath).isSymlink);
  assertEquals([JSON.parse(Deno.readTextFileSync(target)), modeOf(target)], [
    { OPENAI_API_KEY: "sk-1" },
    0o600,
  ]);
});

Deno.test("a symbolic link without a target gets one", async () => {
  await using home = new TestHome();
  Deno.symlinkSync("later.json", home.authPath);
  await writeRecord(open(home), { OPENAI_API_KEY: "sk-1" });
  assertEquals((await open(home).read())?.apiKey, "sk-1");
  assert(Deno.lstatSync(home.authPath).isSymlink);
});

Deno.test("old temporary files are removed, recent ones are not", async () => {
  await using home = new TestHome();
  const old = join(home.path, ".auth.json.dead.tmp");
  const young = join(home.path, ".auth.json.alive.tmp");
  Deno.writeTextFileSync(old, "x");
  Deno.writeTextFileSync(young, "x");
  Deno.utimeSync(old, new Date(0), new Date(0));
  await writeRecord(open(home), { OPENAI_API_KEY: "sk-1" });
  assertEquals(filesIn(home.path), [".auth.json.alive.tmp", "auth.json"]);
});

Deno.test("a missing file is not an error", async () => {
  await using home = new TestHome();
  assertEquals(await open(home).read(), undefined);
});

for (const [name, text, problem] of DEFECT_ROWS) {
  Deno.test(`an auth.json that is ${name} is reported as ${problem} without its text, and unchanged`, async () => {
    await using home = new TestHome();
    home.store(text);
    const error = await failureOf(open(home).read());
    assertEquals([error.code, error.details["problem"], home.text()], ["auth_storage", problem, text]);
    assert(!`${error.message}${error.hint}`.includes("secret-access"));
  });
}

Deno.test("a file in a directory without write permission is written in place", async () => {
  await using home = new TestHome();
  home.store(`${" ".repeat(500)}{}`);
  // Permissions of Deno refuse the directory and allow the file, also for root.
  const script = `
    import { fileStore } from ${
    JSON.stringify(new URL("../../../lib/auth/store/auth_file.ts", import.meta.url).href)
  };
    const world = { now: () => Date.now(), monotonic: () => performance.now(), sleep: () => Promise.resolve() };
    const slot = await fileStore({ codexHome: ${JSON.stringify(home.path)}, world }).reserve();
    await slot.commit(() => ({ OPENAI_API_KEY: "sk-1" }));
  `;
  const path = join(home.path, "script.ts");
  Deno.writeTextFileSync(path, script);
  const { success } = await new Deno.Command(Deno.execPath(), {
    args: ["run", "--no-check", "--quiet", `--config=${CONFIG}`, "-R", `-W=${home.authPath}`, path],
    stderr: "inherit",
  }).output();
  assert(success);
  assertEquals(home.text(), '{\n  "OPENAI_API_KEY": "sk-1"\n}');
  assertEquals(modeOf(home.authPath), 0o600);
});

const ROUND_TRIPS:
  readonly (readonly [what: string, raw: Readonly<Record<string, unknown>>, mode: string])[] = [
    ["an API key", { auth_mode: "apikey", OPENAI_API_KEY: "sk-1" }, "apikey"],
    [
      "a personal access token",
      { OPENAI_API_KEY: null, personal_access_token: "at-1" },
      "personalAccessToken",
    ],
    [
      "an agent identity as JWT",
      { auth_mode: "agentIdentity", OPENAI_API_KEY: null, agent_identity: "eyJ.a.b" },
      "agentIdentity",
    ],
    [
      "an agent identity as record, without mail",
      {
        auth_mode: "agentIdentity",
        OPENAI_API_KEY: null,
        agent_identity: {
          agent_runtime_id: "runtime-1",
          agent_private_key: "key",
          account_id: "acc-1",
          chatgpt_user_id: "user-1",
          email: "",
          plan_type: "business",
          chatgpt_account_is_fedramp: false,
        },
      },
      "agentIdentity",
    ],
  ];
for (const [what, raw, mode] of ROUND_TRIPS) {
  Deno.test(`${what} is read from the file as it was written`, async () => {
    await using home = new TestHome();
    const file = fileStore({ codexHome: home.path, world: testWorld() });
    await writeRecord(file, raw);
    const record = await file.read();
    assertEquals([record?.mode, record?.raw], [mode, raw]);
    assertEquals(record?.agentIdentity, raw["agent_identity"]);
  });
}

Deno.test("a new login clears the known keys and keeps the unknown ones", () => {
  const previous = JSON.parse(
    loginText({ access: "a", extra: { future: [1], personal_access_token: "at-1" } }),
  );
  assertEquals(replaceCredential(previous, { auth_mode: "apikey", OPENAI_API_KEY: "sk-2" }), {
    auth_mode: "apikey",
    OPENAI_API_KEY: "sk-2",
    future: [1],
  });
});

for (const encoding of ["UTF-16LE", "UTF-16BE", "UTF-8 with a byte-order mark"]) {
  Deno.test(`an auth.json in ${encoding} is read, and written in UTF-8`, async () => {
    await using home = new TestHome();
    const text = "\ufeff" + JSON.stringify({ auth_mode: "apikey", OPENAI_API_KEY: "sk-1", "ключ": "é" });
    Deno.writeFileSync(home.authPath, encoded(text, encoding));
    const record = await open(home).read();
    assertEquals([record?.apiKey, record?.raw["ключ"]], ["sk-1", "é"]);
    await open(home).change((present) => ({ ...present?.raw, OPENAI_API_KEY: "sk-2" }));
    assertEquals(home.json()["OPENAI_API_KEY"], "sk-2");
  });
}

function encoded(text: string, encoding: string): Uint8Array {
  if (encoding.startsWith("UTF-8")) return new TextEncoder().encode(text);
  const bytes = new Uint8Array(text.length * 2);
  const view = new DataView(bytes.buffer);
  for (let at = 0; at < text.length; at++) {
    view.setUint16(at * 2, text.charCodeAt(at), encoding.endsWith("LE"));
  }
  return bytes;
}
