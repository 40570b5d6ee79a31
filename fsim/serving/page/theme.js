// Light or dark, as the system says or as the switch was set last; loaded before the page is drawn.
"use strict";
(() => {
  const dark = matchMedia("(prefers-color-scheme: dark)");
  const kept = () => { try { return localStorage.getItem("fsim-theme"); } catch { return null; } };
  const isDark = () => (kept() ? kept() === "dark" : dark.matches);
  const show = () => {
    document.documentElement.dataset.theme = isDark() ? "dark" : "light";
    document.getElementById("theme")?.setAttribute("aria-pressed", String(isDark()));
  };
  show();
  dark.addEventListener("change", show);
  addEventListener("DOMContentLoaded", () => {
    show();
    document.getElementById("theme")?.addEventListener("click", () => {
      try { localStorage.setItem("fsim-theme", isDark() ? "light" : "dark"); } catch { /* a browser that keeps nothing */ }
      show();
    });
  });
})();
