import { chooseMode, unusedFlags } from "../../../lib/capture/child/choose_mode.ts";
import { codexFlagsAt, proxyInDotEnv, withCodexConfig } from "../../../lib/capture/child/codex_program.ts";
import { isNodeProgram } from "../../../lib/capture/child/node_program.ts";
import { assertEquals, assertIncludes } from "../../support/assert.ts";
import { join } from "../../support/paths.ts";

const COMMANDS: readonly (readonly [command: string, at: number | undefined])[] = [
  ["codex exec hello", 1],
  ["/usr/local/bin/codex", 1],
  ["C:\\bin\\codex.exe exec", 1],
  ["npx @openai/codex exec", 2],
  ["npx --yes @openai/codex@0.171.0 exec", 3],
  ["npx codex", 2],
  ["node /opt/codex.js exec", 2],
  ["npx prettier codex", undefined],
  ["codex-proxy", undefined],
  ["sh -c codex", undefined],
  ["node", undefined],
];

for (const [command, at] of COMMANDS) {
  Deno.test(`in "${command}" the flags of codex belong ${at === undefined ? "nowhere" : `at ${at}`}`, () => {
    assertEquals(codexFlagsAt(command.split(" ")), at);
  });
}

Deno.test("settings are passed to codex as TOML strings, before the arguments of the user", () => {
  assertEquals(
    withCodexConfig(["npx", "codex", "exec"], 2, { openai_base_url: "http://127.0.0.1:1/v1" }),
    ["npx", "codex", "-c", 'openai_base_url="http://127.0.0.1:1/v1"', "exec"],
  );
});

Deno.test("forward is the default, and reverse is chosen where $CODEX_HOME/.env would hide a proxy", () => {
  assertEquals(chooseMode({ isCodex: true }).mode, "forward");
  assertEquals(chooseMode({ isCodex: false, dotEnvProxy: "HTTPS_PROXY" }).mode, "forward");
  const blind = chooseMode({ isCodex: true, dotEnvProxy: "ALL_PROXY" });
  assertEquals(blind.mode, "reverse");
  assertIncludes(blind.reason, "sets ALL_PROXY");
});

Deno.test("reverse is chosen for --base-url and for programs of Node, forward for --intercept and for codex", () => {
  const baseUrl = "http://127.0.0.1:1/v1";
  assertEquals(chooseMode({ isCodex: false, baseUrl }).mode, "reverse");
  assertEquals(chooseMode({ isCodex: true, baseUrl }).mode, "reverse");
  assertEquals(chooseMode({ isCodex: false, baseUrl, hasHosts: true }).mode, "forward");
  assertEquals(chooseMode({ isCodex: false, baseUrl, asked: "forward" }).mode, "forward");
  assertIncludes(chooseMode({ isCodex: false, isNode: true }).reason, "OPENAI_BASE_URL");
  assertEquals(chooseMode({ isCodex: false, isNode: true }).mode, "reverse");
  assertEquals(chooseMode({ isCodex: true, isNode: true }).mode, "forward");
});

Deno.test("programs of Node are known by the name of the runtime", () => {
  assertEquals(
    ["node", "/usr/bin/node", "C:\\node\\node.exe", "npx", "bun", "curl", "nodemon"].map((name) =>
      isNodeProgram([name, "ask.mjs"])
    ),
    [true, true, true, true, true, false, false],
  );
});

Deno.test("a flag that the mode does not use is named", () => {
  const local = { baseUrl: "http://127.0.0.1:1/v1" };
  assertEquals(unusedFlags("reverse", local), []);
  assertEquals(unusedFlags("forward", { baseUrl: "https://api.example/v1", hasHosts: true }), []);
  assertIncludes(unusedFlags("forward", local).join(), "--base-url is an address of this machine");
  assertIncludes(unusedFlags("keylog", local).join(), "--base-url has no effect in keylog mode");
  assertIncludes(
    unusedFlags("reverse", { hasHosts: true }).join(),
    "--intercept has no effect in reverse mode",
  );
});

Deno.test("a requested mode is kept, with a warning where it will record nothing", () => {
  const forward = chooseMode({ asked: "forward", isCodex: true, dotEnvProxy: "HTTPS_PROXY" });
  assertEquals(forward.mode, "forward");
  assertIncludes(forward.warning ?? "", "it will record nothing");
  assertIncludes(chooseMode({ asked: "keylog", isCodex: true }).warning ?? "", "codex writes no TLS keys");
  assertEquals(chooseMode({ asked: "keylog", isCodex: false }).warning, undefined);
  assertEquals(
    chooseMode({ asked: "reverse", isCodex: true, dotEnvProxy: "HTTPS_PROXY" }).warning,
    undefined,
  );
});

Deno.test("a proxy in .env is found by its name in upper or lower case, and empty values and missing files are ignored", async () => {
  const home = await Deno.makeTempDir({ prefix: "culvert-dotenv-" });
  try {
    assertEquals(await proxyInDotEnv(home), undefined);
    for (
      const [text, found] of [
        ["HTTPS_PROXY=http://a:1\n", "HTTPS_PROXY"],
        ["# note\nall_proxy='socks5://a:1'\n", "all_proxy"],
        ["HTTPS_PROXY=\nHTTP_PROXY=http://a:1\n", undefined],
        ["OPENAI_API_KEY=sk\n", undefined],
      ] as const
    ) {
      await Deno.writeTextFile(join(home, ".env"), text);
      assertEquals(await proxyInDotEnv(home), found, text);
    }
  } finally {
    await Deno.remove(home, { recursive: true });
  }
});
