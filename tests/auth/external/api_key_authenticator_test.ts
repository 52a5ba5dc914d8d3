import { apiKeyAuthenticator } from "../../../lib/auth/external/api_key_authenticator.ts";
import { assertEquals } from "../../support/assert.ts";
import { worldWith } from "../../net/kit.ts";

Deno.test("the next request carries the key that recovery received, while another turn still waits for its own", async () => {
  const first = Promise.withResolvers<string>();
  let asked = 0;
  const authenticator = apiKeyAuthenticator(
    () => ++asked === 1 ? first.promise : `sk-${asked}`,
    worldWith(),
  );
  const slow = authenticator.authorize();
  const sent = { mode: "apikey", source: { kind: "flag", name: "test" }, headers: {} } as const;
  const recovered = await authenticator.startTurn().recover({
    endpoint: "/responses",
    transport: "http",
    evidence: {},
    sent,
  });
  first.resolve("sk-1");
  const keys = [
    (await slow).headers["authorization"],
    (await authenticator.authorize()).headers["authorization"],
  ];
  assertEquals([recovered.resend, ...keys, asked], [true, "Bearer sk-1", "Bearer sk-2", 2]);
});
