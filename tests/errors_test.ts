import { asCulvertError, CulvertError } from "../lib/errors.ts";
import { assertEquals } from "./support/assert.ts";

Deno.test("a text longer than the runtime can hold is a fault of the input", () => {
  for (
    const fail of [
      () => "x".repeat(2 ** 29),
      () => new TextDecoder().decode(new Uint8Array(2 ** 29)),
    ]
  ) {
    let thrown: unknown;
    try {
      fail();
    } catch (error) {
      thrown = error;
    }
    const { code, exitStatus } = asCulvertError(thrown);
    assertEquals([code, exitStatus], ["input_unreadable", 2], String(thrown));
  }
});

Deno.test("an error that no part of the program has foreseen stays internal", () => {
  const { code, exitStatus } = asCulvertError(new RangeError("Maximum call stack size exceeded"));
  assertEquals([code, exitStatus], ["internal", 1]);
  const known = new CulvertError("usage", "known");
  assertEquals(asCulvertError(known), known);
});
