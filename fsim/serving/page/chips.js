// Filters as chips: of one key any of the values, of different keys all.

const FIRST = 8; // chips of a key that are shown at once

export class Chips {
  constructor(place, changed) {
    this.place = place;
    this.changed = changed;
    this.wanted = new Map(); // key -> Set of values
  }

  // ["key=value", ...]
  get filters() {
    return [...this.wanted].flatMap(([key, values]) => [...values].map((value) => `${key}=${value}`));
  }

  show(facets) {
    this.place.replaceChildren(...facets.map((facet) => this.row(facet)));
    const clear = this.button("Clear filters", "clear");
    clear.hidden = true;
    clear.addEventListener("click", () => this.clear());
    this.place.append(clear);
    this.clearButton = clear;
  }

  row({ key, values }) {
    const row = document.createElement("div");
    row.className = "chips";
    row.setAttribute("role", "group");
    row.setAttribute("aria-label", key);
    const name = document.createElement("span");
    name.textContent = name.title = key;
    const line = document.createElement("div");
    const chips = values.map(({ value, count }) => this.chip(key, value, count));
    chips.slice(FIRST).forEach((chip) => (chip.hidden = true));
    line.append(...chips);
    row.append(name, line);
    if (chips.length > FIRST) {
      const more = this.button(`${chips.length - FIRST} more`, "clear");
      more.addEventListener("click", () => {
        chips.forEach((chip) => (chip.hidden = false));
        more.remove();
        chips[FIRST].focus();
      });
      line.append(more);
    }
    return row;
  }

  chip(key, value, count) {
    const chip = this.button(value, "chip");
    const number = document.createElement("span");
    number.textContent = count.toLocaleString("en");
    chip.append(" ", number);
    chip.setAttribute("aria-pressed", "false");
    chip.addEventListener("click", () => {
      const values = this.wanted.get(key) ?? new Set();
      if (!values.delete(value)) values.add(value);
      if (values.size) this.wanted.set(key, values);
      else this.wanted.delete(key);
      chip.setAttribute("aria-pressed", String(values.has(value)));
      this.clearButton.hidden = !this.wanted.size;
      this.changed();
    });
    return chip;
  }

  clear(tell = true) {
    this.wanted.clear();
    this.place.querySelectorAll(".chip").forEach((chip) => chip.setAttribute("aria-pressed", "false"));
    this.clearButton.hidden = true;
    if (tell) this.changed();
  }

  button(text, className) {
    const button = document.createElement("button");
    button.type = "button";
    button.className = className;
    button.textContent = text;
    return button;
  }
}
