/**
 * The program's version. A constant and not an import of `deno.json`, because a JSON module in the graph
 * makes Deno skip the compile cache of a binary (denoland/deno#31766). A test checks that the two are equal.
 */
export const VERSION = "0.1.0";
