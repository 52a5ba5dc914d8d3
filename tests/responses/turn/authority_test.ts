/** An authority that temporarily or permanently returns no credential for a turn. */
import type { Authenticator } from "../../../lib/auth/authenticator.ts";
import { CulvertError, type ErrorCode } from "../../../lib/errors.ts";
import { assertEquals } from "../../support/assert.ts";
import { COMPLETED, CREATED, runScript, stream, tokens } from "../kit.ts";

/** Fails a number of times, then returns a key. */
function failing(
  times: number,
  code: ErrorCode,
): { readonly authenticator: Authenticator; readonly asked: () => number } {
  const inner = tokens("apikey", "sk-test");
  let asked = 0;
  return {
    asked: () => asked,
    authenticator: {
      ...inner,
      authorize: (signal, endpoint) => {
        if (asked++ < times) return Promise.reject(new CulvertError(code, "no credential"));
        return inner.authorize(signal, endpoint);
      },
    },
  };
}

Deno.test("an authority that fails temporarily is asked again, and one request reaches the server", async () => {
  const { authenticator, asked } = failing(1, "connect");
  const reading = await runScript([stream([CREATED, COMPLETED])], { session: { authenticator } });
  assertEquals([reading.result.status, reading.seen.length, asked()], ["completed", 1, 2]);
});

for (const code of ["auth_missing", "auth_storage", "config"] as const) {
  Deno.test(`an authority that fails with ${code} is not asked again, and no request is sent`, async () => {
    const { authenticator, asked } = failing(1, code);
    const reading = await runScript([stream([CREATED, COMPLETED])], { session: { authenticator } });
    assertEquals([reading.result.error?.code, reading.seen.length, asked()], [code, 0, 1]);
  });
}
