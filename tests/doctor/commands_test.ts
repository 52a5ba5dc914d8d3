import { Commands } from "../../lib/doctor/commands.ts";
import { assertEquals } from "../support/assert.ts";

const GIVEN = {
  baseUrl: "https://gateway.test/v1",
  provider: "gate",
  profile: "work",
  model: "m 1",
  transport: "ws",
  caCert: "/tmp/my ca.pem",
  proxy: "http://127.0.0.1:3128",
  apiKeyFile: "key",
} as const;

Deno.test("suggested commands repeat the given flags that they accept, quoted for a shell", () => {
  const commands = new Commands(GIVEN);
  const network = "--profile work --ca-cert '/tmp/my ca.pem' --proxy http://127.0.0.1:3128";
  assertEquals(
    commands.respond({ transport: "sse" }),
    "culvert respond --base-url https://gateway.test/v1 --provider gate --profile work -m 'm 1' --transport sse " +
      "--ca-cert '/tmp/my ca.pem' --proxy http://127.0.0.1:3128 --api-key-file key \"Why is the sky blue?\"",
  );
  assertEquals(
    commands.caFetch("gateway.test"),
    `culvert ca fetch gateway.test --provider gate ${network}`,
  );
  assertEquals(commands.auth("refresh"), `culvert auth refresh ${network}`);
  assertEquals(commands.caInspect(), "culvert ca inspect --ca-cert '/tmp/my ca.pem'");
});
