/** Both programs want one port for the browser's answer. Neither ends the other's login. */
import { TestHome } from "../auth/kit.ts";
import { answerTo, authorityGiving, look, startLogin, tokensWith } from "../cli/auth/login_kit.ts";
import { assertEquals, assertIncludes } from "../support/assert.ts";
import { join } from "../support/paths.ts";
import { testWith } from "../support/programs.ts";
import { scrubbedEnv } from "../support/scrubbed_env.ts";

/** The codex client's login, once it listens. */
async function startCodex(home: TestHome) {
  const child = new Deno.Command("codex", {
    args: ["login"],
    clearEnv: true,
    // What it may want of its own authority before anybody has answered ends here.
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
      // Not the signal that nobody can pass on: installed from npm, the client is the child of a script.
      child.kill("SIGTERM");
      await Promise.all([child.status, reading]);
    },
  };
}

await testWith(
  ["codex"],
  "a login of the codex client keeps port 1455, though culvert once held it; culvert takes 1457 and signs in",
  async () => {
    await using home = new TestHome();
    await using codexHome = new TestHome();
    await using authority = authorityGiving(tokensWith());
    await using codex = await startCodex(codexHome);
    assertEquals(codex.port, "1455");
    const claim = JSON.stringify({ port: 1455, secret: "SECRET".repeat(8) });
    Deno.writeTextFileSync(join(home.path, "culvert-login-1455.json"), claim);
    const login = await startLogin(home, authority.base, [], {}, []);
    assertEquals(login.callback.port, "1457");
    await look((await look(answerTo(login))).location ?? "");
    assertEquals((await login.end).code, 0);
    assertEquals(await codex.isAlive("1455"), true);
  },
);

await testWith(
  ["codex"],
  "the codex client's blind request to give way leaves a login of culvert where it is",
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
