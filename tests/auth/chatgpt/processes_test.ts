import { assert, assertEquals } from "../../support/assert.ts";
import { fromFileUrl } from "../../support/paths.ts";
import { scrubbedEnv } from "../../support/scrubbed_env.ts";
import { accessToken, HOUR_MS, loginText, TestAuthority, TestHome } from "../kit.ts";

const WORKER = fromFileUrl(new URL("./worker.ts", import.meta.url));
const CONFIG = fromFileUrl(new URL("../../../deno.json", import.meta.url));
const expired = () => accessToken("old", Date.now() - HOUR_MS);
const fresh = (name: string) => accessToken(name, Date.now() + 240 * HOUR_MS);

interface Answer {
  readonly tokens: readonly string[];
  readonly warnings: readonly string[];
}

function start(
  home: TestHome,
  env: Record<string, string>,
  requests = 1,
  permissions = ["-A"],
): Deno.ChildProcess {
  return new Deno.Command(Deno.execPath(), {
    args: [
      "run",
      ...permissions,
      "--no-check",
      "--quiet",
      "--no-prompt",
      `--config=${CONFIG}`,
      WORKER,
      "token",
      home.path,
      String(requests),
    ],
    clearEnv: true,
    env: scrubbedEnv(env),
    stdout: "piped",
    stderr: "piped",
  }).spawn();
}

async function answerOf(child: Deno.ChildProcess): Promise<Answer> {
  const { stdout, stderr, success } = await child.output();
  assert(success, new TextDecoder().decode(stderr));
  return JSON.parse(new TextDecoder().decode(stdout));
}

/** An authority whose refresh tokens can be used once. */
function singleUse(current = "rt-1") {
  let uses = 0;
  return (body: string): Response => {
    if (JSON.parse(body).refresh_token !== current) {
      return Response.json({ error: { code: "refresh_token_reused" } }, { status: 401 });
    }
    current = `rt-${++uses + 1}`;
    return Response.json({ access_token: fresh(`new-${uses}`), refresh_token: current });
  };
}

Deno.test("fifty processes with one expired token send one POST and get fifty answers", async () => {
  await using home = new TestHome();
  const answer = singleUse();
  await using authority = new TestAuthority((request) => answer(request.body));
  home.store(loginText({ access: expired() }));
  const answers = await Promise.all(
    Array.from({ length: 50 }, () => answerOf(start(home, authority.env))),
  );
  assertEquals(authority.seen.length, 1);
  const token = `Bearer ${home.json().tokens["access_token"]}`;
  assertEquals(answers, Array.from({ length: 50 }, () => ({ tokens: [token], warnings: [] })));
});

Deno.test("when the holder of the lock is killed during the refresh, the others send one more POST, and no login is lost", async () => {
  await using home = new TestHome();
  const answer = singleUse();
  const arrived = Promise.withResolvers<void>();
  const isDead = Promise.withResolvers<void>();
  await using authority = new TestAuthority(async (request, count) => {
    if (count > 1) return answer(request.body);
    arrived.resolve();
    await isDead.promise;
    // The authority never handled the request of the killed process.
    return new Response(null, { status: 503 });
  });
  home.store(loginText({ access: expired() }));
  const holder = start(home, authority.env);
  await arrived.promise;
  const others = Array.from({ length: 10 }, () => start(home, authority.env));
  holder.kill("SIGKILL");
  await holder.output();
  isDead.resolve();
  const answers = await Promise.all(others.map(answerOf));
  assertEquals(authority.seen.length, 2);
  const token = `Bearer ${home.json().tokens["access_token"]}`;
  assertEquals(answers.map((one) => one.tokens), answers.map(() => [token]));
});

Deno.test("when the holder of the lock dies between request and save, the others send one request together", async () => {
  await using home = new TestHome();
  const answer = singleUse();
  const arrived = Promise.withResolvers<void>();
  const isDead = Promise.withResolvers<void>();
  await using authority = new TestAuthority(async (request, count) => {
    const response = answer(request.body);
    if (count > 1) return response;
    arrived.resolve();
    await isDead.promise;
    return response;
  });
  const stored = loginText({ access: expired() });
  home.store(stored);
  const holder = start(home, authority.env);
  await arrived.promise;
  holder.kill("SIGKILL");
  await holder.output();
  isDead.resolve();
  const answers = await Promise.all(Array.from({ length: 5 }, () => answerOf(start(home, authority.env))));
  assertEquals(authority.seen.length, 2);
  assertEquals(answers.map((one) => one.warnings), answers.map(() => ["auth_refresh_failed"]));
  assertEquals(home.text(), stored);
});

Deno.test("with a store that cannot be written no token is spent, and the present one is used with one warning", async () => {
  await using home = new TestHome();
  const answer = singleUse();
  await using authority = new TestAuthority((request) => answer(request.body));
  const present = expired();
  const stored = loginText({ access: present });
  home.store(stored);
  const child = start(home, authority.env, 3, ["-R", "-E", "--allow-net", "--deny-write"]);
  const { tokens, warnings } = await answerOf(child);
  assertEquals([authority.seen.length, new Set(tokens).size, warnings], [0, 1, ["auth_refresh_failed"]]);
  assertEquals(tokens[0], `Bearer ${present}`);
  assertEquals(home.text(), stored);
});

Deno.test("with a store that cannot be written a token that is still valid is not spent", async () => {
  await using home = new TestHome();
  const answer = singleUse();
  await using authority = new TestAuthority((request) => answer(request.body));
  const good = accessToken("good", Date.now() + 120_000);
  home.store(loginText({ access: good }));
  const { tokens } = await answerOf(
    start(home, authority.env, 1, ["-R", "-E", "--allow-net", "--deny-write"]),
  );
  assertEquals([authority.seen.length, tokens], [0, [`Bearer ${good}`]]);
});
