import { listen } from "../../../lib/net/server/listener.ts";
import { assertEquals, assertExcludes, assertIncludes } from "../../support/assert.ts";
import { culvert, type CulvertRun, startCulvert } from "../../support/culvert.ts";
import { join } from "../../support/paths.ts";

type Frame = Readonly<Record<string, unknown>>;

const ENV = { CULVERT_API_KEY: "sk-any-key-0123" };
const DONE: Frame = { type: "response.done", response: { id: "r", status: "completed" } };

interface Server extends AsyncDisposable {
  readonly baseUrl: string;
}

/** Starts a server that confirms each session and answers `response.create` with the frames; then it may close. */
async function serving(frames: readonly (Frame | string)[], closes = false): Promise<Server> {
  const server = await listen({
    handle: () => new Response(null, { status: 404 }),
    upgrade: async (_, offer) => {
      const socket = await offer.accept();
      await socket.send(JSON.stringify({ type: "session.updated", session: { id: "s" } }));
      for await (const message of socket.messages) {
        if (!message.includes("response.create")) continue;
        for (const frame of frames) {
          await socket.send(typeof frame === "string" ? frame : JSON.stringify(frame));
        }
        if (closes) socket.close(1000, "");
      }
    },
  });
  return {
    baseUrl: `http://127.0.0.1:${server.port}/v1`,
    [Symbol.asyncDispose]: () => server.close(),
  };
}

async function answered(
  frames: readonly (Frame | string)[],
  args: readonly string[] = [],
): Promise<CulvertRun> {
  await using server = await serving(frames);
  return await culvert(["realtime", "--base-url", server.baseUrl, ...args, "hi"], { env: ENV });
}

Deno.test("a frame whose type is the name of a method of Object is ignored", async () => {
  const run = await answered([{ type: "valueOf" }, { type: "constructor" }, { type: "__proto__" }, DONE]);
  assertEquals([run.code, run.stderr], [0, ""]);
});

Deno.test("messages that are no events do not break the JSON lines, and an event over several lines is one", async () => {
  const run = await answered(["{oops", "", "null", "[1]", '"text"', '{"type":\n"x"}', DONE], ["--json"]);
  assertEquals([run.code, run.stderr], [0, ""]);
  const types = run.stdout.trimEnd().split("\n").map((line) => JSON.parse(line).type);
  assertEquals(types, ["session.updated", "x", "response.done", "culvert.result"]);
});

Deno.test("the hint of a refused upgrade names no transport, which the command cannot change", async () => {
  const server = await listen({ handle: () => new Response("{}") });
  try {
    const baseUrl = `http://127.0.0.1:${server.port}/v1`;
    const run = await culvert(["realtime", "--base-url", baseUrl, "hi"], { env: ENV });
    assertEquals(run.code, 5, run.stderr);
    assertIncludes(run.stderr, "Ask the administrator of the proxy to allow websocket upgrades");
    assertExcludes(run.stderr, "transport");
  } finally {
    await server.close();
  }
});

Deno.test("an error whose code is the name of a method of Object is a failed response", async () => {
  const run = await answered([{ type: "error", error: { code: "constructor", message: "No." } }]);
  assertEquals(run.code, 8, run.stderr);
  assertIncludes(run.stderr, "The realtime session reports an error: No");
});

Deno.test("audio that cannot be decoded or written is a failed response", async () => {
  const directory = await Deno.makeTempDir({ prefix: "culvert-realtime-" });
  const audio = (fields: Frame): Frame => ({ type: "response.output_audio.delta", delta: "AAA=", ...fields });
  const cases: readonly (readonly [frames: readonly Frame[], says: string])[] = [
    [[audio({ delta: "%%%" })], "audio that is not valid base64"],
    [[audio({ channels: 0 })], "audio of 24000 Hz and 0 channels, which cannot be written"],
    [[audio({ sample_rate: -5 })], "audio of -5 Hz and 1 channel, which cannot be written"],
    [[audio({}), audio({ sample_rate: 48_000 })], "48000 Hz and 1 channel after audio of 24000 Hz"],
  ];
  try {
    for (const [frames, says] of cases) {
      const run = await answered([...frames, DONE], ["-o", join(directory, "answer.wav")]);
      assertEquals(run.code, 8, run.stderr);
      assertIncludes(run.stderr, says);
    }
  } finally {
    await Deno.remove(directory, { recursive: true });
  }
});

Deno.test("a session that the server closes ends the program although standard input is still open", async () => {
  await using server = await serving([DONE], true);
  const child = startCulvert(["realtime", "--base-url", server.baseUrl], { env: ENV });
  const writer = child.stdin.getWriter();
  await writer.write(new TextEncoder().encode("hi\n"));
  const limit = setTimeout(() => child.kill("SIGKILL"), 20_000);
  const { code, stderr } = await child.output();
  clearTimeout(limit);
  await writer.close().catch(() => {});
  assertEquals(code, 5, new TextDecoder().decode(stderr));
  assertIncludes(new TextDecoder().decode(stderr), "The server closed the realtime session");
});
