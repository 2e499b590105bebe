"use strict";
(function () {
  const $ = (id) => document.getElementById(id);
  // Deep links: what a link leads to is opened and shown, whatever the filter hides.
  function arrive() {
    const to = location.hash.length > 1 && $(decodeURIComponent(location.hash.slice(1)));
    if (!to) return;
    for (let e = to; e; e = e.parentElement) {
      if (e.tagName === "DETAILS") e.open = true;
      if (e.classList.contains("card")) e.hidden = false;
    }
    const card = to.closest(".card");
    const at = card && to.classList.contains("body") ? card.querySelector("summary") : to;
    at.scrollIntoView({ block: "start" });
    if (card && at.tagName === "SUMMARY") at.focus({ preventScroll: true });
  }
  addEventListener("hashchange", arrive);
  document.addEventListener("click", (e) => {
    const a = e.target.closest && e.target.closest("a[href^='#']");
    if (a && a.getAttribute("href") === location.hash) arrive();
  });
  arrive();

  // Light and dark: the button turns what the system says.
  const dark = matchMedia("(prefers-color-scheme: dark)");
  let turned = false;
  function paint() {
    const now = dark.matches !== turned;
    document.documentElement.dataset.theme = now ? "dark" : "light";
    $("theme").textContent = now ? "Light" : "Dark";
    for (const sheet of document.styleSheets) {
      for (const rule of sheet.cssRules) {
        if (rule.media && /prefers-color-scheme|^all$|^not all$/.test(rule.media.mediaText)) {
          rule.media.mediaText = turned ? (now ? "all" : "not all") : "(prefers-color-scheme: dark)";
        }
      }
    }
    document.documentElement.style.colorScheme = turned ? (now ? "dark" : "light") : "";
  }
  $("theme").addEventListener("click", () => { turned = !turned; paint(); });
  dark.addEventListener("change", paint);
  paint();

  // Print shows what is closed.
  let closed = [];
  addEventListener("beforeprint", () => {
    closed = [...document.querySelectorAll("details:not([open])")];
    for (const d of closed) d.open = true;
  });
  addEventListener("afterprint", () => { for (const d of closed) d.open = false; });
})();
