import { assert, assertEquals, assertExcludes, assertIncludes } from "../support/assert.ts";
import { type Bench, bench, PLANTED_KEY } from "../cli/respond/kit.ts";
import { testWith } from "../support/programs.ts";
import { onTerminal } from "../support/terminal.ts";
import type { MockApiOptions } from "../../lib/mock/api/api.ts";

const NEEDS = ["script"];

function respondOn(server: Bench, args: readonly string[], env: Readonly<Record<string, string>> = {}) {
  return onTerminal(["respond", "--base-url", server.api.baseUrl, ...args], {
    CODEX_CA_CERTIFICATE: server.bundle,
    CULVERT_API_KEY: PLANTED_KEY,
    CODEX_HOME: server.directory,
    ...env,
  });
}

async function withServer(options: MockApiOptions, body: (server: Bench) => Promise<void>): Promise<void> {
  await using server = await bench(options);
  await body(server);
}

/** Returns the text on the screen after an output: a carriage return moves to the start of the line, and letters overwrite. */
function screen(bytes: string): string {
  return bytes.split(/\r*\n/).map((line) => {
    const cells: string[] = [];
    for (const part of line.split("\r")) [...part].forEach((letter, column) => cells[column] = letter);
    return cells.join("").trimEnd();
  }).join("\n");
}

await testWith(
  NEEDS,
  "on a terminal a slow answer shows a status line, and only the answer remains",
  async () => {
    await withServer({ scenario: { text: ["Here ", "I am."], headDelayMs: 2_300 } }, async (server) => {
      const { code, bytes } = await respondOn(server, ["hi"]).end();
      assertEquals(code, 0, bytes);
      assertIncludes(bytes, "waiting for a connection, 1 s");
      assertIncludes(bytes, "waiting for a connection, 2 s");
      assertEquals(screen(bytes), "Here I am.\n");
    });
  },
);

await testWith(NEEDS, "on a terminal -q shows no status line", async () => {
  await withServer({ scenario: { text: ["Done."], headDelayMs: 1_300 } }, async (server) => {
    const { bytes } = await respondOn(server, ["-q", "hi"]).end();
    assertEquals(bytes, "Done.\r\n");
  });
});

await testWith(
  NEEDS,
  "on a terminal an error is colored; with NO_COLOR or TERM=dumb it has no escape byte",
  async () => {
    const wrong = ["respond", "--provider", "nowhere", "hi"];
    const colored = await onTerminal(wrong).end();
    assertEquals(colored.code, 2);
    assertIncludes(colored.bytes, "\x1b[31mculvert:\x1b[39m");
    for (const env of [{ NO_COLOR: "1" }, { TERM: "dumb" }]) {
      const plain = await onTerminal(wrong, env).end();
      assertEquals(plain.code, 2);
      assertIncludes(plain.bytes, "culvert: ");
      assertExcludes(plain.bytes, "\x1b");
    }
  },
);

await testWith(NEEDS, "with NO_COLOR a slow answer on a terminal contains no escape byte", async () => {
  await withServer({ scenario: { text: ["Here."], headDelayMs: 1_300 } }, async (server) => {
    const { bytes } = await respondOn(server, ["-v", "hi"], { NO_COLOR: "1" }).end();
    assertIncludes(bytes, "waiting for");
    assertExcludes(bytes, "\x1b");
  });
});

await testWith(NEEDS, "Ctrl-C on a terminal keeps the partial answer and exits 130", async () => {
  const scenario = { text: ["One ", "two"], ending: { kind: "stall", afterDeltas: 1 } } as const;
  await withServer({ scenario }, async (server) => {
    const session = respondOn(server, ["hi"]);
    await session.seen("One ");
    await session.type("\x03");
    const { code, bytes } = await session.end();
    assertEquals(code, 130, bytes);
    assert(screen(bytes).startsWith("One"), bytes);
  });
});

await testWith(
  NEEDS,
  "without a prompt on a terminal the usage is printed, and respond does not wait",
  async () => {
    const { code, bytes } = await onTerminal(["respond"]).end();
    assertEquals(code, 2);
    assertIncludes(bytes, "No prompt was given");
  },
);

await testWith(["bash", "head"], "culvert respond | head -c 3 ends quietly with 141", async () => {
  await withServer({ scenario: { manyDeltas: 50_000 } }, async (server) => {
    const { workplace, runIn } = await import("../support/on_path.ts");
    await using place = await workplace({
      CODEX_CA_CERTIFICATE: server.bundle,
      CULVERT_API_KEY: PLANTED_KEY,
      CODEX_HOME: server.directory,
    });
    const line = `culvert respond --base-url ${server.api.baseUrl} hi | head -c 3; echo " \${PIPESTATUS[0]}"`;
    const { stdout, stderr } = await runIn(place, "bash", ["-c", line]);
    assertEquals(stderr, "");
    assert(/^.{3} 141\n$/.test(stdout), stdout);
  });
});
