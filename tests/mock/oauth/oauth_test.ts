import { startMockApi } from "../../../lib/mock/api/api.ts";
import { challengeOf } from "../../../lib/mock/oauth/pkce.ts";
import { assert, assertEquals, assertIncludes } from "../../support/assert.ts";

type Running = Awaited<ReturnType<typeof startMockApi>>;
type Post = (
  path: string,
  body: unknown,
) => Promise<{ status: number; body: Record<string, never> & JsonLike }>;
interface JsonLike {
  readonly [key: string]: string;
}

async function withServer(
  run: (api: Running, post: Post, client: Deno.HttpClient) => Promise<void>,
): Promise<void> {
  const api = await startMockApi();
  const client = Deno.createHttpClient({ caCerts: [api.authority.certificate] });
  try {
    await run(api, async (path, body) => {
      const reply = await fetch(`${api.origin}${path}`, {
        client,
        method: "POST",
        ...(body instanceof URLSearchParams
          ? { body }
          : { body: JSON.stringify(body), headers: { "content-type": "application/json" } }),
      });
      const text = await reply.text();
      return { status: reply.status, body: text === "" ? {} : JSON.parse(text) };
    }, client);
  } finally {
    client.close();
    await api.close();
  }
}

function claims(token: string): Record<string, unknown> {
  const payload = token.split(".")[1] ?? "";
  return JSON.parse(atob(payload.replaceAll("-", "+").replaceAll("_", "/")));
}

Deno.test("a refresh token is valid for one use, and a second use is refused as reused", async () => {
  await withServer(async (api, post) => {
    const first = await api.oauth.issue();
    const ask = { client_id: "app", grant_type: "refresh_token", refresh_token: first.refresh_token };
    const fresh = await post("/oauth/token", ask);
    assertEquals(fresh.status, 200);
    assert(fresh.body["refresh_token"] !== first.refresh_token);
    const again = await post("/oauth/token", ask);
    assertEquals(again.status, 401);
    assertIncludes(JSON.stringify(again.body), "refresh_token_reused");
    assertEquals(api.oauth.refreshCount, 2);
  });
});

Deno.test("of concurrent refreshes with one token exactly one succeeds", async () => {
  await withServer(async (api, post) => {
    const { refresh_token } = await api.oauth.issue();
    const asks = Array.from(
      { length: 8 },
      () => post("/oauth/token", { grant_type: "refresh_token", refresh_token }),
    );
    const statuses = (await Promise.all(asks)).map((answer) => answer.status).sort();
    assertEquals(statuses, [200, 401, 401, 401, 401, 401, 401, 401]);
  });
});

Deno.test("an expired and a revoked refresh token have different errors", async () => {
  await withServer(async (api, post) => {
    for (
      const [state, code] of [["expired", "refresh_token_expired"], [
        "revoked",
        "refresh_token_invalidated",
      ]] as const
    ) {
      const { refresh_token } = await api.oauth.issue();
      api.oauth.spoil(refresh_token, state);
      const answer = await post("/oauth/token", { grant_type: "refresh_token", refresh_token });
      assertIncludes(JSON.stringify(answer.body), code);
    }
  });
});

Deno.test("an access token contains its expiry and account, and the API refuses it after its expiry", async () => {
  await withServer(async (api, _post, client) => {
    const expired = await api.oauth.issue(-60_000);
    const good = await api.oauth.issue();
    assert(Number(claims(expired.access_token)["exp"]) * 1000 < Date.now());
    assertIncludes(JSON.stringify(claims(good.id_token)), "acc-mock-0001");
    const statuses: number[] = [];
    for (const { access_token } of [expired, good]) {
      const headers = { authorization: `Bearer ${access_token}` };
      const reply = await fetch(`${api.baseUrl}/models`, { client, headers });
      statuses.push(reply.status);
      await reply.body?.cancel();
    }
    assertEquals(statuses, [401, 200]);
  });
});

Deno.test("a browser login is approved immediately, and its code requires the correct verifier", async () => {
  await withServer(async (api, post, client) => {
    const redirect_uri = "http://localhost:1455/auth/callback";
    const codeFor = async (verifier: string) => {
      const query = new URLSearchParams({
        redirect_uri,
        code_challenge: await challengeOf(verifier),
        code_challenge_method: "S256",
        state: "s1",
      });
      const reply = await fetch(`${api.origin}/oauth/authorize?${query}`, { client, redirect: "manual" });
      const back = new URL(reply.headers.get("location") ?? "");
      assertEquals(back.searchParams.get("state"), "s1");
      return back.searchParams.get("code") ?? "";
    };
    const exchange = (code: string, code_verifier: string) =>
      post(
        "/oauth/token",
        new URLSearchParams({ grant_type: "authorization_code", code, redirect_uri, code_verifier }),
      );
    assertEquals((await exchange(await codeFor("right"), "right")).status, 200);
    assertEquals((await exchange(await codeFor("right"), "wrong")).status, 400);
  });
});

Deno.test("a device login is pending first, then granted with the server's own verifier", async () => {
  await withServer(async (api, post) => {
    const start = await post("/api/accounts/deviceauth/usercode", { client_id: "app" });
    const poll = { device_auth_id: start.body["device_auth_id"], user_code: start.body["user_code"] };
    assertEquals((await post("/api/accounts/deviceauth/token", poll)).status, 403);
    const granted = await post("/api/accounts/deviceauth/token", poll);
    assertEquals(granted.status, 200);
    const tokens = await post(
      "/oauth/token",
      new URLSearchParams({
        grant_type: "authorization_code",
        code: granted.body["authorization_code"] ?? "",
        code_verifier: granted.body["code_verifier"] ?? "",
        redirect_uri: `${api.origin}/deviceauth/callback`,
      }),
    );
    assertEquals(tokens.status, 200);
  });
});

Deno.test("a revoked token is refused", async () => {
  await withServer(async (api, post) => {
    const { refresh_token } = await api.oauth.issue();
    await post("/oauth/revoke", { token: refresh_token });
    const answer = await post("/oauth/token", { grant_type: "refresh_token", refresh_token });
    assertIncludes(JSON.stringify(answer.body), "refresh_token_invalidated");
    assertEquals(api.oauth.revoked, [refresh_token]);
  });
});
