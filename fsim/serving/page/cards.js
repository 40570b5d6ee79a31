// Pictures in a grid. What comes from the catalog is put in as text, never as HTML.

import { showPicture } from "./api.js";

const made = (name, className, text) => {
  const element = document.createElement(name);
  if (className) element.className = className;
  if (text !== undefined) element.textContent = text;
  return element;
};

export const scoreText = (score) => (score < -0.0005 || score > 1.001 ? score.toFixed(2) : Math.max(0, score).toFixed(2));

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
  line.append(made("span", "name", one.category || "no category"));
  const more = attributesText(one.attributes);
  const told = [`Search by this ${one.category || "picture"}`];
  if (one.score !== undefined) {
    const meaning = distance === "cosine" ? "similarity" : "distance";
    const score = distance === "cosine" ? scoreText(one.score) : (-one.score).toFixed(2);
    line.append(made("span", "score", score));
    told.push(`${meaning} ${score}`);
    frame.title = `${meaning} ${score}`;
  }
  if (more) told.push(more);
  button.append(frame, line);
  if (more) button.append(made("span", "more", more));
  if (one.duplicates?.length) button.append(made("span", "more", `and ${one.duplicates.length} more of it`));
  button.setAttribute("aria-label", told.join(", "));
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
