import { apiKeyAuthenticator } from "../../../lib/auth/external/api_key_authenticator.ts";
import { assertEquals } from "../../support/assert.ts";
import { worldWith } from "../../net/kit.ts";

Deno.test("the key that recovery was given is the next request's, though another turn is still waiting for its own", async () => {
  const first = Promise.withResolvers<string>();
  let asked = 0;
  const authenticator = apiKeyAuthenticator(
    () => ++asked === 1 ? first.promise : `sk-${asked}`,
    worldWith(),
  );
  const slow = authenticator.authorize();
  const recovered = await authenticator.startTurn().recover({
    endpoint: "/responses",
    transport: "http",
    evidence: {},
  });
  first.resolve("sk-1");
  const keys = [
    (await slow).headers["authorization"],
    (await authenticator.authorize()).headers["authorization"],
  ];
  assertEquals([recovered.resend, ...keys, asked], [true, "Bearer sk-1", "Bearer sk-2", 2]);
});
