/** Texts of servers, headers and configuration on a real terminal. */
import { assert, assertEquals, assertExcludes, assertIncludes } from "../../support/assert.ts";
import { join } from "../../support/paths.ts";
import { ON_WINDOWS, skippedIf } from "../../support/skipped.ts";
import { onTerminal } from "../../support/terminal.ts";
import type { Scenario } from "../../../lib/mock/api/scenario.ts";
import { bench } from "../respond/kit.ts";

/** One of every kind: C0, DEL, C1, CSI, OSC, bidirectional, zero-width, separators, style noncharacters. */
const HOSTILE =
  "a\x00b\x07c\x08d\x1b[2Je\x1b]0;title\x07f\x7fg\x9b2Jh\x85i\u202ej\u2066k\u200bl\u2028m\ufeffn\ufdd0o\r";
const FORGED = "\nculvert: Forged message\r\nculvert: Forged too";

/** The program's own sequences on a terminal: styles, and the carriage returns of the status line and of the pty. */
function hostileRest(bytes: string): string {
  const withoutStyles = bytes.replaceAll(/\p{Cc}\[(?:[1-9]|2[2-9]|3[1-9])m/gu, "").replaceAll(/\r+\n/g, "\n");
  return withoutStyles.replaceAll(/\r *\r|\rwaiting for [^\r]*/g, "");
}

const SCENARIOS: Readonly<Record<string, Scenario>> = {
  "the text of an answer": { text: [`begin ${HOSTILE}`, ` \x1b`, `[2J end${FORGED}`] },
  "the message of an error": {
    refusal: { status: 400, body: { error: { message: HOSTILE + FORGED, code: HOSTILE } } },
  },
  "a page in place of an answer": {
    refusal: {
      status: 403,
      headers: { "content-type": "text/html" },
      body: `<html><title>${HOSTILE}${FORGED}</title></html>`,
    },
  },
  "the message of a failed response": {
    ending: { kind: "failed", code: HOSTILE, message: HOSTILE + FORGED },
  },
  "the name of the model": { text: ["x"], servedModel: "model[2J" },
  "a refusal": {
    text: "",
    items: [{
      id: "msg_r",
      type: "message",
      role: "assistant",
      content: [{ type: "refusal", refusal: HOSTILE + FORGED }],
    }],
  },
  "the name of a tool": {
    text: "",
    items: [{
      id: "fc_1",
      type: "function_call",
      name: HOSTILE + FORGED,
      arguments: "{}",
      call_id: "call_1",
    }],
  },
};

for (const [what, scenario] of Object.entries(SCENARIOS)) {
  for (const flags of [["-vv"], ["-vv", "--color", "never", "--render", "never"], ["--json"]]) {
    Deno.test(
      skippedIf(
        ON_WINDOWS,
        `with ${flags.join(" ")}, ${what} cannot control the terminal or forge a message`,
      ),
      async () => {
        await using b = await bench({ scenario });
        const session = onTerminal(["respond", "--base-url", b.api.baseUrl, ...flags, "hi"], {
          CODEX_CA_CERTIFICATE: b.bundle,
          CULVERT_API_KEY: "sk-test",
          CODEX_HOME: b.directory,
        });
        const { bytes } = await session.end();
        const rest = hostileRest(bytes);
        const found = rest.match(/[^\P{Cc}\n\t]|[\u200b\u2028-\u202e\u2066-\u2069\ufeff]/gu) ?? [];
        assertEquals(
          found.map((character) => character.codePointAt(0)?.toString(16)),
          [],
          JSON.stringify(bytes),
        );
        if (flags[0] !== "--json" && what !== "the text of an answer") {
          assertExcludes(rest, "\nculvert: Forged");
        }
        assert(rest !== "");
      },
    );
  }
}

Deno.test("the text of an answer is written to a pipe unchanged", async () => {
  const text = `begin ${HOSTILE} end`;
  await using b = await bench({ scenario: { text: [text] } });
  const run = await b.respond(["hi"]);
  assertEquals([run.code, run.stdout], [0, `${text}\n`]);
});

Deno.test("a newline in the configuration cannot imitate a message on stderr", async () => {
  await using b = await bench();
  const config = 'model_provider = "x\\nculvert: Forged message\\u001b[2J"\n';
  await Deno.writeTextFile(join(b.directory, "config.toml"), config);
  const { culvert } = await import("../../support/culvert.ts");
  const run = await culvert(["respond", "hi"], { env: { CODEX_HOME: b.directory } });
  assertEquals(run.code, 2);
  assertExcludes(run.stderr, "\nculvert: Forged");
  assertExcludes(run.stderr, "\x1b");
  assertIncludes(run.stderr, "Forged message");
});

Deno.test(
  skippedIf(ON_WINDOWS, "Markdown is formatted on a terminal, and not with --render never"),
  async () => {
    await using b = await bench({ scenario: { text: ["Some **bo", "ld** text\n- item"] } });
    const env = { CODEX_CA_CERTIFICATE: b.bundle, CULVERT_API_KEY: "sk-test", CODEX_HOME: b.directory };
    const words = ["respond", "--base-url", b.api.baseUrl];
    const formatted = await onTerminal([...words, "hi"], env).end();
    assertIncludes(formatted.bytes, "Some \x1b[1mbold\x1b[22m text\r\n• item\r\n");
    const plain = await onTerminal([...words, "--render", "never", "hi"], env).end();
    assertIncludes(plain.bytes, "Some **bold** text\r\n- item\r\n");
  },
);
