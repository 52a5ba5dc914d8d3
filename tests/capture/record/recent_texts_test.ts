import { RecentTexts } from "../../../lib/capture/record/recent_texts.ts";
import { assertEquals } from "../../support/assert.ts";

Deno.test("a repeated text is not computed again, and a text that has not recurred for long is evicted", () => {
  const cache = new RecentTexts<number>(100);
  const computed: string[] = [];
  const lengthOf = (text: string) =>
    cache.get(text, (copy) => {
      computed.push(copy);
      return copy.length;
    });
  const texts = ["a", "b", "c"].map((letter) => letter.repeat(30));
  for (let turn = 0; turn < 3; turn++) assertEquals(texts.map(lengthOf), [30, 30, 30]);
  assertEquals(computed, texts);
  for (let number = 0; number < 20; number++) lengthOf(`${number}`.padStart(30, "x"));
  assertEquals(lengthOf(texts[0] ?? ""), 30);
  assertEquals(computed.filter((text) => text === texts[0]).length, 2);
});
