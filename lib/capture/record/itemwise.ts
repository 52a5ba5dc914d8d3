/**
 * Applies a function to a message item by item. A request repeats the whole history of its session, and most of its
 * items were processed with the request before.
 *
 * @module
 */
import { splitJson } from "./store/json_pieces.ts";
import { RecentTexts } from "./recent_texts.ts";

/** Shorter texts are processed whole, UTF-16 units. */
const SHORTEST = 16 * 1024;

/**
 * Returns a function that does the same as `transform`, and mostly does it once for each item.
 *
 * @param transform a function of a text that looks neither beyond the item nor into it from outside
 */
export function itemwise(transform: (text: string) => string): (text: string) => string {
  const known = new RecentTexts<string>();
  const item = (text: string) => known.get(text, transform);
  return (text) => {
    if (text.length < SHORTEST) return transform(text);
    let skeleton = "";
    const items: string[] = [];
    for (const segment of splitJson(text)) {
      if (!segment.isItem) skeleton += segment.text;
      else {
        skeleton += PLACEHOLDER;
        items.push(segment.text);
      }
    }
    if (items.length === 0) return transform(text);
    const pieces = transform(skeleton).split(PLACEHOLDER);
    // The text holds the placeholder itself, or the function changed one.
    if (pieces.length !== items.length + 1) return transform(text);
    return pieces.reduce((joined, piece, index) => joined + item(items[index - 1] ?? "") + piece);
  };
}

/** No JSON text outside of strings holds it, and no secret looks like it. */
const PLACEHOLDER = "{\u0000}";
