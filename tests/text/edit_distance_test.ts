import { editDistance } from "../../lib/text/edit_distance.ts";
import { assertEquals } from "../support/assert.ts";

const ROWS: readonly (readonly [one: string, other: string, distance: number])[] = [
  ["", "", 0],
  ["", "abc", 3],
  ["model", "model", 0],
  ["modl", "model", 1],
  ["modell", "model", 1],
  ["madel", "model", 1],
  ["mdoel", "model", 1],
  ["network-onyl", "network-only", 1],
  ["kitten", "sitting", 3],
  ["ca", "abc", 3],
];

Deno.test("the distance of two words counts insertions, deletions, replacements and exchanges of neighbors", () => {
  for (const [one, other, distance] of ROWS) {
    assertEquals(
      [editDistance(one, other), editDistance(other, one)],
      [distance, distance],
      `${one} ${other}`,
    );
  }
});
