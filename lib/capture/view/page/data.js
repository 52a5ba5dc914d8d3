/**
 * Where the data comes from: the page itself, or the program that serves it.
 *
 * @module
 */

import { followChanges } from "./changes.js";

/** Opens the data that is embedded in the page, or that of the server. */
export function openData() {
  const embedded = document.getElementById("embedded-data");
  if (embedded !== null) {
    const data = JSON.parse(embedded.textContent);
    return {
      index: () => Promise.resolve(data.index),
      detail: (id) => Promise.resolve(data.details[id]),
      texts: (id) =>
        Promise.resolve(Object.fromEntries(data.details[id].events.map(({ index, text }) => [index, text]))),
      onChange: () => false,
    };
  }
  const get = async (path) => {
    const response = await fetch(path);
    if (!response.ok) throw new Error(`The server answered ${response.status}`);
    return response;
  };
  const fileOf = (id) => `${encodeURIComponent(id)}.json`;
  /** Version of the capture that the page shows. */
  let version = "";
  return {
    index: async () => {
      const response = await get("data/index.json");
      version = response.headers.get("etag") ?? "";
      return await response.json();
    },
    detail: async (id) => await (await get(`data/exchange/${fileOf(id)}`)).json(),
    texts: async (id) => await (await get(`data/texts/${fileOf(id)}`)).json(),
    onChange: (handlers) => {
      // The server reports a change at once if the capture has grown since the page was loaded.
      followChanges(() => `data/changes?known=${encodeURIComponent(version)}`, handlers);
      return true;
    },
  };
}
