// The page: what is looked for, and what is found.

import { Locked, about, catalog, fetchPicture, search, showPicture } from "./api.js";
import { card, emptied, skeletons } from "./cards.js";
import { Chips } from "./chips.js";
import { Sides } from "./compare.js";
import { Crop } from "./crop.js";
import { unlocked } from "./lock.js";
import { pictureOf, readyToSend } from "./picture.js";
import { Words } from "./words.js";

const PAGE = 24; // pictures at a time
const REST = 350; // milliseconds after an arrow key or a move of the slider
const $ = (id) => document.getElementById(id);

let server; // what it says of itself
let query = null; // null: look around; {blob}, {id, image} or {shown, image}; {text}, or {..., text, weight}
let comparing = false;
let shown = PAGE;
let asking = new AbortController();
let resting = 0;
const trail = [null]; // queries, for the browser's Back

const chips = new Chips($("filters"), () => find());
const findSoon = () => {
  clearTimeout(resting);
  resting = setTimeout(() => find(), REST);
};
const crop = new Crop($("frame"), $("picture"), () => {
  $("crop").textContent = crop.box ? "Whole picture" : "Crop";
  findSoon();
});
const words = new Words($("search"), (text) => say(text), (weight) => {
  query.weight = weight;
  findSoon();
});
const motion = () => (matchMedia("(prefers-reduced-motion: reduce)").matches ? "auto" : "smooth");
const pictured = (one) => Boolean(one?.blob || one?.image);
const sides = new Sides($("sides"), (error) => tell(error));

// [[name, value], ...] of the form; a part of a picture of the catalog is looked for by its thumbnail.
async function fields() {
  const part = crop.pixels;
  const blob = query.blob ?? (part ? await fetchPicture(query.image) : null);
  const found = [["k", comparing ? Math.min(12, server.max_k) : Math.min(shown, server.max_k)]];
  if (blob) found.push(["image", blob]);
  else if (query.id) found.push(["id", query.id]);
  else if (query.shown) found.push(["shown", query.shown]);
  if (query.text) found.push(["text", query.text]);
  if (query.text && pictured(query) && query.weight !== undefined) found.push(["text_weight", query.weight]);
  found.push(...chips.filters.map((one) => ["filter", one]));
  if (part) found.push(["crop", part]);
  if ($("fold").ariaPressed === "true") found.push(["fold", "1"]);
  return found;
}

async function find({ more = false } = {}) {
  asking.abort();
  asking = new AbortController();
  const { signal } = asking;
  const side = comparing && query !== null;
  shown = more ? shown + PAGE : PAGE;
  $("problem").hidden = $("more").hidden = true;
  $("results").hidden = side;
  $("sides").hidden = !side;
  $("fold").hidden = !query;
  $("title").textContent = titleOf(query);
  $("found").setAttribute("aria-busy", "true");
  $("status").textContent = "Looking …";
  if (side) sides.wait(6);
  else if (!more) $("results").replaceChildren(...skeletons(12));
  try {
    if (!query) await lookAround(signal);
    else if (side) await compared(signal);
    else await searched(signal, more);
  } catch (error) {
    if (error.name !== "AbortError") tell(error);
  } finally {
    if (!signal.aborted) $("found").setAttribute("aria-busy", "false");
  }
}

function titleOf(one) {
  if (!one) return "Look around";
  if (!one.text) return "Most alike";
  return pictured(one) ? "Most alike, with your words" : "What fits your words";
}

const notKnown = (unknown) => (unknown.length ? ` · left out, as not known: ${unknown.join(", ")}` : "");

async function lookAround(signal) {
  const offset = shown === PAGE ? 0 : shown - PAGE;
  const { total, items } = await catalog(chips.filters, offset, PAGE, signal);
  if (signal.aborted) return;
  const cards = items.map((one) => card(one, server.distance, choose));
  if (offset) $("results").append(...cards);
  else $("results").replaceChildren(...(cards.length ? cards : [emptied("No picture has all of that. Take a filter away.")]));
  $("status").textContent = `${total.toLocaleString("en")} pictures`;
  $("more").hidden = offset + items.length >= total;
}

async function searched(signal, more) {
  const begin = performance.now();
  const { results, unknown_words: unknown } = await search("search", await fields(), signal);
  if (signal.aborted) return;
  const cards = results.map((one) => card(one, server.distance, choose));
  const there = more ? $("results").querySelectorAll(".card:not(.skeleton)").length : 0;
  if (there) $("results").append(...cards.slice(there));
  else $("results").replaceChildren(...(cards.length ? cards : [emptied("Nothing has all of that. Take a filter away.")]));
  const seconds = ((performance.now() - begin) / 1000).toFixed(2);
  $("status").textContent = `${results.length} found in ${seconds} s${notKnown(unknown)}`;
  $("more").hidden = results.length < shown || shown >= server.max_k;
}

async function compared(signal) {
  const answer = await search("compare", await fields(), signal);
  if (signal.aborted) return;
  sides.show(answer, server.distance, choose);
  const found = `${answer.left.length} found on the left, ${answer.right.length} on the right`;
  $("status").textContent = found + notKnown(answer.unknown_words);
}

function tell(error) {
  if (error instanceof Locked) {
    unlocked().then(() => find());
    return;
  }
  $("results").querySelectorAll(".skeleton").forEach((one) => one.remove());
  $("sides").querySelectorAll(".skeleton").forEach((one) => one.remove());
  $("status").textContent = "";
  $("problem").hidden = false;
  $("problem").querySelector("p").textContent = error.message;
}

// Begins a search; `kept` where the browser went back to it.
function ask(next, kept = false) {
  if (!kept) {
    trail.length = (history.state?.at ?? 0) + 1;
    trail.push(next);
    history.pushState({ at: trail.length - 1 }, "");
  }
  const samePicture = pictured(next) && next.blob === query?.blob && next.image === query?.image;
  query = next;
  if (!samePicture) showAsked(next);
  words.show(next ?? {}, pictured(next));
  $("invite").hidden = pictured(next);
  $("invite").classList.toggle("small", next !== null);
  $("invite").querySelector("h2").textContent = next ? "Have a picture too?" : "What should it look like?";
  const about = [pictured(next) ? "Most alike" : "", next?.text ?? ""].filter(Boolean).join(", ");
  document.title = about ? `${about} – Find similar` : "Find similar";
  find();
}

function showAsked(next) {
  crop.set(null, false);
  $("crop").textContent = "Crop";
  $("asked").hidden = !pictured(next);
  if (next?.blob) {
    URL.revokeObjectURL($("picture").src);
    $("picture").src = URL.createObjectURL(next.blob);
  } else if (pictured(next)) showPicture($("picture"), next.image);
}

// Words refine the picture, where there is one; without any it is as it was before them.
function say(text) {
  if (text === (query?.text ?? "")) {
    if (text) find();
    return;
  }
  ask(text || pictured(query) ? { ...query, text } : null);
  const below = $("title").getBoundingClientRect().top > 0.8 * innerHeight; // many filters hide what is found
  if (text && below) $("title").scrollIntoView({ behavior: motion() });
}

const choose = (one) => {
  ask(one.shown ? { shown: one.shown, image: one.image } : { id: one.id, image: one.image });
  scrollTo({ top: 0, behavior: motion() });
  $("found").focus({ preventScroll: true });
};

async function give(file) {
  if (!file) return;
  const blob = await readyToSend(file);
  if (blob.size > server.max_upload_mb * 1e6) {
    tell(new Error(`The picture is larger than ${server.max_upload_mb} MB. Choose a smaller one.`));
    return;
  }
  ask({ blob, text: words.text, weight: query?.weight });
}

function pressed(button) {
  const now = button.getAttribute("aria-pressed") !== "true";
  button.setAttribute("aria-pressed", String(now));
  return now;
}

function listen() {
  $("choose").addEventListener("click", () => $("file").click());
  $("another").addEventListener("click", () => $("file").click());
  $("take").addEventListener("click", () => $("camera").click());
  for (const id of ["file", "camera"]) {
    $(id).addEventListener("change", () => {
      give($(id).files[0]);
      $(id).value = "";
    });
  }
  const again = (event) => {
    event.preventDefault();
    chips.clear(false);
    ask(null);
  };
  $("clear").addEventListener("click", again);
  $("home").addEventListener("click", again);
  $("crop").addEventListener("click", () => {
    crop.set(crop.box ? null : [0.15, 0.15, 0.85, 0.85]);
    if (crop.box) crop.element.focus({ preventScroll: true });
  });
  $("compare").addEventListener("click", () => {
    comparing = pressed($("compare"));
    if (query || !comparing) find();
    else $("status").textContent = `Choose a picture${server.text ? " or write words" : ""}: two networks will show side by side what they find.`;
  });
  $("fold").addEventListener("click", () => {
    pressed($("fold"));
    find();
  });
  $("more").addEventListener("click", () => find({ more: true }));
  $("problem").querySelector("button").addEventListener("click", () => find());
  addEventListener("paste", (event) => give(pictureOf(event.clipboardData)));
  let inside = 0;
  addEventListener("dragenter", (event) => {
    if (event.dataTransfer?.types.includes("Files")) $("dropping").hidden = ++inside < 1;
  });
  addEventListener("dragleave", () => ($("dropping").hidden = (inside = Math.max(0, inside - 1)) < 1));
  addEventListener("dragover", (event) => event.preventDefault());
  addEventListener("drop", (event) => {
    event.preventDefault();
    $("dropping").hidden = true;
    inside = 0;
    give(pictureOf(event.dataTransfer));
  });
  addEventListener("popstate", (event) => ask(trail[event.state?.at ?? 0] ?? null, true));
}

async function start() {
  listen();
  history.replaceState({ at: 0 }, "");
  try {
    server = await about().catch((error) => (error instanceof Locked ? unlocked() : Promise.reject(error)));
  } catch (error) {
    tell(error);
    return;
  }
  $("about").textContent = `among ${server.images.toLocaleString("en")} pictures`;
  $("about").title = server.name;
  $("compare").hidden = !server.compare;
  if (server.text) words.allow(server.max_text);
  chips.show(server.facets);
  await find();
}

start();
