"use strict";
(function () {
  for (const e of document.querySelectorAll(".js")) e.hidden = false;
  // The slider chooses a column of the maps: it marks it, and says what is there.
  for (const section of document.querySelectorAll("section")) {
    const input = section.querySelector(".slide input");
    if (!input) continue;
    const rows = [...section.querySelectorAll(".pieces tbody tr")];
    const cursors = [...section.querySelectorAll(".cursor")];
    const box = section.querySelector(".maps svg").viewBox.baseVal;
    const left = +section.dataset.left, wide = box.width - left - +section.dataset.right;
    const output = section.querySelector("output");
    const show = () => {
      const k = Number(input.value), x = left + (k + 0.5) / rows.length * wide;
      for (const c of cursors) {
        c.removeAttribute("hidden");
        c.setAttribute("d", c.getAttribute("d").replace(/^M\S+/, "M" + x.toFixed(1)));
      }
      rows.forEach((r, i) => r.classList.toggle("at", i === k));
      const [steps, loss, error, grad, top] = [...rows[k].children].map((c) => c.textContent);
      output.textContent = steps + ": loss " + loss + ", |U−u|² " + error + ", |u|² " + grad + (top ? "; " + top : "");
      input.setAttribute("aria-valuetext", steps);
    };
    input.addEventListener("input", show);
    output.textContent = "move to read a column";
  }
})();
