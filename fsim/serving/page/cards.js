// Pictures in a grid. What comes from the catalog is put in as text, never as HTML.

import { showPicture } from "./api.js";

const made = (name, className, text) => {
  const element = document.createElement(name);
  if (className) element.className = className;
  if (text !== undefined) element.textContent = text;
  return element;
};

const attributesText = (attributes) =>
  Object.entries(attributes ?? {}).map(([key, value]) => `${key} ${[value].flat().join(", ")}`).join(" · ");

// A card that searches on when it is clicked.
export function card(one, distance, chosen) {
  const place = made("li", "card");
  const button = made("button");
  button.type = "button";
  const frame = made("span", "frame");
  const image = made("img");
  image.alt = "";
  image.loading = "lazy";
  image.decoding = "async";
  image.width = image.height = 256;
  image.addEventListener("load", () => frame.classList.add("there"));
  image.addEventListener("error", () => frame.classList.add("there", "missing"));
  frame.append(image);
  const line = made("span", "line");
  line.append(made("span", "unseen", "Search by "), made("span", "name", one.category || "picture"));
  if (one.score !== undefined) {
    const [meaning, score] = distance === "cosine" ? ["similarity", one.score] : ["distance", -one.score];
    const text = made("span", "score", (Math.abs(score) < 0.005 ? 0 : score).toFixed(2));
    text.title = meaning;
    line.append(made("span", "unseen", `, ${meaning} `), text);
  }
  button.append(frame, line);
  const more = [attributesText(one.attributes), one.duplicates?.length ? `and ${one.duplicates.length} like it` : ""];
  for (const text of more.filter(Boolean)) button.append(made("span", "more", text));
  button.addEventListener("click", () => chosen(one));
  place.append(button);
  showPicture(image, one.image);
  return place;
}

// Places of pictures that are on their way.
export function skeletons(count) {
  return Array.from({ length: count }, () => {
    const place = made("li", "card skeleton");
    place.setAttribute("aria-hidden", "true");
    place.append(made("span", "frame"), made("span", "line"));
    return place;
  });
}

export function emptied(text) {
  const place = made("li", "empty");
  place.append(made("p", "", text));
  return place;
}
