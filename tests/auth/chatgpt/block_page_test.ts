import { refreshGrant } from "../../../lib/auth/chatgpt/token_endpoint.ts";
import { isPermanent } from "../../../lib/auth/recovery/refresh_failure.ts";
import { failureOf, testWorld } from "../kit.ts";
import { DIALER, refusal, scriptedServer } from "../../responses/kit.ts";
import { assertEquals, assertIncludes } from "../../support/assert.ts";

for (const status of [200, 401, 403]) {
  Deno.test(`a web page with status ${status} in place of the token endpoint is named, and the login is kept`, async () => {
    const page = "<!DOCTYPE html><title>Access Denied</title>";
    await using server = scriptedServer(
      refusal(status, page, { "content-type": "text/html", server: "Filter/1" }),
    );
    const endpoints = {
      tokenUrl: new URL(`${server.url}/oauth/token`),
      clientId: "client",
    };
    const parts = { dialer: DIALER, endpoints, world: testWorld(), note: () => {} };
    const error = await failureOf(refreshGrant(parts, "refresh-0123456789", "proactive_expiry"));
    assertIncludes(error.message, '"Access Denied" (server: Filter/1)');
    assertEquals([error.code, error.exitStatus, isPermanent(error)], ["blocked", 5, false]);
  });
}
