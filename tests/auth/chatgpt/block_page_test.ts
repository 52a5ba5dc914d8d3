import { authEndpoints } from "../../../lib/auth/chatgpt/auth_endpoints.ts";
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
    const world = testWorld({ CODEX_REFRESH_TOKEN_URL_OVERRIDE: `${server.url}/oauth/token` });
    const parts = { dialer: DIALER, endpoints: authEndpoints(world.env), world, note: () => {} };
    const error = await failureOf(refreshGrant(parts, "refresh-0123456789", "proactive_expiry"));
    assertIncludes(error.message, '"Access Denied" (server: Filter/1)');
    assertEquals([error.code, error.exitStatus, isPermanent(error)], ["blocked", 5, false]);
  });
}
