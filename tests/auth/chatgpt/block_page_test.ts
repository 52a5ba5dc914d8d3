import { refreshGrant } from "../../../lib/auth/chatgpt/token_endpoint.ts";
import { transientFailure } from "../../../lib/auth/recovery/refresh_failure.ts";
import { DIALER, refusal, scriptedServer } from "../../responses/kit.ts";
import { assert, assertEquals, assertIncludes } from "../../support/assert.ts";

for (const status of [200, 401, 403]) {
  Deno.test(`a web page with status ${status} in place of the token endpoint is named, and the login is not given up`, async () => {
    const page = "<!DOCTYPE html><title>Access Denied</title>";
    await using server = scriptedServer(
      refusal(status, page, { "content-type": "text/html", server: "Filter/1" }),
    );
    const endpoints = {
      tokenUrl: new URL(`${server.url}/oauth/token`),
      revokeUrl: new URL(`${server.url}/oauth/revoke`),
      clientId: "client",
      accountsBase: server.url,
      agentBase: server.url,
    };
    const reply = await refreshGrant(DIALER, endpoints, "refresh-0123456789", "proactive_expiry", 10_000);
    assert(reply.kind === "transient");
    assertIncludes(reply.problem, '"Access Denied" (server: Filter/1)');
    const error = transientFailure(reply.problem, {}, reply.cause);
    assertEquals([error.code, error.exitStatus], ["blocked", 5]);
  });
}
