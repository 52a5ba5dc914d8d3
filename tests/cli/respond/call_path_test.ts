/** The path of calls from `main.ts` to the connection, as the runtime's stack trace shows it. */
import { assert, assertEquals } from "../../support/assert.ts";
import { fromFileUrl, join } from "../../support/paths.ts";
import { scrubbedEnv } from "../../support/scrubbed_env.ts";
import { bench, PLANTED_KEY } from "./kit.ts";

const ROOT = fromFileUrl(new URL("../../../", import.meta.url));
const PRELOAD = fromFileUrl(new URL("./record_stack.ts", import.meta.url));
const MAX_FILES = 20;
/** Most functions of this project on the path. That of a websocket includes the tunnel, which `fetch` opens by itself. */
const MAX_FUNCTIONS = { sse: 20, ws: 25 };

/** Returns the number of functions of this project on a stack. */
function functionsIn(stack: string): number {
  const own = stack.split("\n").filter((line) => line.includes(new URL("../../../", import.meta.url).href));
  return own.filter((line) => !line.includes("/record_stack.ts")).length;
}

/** The files on a stack from the outermost call inwards, each once for consecutive frames. A package is one file. */
function filesOf(stack: string): readonly string[] {
  const frames = stack.split("\n").flatMap((line) =>
    /\(?(file:\/\/[^\s)]+?):\d+:\d+\)?$/.exec(line)?.[1] ?? []
  );
  const files = frames.map((url) => {
    const path = fromFileUrl(url);
    return path.startsWith(ROOT)
      ? path.slice(ROOT.length)
      : path.replace(/^.*registry\.npmjs\.org\//, "npm:");
  });
  const outermostFirst = files.filter((file) => !file.endsWith("/record_stack.ts")).toReversed();
  return outermostFirst.filter((file, index) => file !== outermostFirst[index - 1]);
}

for (const [transport, call] of [["sse", "fetch"], ["ws", "connect"]] as const) {
  Deno.test(`the call path of respond over ${transport} has at most ${MAX_FILES} files and ${MAX_FUNCTIONS[transport]} functions, and returns to no file`, async () => {
    await using b = await bench();
    const stacks = join(b.directory, "stacks.jsonl");
    const home = join(b.directory, "home");
    Deno.mkdirSync(home);
    const { code, stderr } = await new Deno.Command(Deno.execPath(), {
      args: [
        ...[
          "run",
          "-A",
          "--no-check",
          "--quiet",
          `--config=${join(ROOT, "deno.json")}`,
          "--preload",
          PRELOAD,
        ],
        ...[join(ROOT, "main.ts"), "respond", "--base-url", b.api.baseUrl, "--transport", transport, "hi"],
      ],
      clearEnv: true,
      env: scrubbedEnv({
        CODEX_HOME: home,
        CODEX_CA_CERTIFICATE: b.bundle,
        CULVERT_API_KEY: PLANTED_KEY,
        CULVERT_TEST_STACKS: stacks,
      }),
      stdin: "null",
    }).output();
    assertEquals(code, 0, new TextDecoder().decode(stderr));
    const recorded: readonly { call: string; stack: string }[] = Deno.readTextFileSync(stacks).trim().split(
      "\n",
    )
      .map((line) => JSON.parse(line));
    const [first] = recorded;
    assertEquals(first?.call, call);
    const files = filesOf(first?.stack ?? "");
    const listed = files.join("\n");
    // The runtime follows the calls back to the start only where each one awaits the next.
    assertEquals([files[0], files.includes("lib/auth/with_authorization.ts")], ["main.ts", true], listed);
    assertEquals(files.filter((file, index) => files.indexOf(file) !== index), [], listed);
    assert(files.length <= MAX_FILES, listed);
    assert(functionsIn(first?.stack ?? "") <= MAX_FUNCTIONS[transport], first?.stack);
  });
}
