"use strict";
(function () {
  const $ = (id) => document.getElementById(id);
  const cards = [...document.querySelectorAll(".card")];
  const box = $("cards");
  for (const e of document.querySelectorAll(".js")) e.hidden = false;

  // Filter and sort.
  const rank = { refuted: 0, undecided: 1, starved: 2, invalid: 3, unsettled: 4, elsewhere: 5, holds: 6 };
  const worst = (c) => Math.min(...c.dataset.verdicts.trim().split(" ").map((v) => rank[v] ?? 9));
  const orders = {
    paper: (a, b) => a.dataset.order - b.dataset.order,
    ratio: (a, b) => b.dataset.ratio - a.dataset.ratio || a.dataset.order - b.dataset.order,
    verdict: (a, b) => worst(a) - worst(b) || a.dataset.order - b.dataset.order,
  };
  function filter() {
    // What stands together is looked for first, its words alone where that finds nothing.
    const phrase = $("find").value.toLowerCase().trim();
    const whole = cards.some((c) => c.dataset.words.includes(phrase));
    const words = whole ? [phrase] : phrase.split(/\s+/);
    const verdict = $("verdict").value;
    const form = $("form").value;
    let n = 0;
    for (const c of cards) {
      const on = words.every((w) => c.dataset.words.includes(w)) &&
        (!verdict || (" " + c.dataset.verdicts).includes(" " + verdict + " ")) &&
        (!form || c.dataset.forms.includes("-" + form));
      c.hidden = !on;
      if (on) n++;
    }
    $("shown").textContent = n === cards.length ? n + " statements" : n + " of " + cards.length + " statements";
    $("none").hidden = n > 0;
  }
  $("order").addEventListener("change", () => box.append(...cards.sort(orders[$("order").value])));
  for (const id of ["find", "verdict", "form"]) $(id).addEventListener("input", filter);
  filter();

  $("all").addEventListener("click", () => {
    const open = $("all").textContent === "Open all";
    for (const c of cards) c.open = open;
    $("all").textContent = open ? "Close all" : "Open all";
  });

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

  // Sliders choose a column of the numbers under a chart; the first choice is all of them.
  for (const f of document.querySelectorAll(".charted")) {
    const input = f.querySelector("input");
    const cursor = f.querySelector(".cursor");
    const at = cursor.dataset.x.split(" ");
    const show = () => {
      const k = Number(input.value);
      const head = f.querySelectorAll("thead th");
      cursor.removeAttribute("hidden");
      cursor.setAttribute("d", cursor.getAttribute("d").replace(/^M\S+/, "M" + at[k]));
      for (const r of f.querySelectorAll("tr")) {
        for (let c = 1; c <= at.length; c++) r.children[c].classList.toggle("off", c !== k + 1);
      }
      f.querySelector("output").textContent = head[k + 1].textContent;
      input.setAttribute("aria-valuetext", head[k + 1].textContent);
    };
    input.addEventListener("input", show);
    f.querySelector("output").textContent = "all: move to choose one";
  }

  // Keyboard: / finds, Escape clears.
  addEventListener("keydown", (e) => {
    if (e.key === "/" && !/^(INPUT|SELECT|TEXTAREA)$/.test(e.target.tagName)) {
      e.preventDefault();
      $("find").focus();
    } else if (e.key === "Escape" && e.target === $("find")) {
      $("find").value = "";
      filter();
    }
  });

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
    closed = [...document.querySelectorAll("details:not([open]):not(.document)")];
    for (const d of closed) d.open = true;
  });
  addEventListener("afterprint", () => { for (const d of closed) d.open = false; });
})();
