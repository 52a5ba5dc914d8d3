/** Assertions of `node:assert`, and two for texts. */
export {
  deepStrictEqual as assertEquals,
  match as assertMatch,
  ok as assert,
  rejects as assertRejects,
  throws as assertThrows,
} from "node:assert/strict";
import { fail } from "node:assert/strict";

/** Asserts that `text` contains `part`; prints the whole text when it does not. */
export function assertIncludes(text: string, part: string): void {
  if (!text.includes(part)) fail(`Expected to find ${JSON.stringify(part)} in:\n${text}`);
}

/** Asserts that `text` does not contain `part`. */
export function assertExcludes(text: string, part: string): void {
  if (text.includes(part)) fail(`Expected not to find ${JSON.stringify(part)} in:\n${text}`);
}
