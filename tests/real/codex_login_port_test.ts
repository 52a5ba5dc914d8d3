/** Both programs use the same ports for the answer of the browser (codex 0.171.0). Neither ends the login of the other. */
import { TestHome } from "../auth/kit.ts";
import { answerTo, authorityGiving, look, startLogin, tokensWith } from "../cli/auth/login_kit.ts";
import { assertEquals, assertIncludes } from "../support/assert.ts";
import { testWith } from "../support/programs.ts";
import { scrubbedEnv } from "../support/scrubbed_env.ts";

/** Starts a login of the codex client and resolves when it listens. */
async function startCodex(home: TestHome) {
  const child = new Deno.Command("codex", {
    args: ["login"],
    clearEnv: true,
    // Requests that it sends to its authorization server before the login is answered fail here.
    env: scrubbedEnv({
      CODEX_HOME: home.path,
      HOME: home.path,
      BROWSER: "false",
      HTTPS_PROXY: "http://127.0.0.1:9",
      NO_PROXY: "127.0.0.1,localhost",
    }),
    stdin: "null",
    stdout: "null",
    stderr: "piped",
  }).spawn();
  const listening = Promise.withResolvers<string>();
  let said = "";
  const reading = (async () => {
    for await (const text of child.stderr.pipeThrough(new TextDecoderStream())) {
      said += text;
      const port = /redirect_uri=http%3A%2F%2F[\w.]+%3A(\d+)/.exec(said)?.[1];
      if (port !== undefined) listening.resolve(port);
    }
    listening.reject(new Error(`The codex client ended: ${said}`));
  })();
  return {
    port: await listening.promise,
    isAlive: async (port: string) =>
      (await fetch(`http://127.0.0.1:${port}/`).then((one) => one.text())) !== "",
    [Symbol.asyncDispose]: async () => {
      // Not SIGKILL, which cannot be forwarded: the client that npm installs is the child of a script.
      child.kill("SIGTERM");
      await Promise.all([child.status, reading]);
    },
  };
}

await testWith(
  ["codex"],
  "a login of the codex client keeps port 1455, and culvert reports this, uses 1457 and signs in",
  async () => {
    await using home = new TestHome();
    await using codexHome = new TestHome();
    await using authority = authorityGiving(tokensWith());
    await using codex = await startCodex(codexHome);
    assertEquals(codex.port, "1455");
    const login = await startLogin(home, authority.base, [], {}, []);
    assertEquals(login.callback.port, "1457");
    await look((await look(answerTo(login))).location ?? "");
    const { code, stderr } = await login.end;
    assertEquals(code, 0, stderr);
    assertIncludes(stderr, "port 1455 is in use; using port 1457");
    assertEquals(await codex.isAlive("1455"), true);
  },
);

await testWith(
  ["codex"],
  "the request of the codex client to /cancel does not end a login of culvert",
  async () => {
    await using home = new TestHome();
    await using codexHome = new TestHome();
    await using authority = authorityGiving(tokensWith());
    const login = await startLogin(home, authority.base, ["-v"], {}, []);
    assertEquals(login.callback.port, "1455");
    await using codex = await startCodex(codexHome);
    assertEquals(codex.port, "1457");
    await look((await look(answerTo(login))).location ?? "");
    const { code, stderr } = await login.end;
    assertEquals(code, 0, stderr);
    assertIncludes(stderr, "state_valid: true");
  },
);
