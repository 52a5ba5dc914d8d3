import { tnetstring } from "../../../../lib/capture/export/mitmproxy/tnetstring.ts";
import { assertEquals } from "../../../support/assert.ts";

const TEXT = new TextDecoder();

Deno.test("each type has its mark, and a length counts bytes", () => {
  const cases = [
    [null, "0:~"],
    [true, "4:true!"],
    [false, "5:false!"],
    [12345, "5:12345#"],
    [1.5, "3:1.5^"],
    ["é", "2:é;"],
    [new Uint8Array([0x61]), "1:a,"],
    [[12345, true, 0], "19:5:12345#4:true!1:0#]"],
    [{ a: [], b: null }, "14:1:a;0:]1:b;0:~}"],
  ] as const;
  for (const [value, expected] of cases) assertEquals(TEXT.decode(tnetstring(value)), expected);
});
