/**
 * A limit for the nesting of JSON that comes from outside.
 *
 * @module
 */

/**
 * Levels that are read. The messages of LLM APIs have about ten; functions that call themselves for each level, as
 * `JSON.stringify` does, exceed the stack at some thousands.
 */
const MAX_NESTING = 500;

const [QUOTE, BACKSLASH] = [0x22, 0x5c];
const [OPEN_ARRAY, CLOSE_ARRAY, OPEN_OBJECT, CLOSE_OBJECT] = [0x5b, 0x5d, 0x7b, 0x7d];

/**
 * Parses JSON whose nesting is limited to 500 levels, so that recursive functions can be applied to the value.
 *
 * @throws SyntaxError if the text is not JSON; RangeError, before the text is parsed, if it is nested too deeply
 */
export function parseNestedJson(text: string): unknown {
  if (isNestedTooDeeply(text)) throw new RangeError(`JSON of more than ${MAX_NESTING} levels`);
  return JSON.parse(text);
}

/** Returns whether a text of JSON has more levels of arrays and objects than are read. */
function isNestedTooDeeply(text: string): boolean {
  // Each level has a character at both of its ends.
  if (text.length <= 2 * MAX_NESTING) return false;
  let level = 0;
  let isString = false;
  for (let at = 0; at < text.length; at++) {
    const code = text.charCodeAt(at);
    if (code === QUOTE) isString = !isString;
    else if (isString) at += code === BACKSLASH ? 1 : 0;
    else if (code === OPEN_ARRAY || code === OPEN_OBJECT) {
      if (++level > MAX_NESTING) return true;
    } else if (code === CLOSE_ARRAY || code === CLOSE_OBJECT) level--;
  }
  return false;
}
