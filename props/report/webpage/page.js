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
})();
