// Two indexes side by side, blind, and the vote.

import { vote } from "./api.js";
import { card, emptied, skeletons } from "./cards.js";

export class Sides {
  constructor(element, failed) {
    this.element = element;
    this.failed = failed;
    const [left, right] = element.querySelectorAll("ol");
    this.lists = { left, right };
    this.box = element.querySelector("#vote");
    this.text = this.box.querySelector("p");
    this.buttons = [...this.box.querySelectorAll("button")];
    for (const button of this.buttons) button.addEventListener("click", () => this.vote(button.dataset.choice));
  }

  wait(count) {
    this.box.hidden = true;
    for (const list of Object.values(this.lists)) list.replaceChildren(...skeletons(count));
  }

  show(answer, distance, chosen) {
    this.token = answer.comparison;
    for (const [side, list] of Object.entries(this.lists)) {
      const cards = answer[side].map((one) => card(one, distance, chosen));
      list.replaceChildren(...(cards.length ? cards : [emptied("It has nothing like that.")]));
    }
    this.text.textContent = "Which side fits better?";
    this.buttons.forEach((button) => {
      button.disabled = false;
      button.removeAttribute("aria-pressed");
    });
    this.box.hidden = false;
  }

  async vote(choice) {
    this.buttons.forEach((button) => (button.disabled = true));
    try {
      const was = await vote(this.token, choice);
      this.text.textContent = `Saved, thank you. Left was ${was.left}, right was ${was.right}.`;
      this.text.setAttribute("role", "status");
      this.buttons.find((button) => button.dataset.choice === choice).setAttribute("aria-pressed", "true");
    } catch (error) {
      this.buttons.forEach((button) => (button.disabled = false));
      this.failed(error);
    }
  }
}
