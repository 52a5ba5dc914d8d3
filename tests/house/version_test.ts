import { VERSION } from "../../lib/version.ts";
import { assertEquals } from "../support/assert.ts";

Deno.test("the version constant is the one of deno.json", async () => {
  const config = JSON.parse(await Deno.readTextFile(new URL("../../deno.json", import.meta.url)));
  assertEquals(VERSION, config.version);
});
