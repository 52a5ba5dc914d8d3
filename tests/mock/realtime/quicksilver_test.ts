import { quicksilverFrame } from "../../../lib/mock/realtime/quicksilver.ts";
import { assertEquals } from "../../support/assert.ts";

Deno.test("a frame whose type is the name of a method of Object has no form in v1", () => {
  assertEquals(quicksilverFrame({ type: "constructor" }), undefined);
});
