// Asks for the API key, and keeps it until the tab is closed.

import { Locked, about, setKey } from "./api.js";

// -> what the server says of itself, once the key is right.
export function unlocked() {
  const dialog = document.getElementById("locked");
  const field = document.getElementById("key");
  const problem = document.getElementById("locked-problem");
  dialog.addEventListener("cancel", (event) => event.preventDefault()); // without a key there is nothing to see
  dialog.showModal();
  return new Promise((done) => {
    const attempt = async () => {
      setKey(field.value.trim());
      try {
        const told = await about();
        dialog.close();
        done(told);
      } catch (error) {
        problem.textContent = error instanceof Locked ? "That is not the key." : error.message;
        field.select();
      }
    };
    dialog.querySelector("form").addEventListener("submit", (event) => {
      event.preventDefault();
      attempt();
    });
  });
}
