// The pages work without this: it writes times in the reader's zone, sorts tables, filters lists and gives keys.
"use strict";

for (const time of document.querySelectorAll("time[datetime*='T']")) {
  const instant = new Date(time.dateTime);
  time.title = time.title || time.textContent;
  time.textContent = instant.toLocaleTimeString([], { hour: "2-digit", minute: "2-digit" });
}

// tables of class "sortable": a button in each head sorts by what the cells say, or by their data-value
for (const table of document.querySelectorAll("table.sortable")) {
  const value = (row, column) => {
    const cell = row.cells[column], text = cell.dataset.value ?? cell.textContent.trim();
    const number = Number(text.replace("−", "-").replace(/[ %+]/g, ""));
    return text !== "" && !Number.isNaN(number) ? number : text;
  };
  for (const head of table.tHead.rows[table.tHead.rows.length - 1].cells) {
    const button = document.createElement("button");
    button.append(...head.childNodes);
    head.append(button);
    button.addEventListener("click", () => {
      const falls = head.getAttribute("aria-sort") !== "descending";
      for (const other of table.querySelectorAll("[aria-sort]")) other.removeAttribute("aria-sort");
      head.setAttribute("aria-sort", falls ? "descending" : "ascending");
      const body = table.tBodies[0], column = head.cellIndex;
      const order = (a, b) => (typeof a === typeof b ? (a < b ? -1 : a > b ? 1 : 0) : typeof a === "number" ? -1 : 1);
      body.append(...[...body.rows].sort((a, b) => order(value(a, column), value(b, column)) * (falls ? -1 : 1)));
    });
  }
}

// a search field with data-filter hides what does not have its text, while it is typed
for (const field of document.querySelectorAll("[data-filter]")) {
  const plain = text => text.normalize("NFKD").replace(/\p{M}/gu, "").toLowerCase();
  field.addEventListener("input", () => {
    for (const element of document.querySelectorAll(field.dataset.filter))
      element.hidden = !plain(element.dataset.text ?? element.textContent).includes(plain(field.value.trim()));
  });
}

const KEYS = { "/": "search", j: "next match", k: "previous match", n: "next part of a list", p: "previous part", "?": "these keys" };
addEventListener("keydown", event => {
  if (event.ctrlKey || event.metaKey || event.altKey || event.target.closest("input, select, textarea")) return;
  const links = [...document.querySelectorAll(".match:not([hidden]) .clubs")], at = links.indexOf(document.activeElement);
  const search = document.querySelector("input[type=search]");
  if (event.key === "/" && search) { search.closest("details")?.setAttribute("open", ""); search.focus(); event.preventDefault(); }
  else if (event.key === "j") links[Math.min(at + 1, links.length - 1)]?.focus();
  else if (event.key === "k") links[Math.max(at - 1, 0)]?.focus();
  else if (event.key === "n") document.querySelector("a[rel=next]")?.click();
  else if (event.key === "p") document.querySelector("a[rel=prev]")?.click();
  else if (event.key === "?") {
    let shown = document.querySelector("dialog");
    if (!shown) {
      shown = document.createElement("dialog");
      for (const [key, what] of Object.entries(KEYS)) {
        const line = document.createElement("p"), name = document.createElement("kbd");
        name.textContent = key;
        line.append(name, ` ${what}`);
        shown.append(line);
      }
      document.body.append(shown);
    }
    shown.showModal();
  }
});
