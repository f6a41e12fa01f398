// Verifies the rows of the page: each has the hash of the text that it shows, and follows the row before it.
"use strict";

const button = document.querySelector("[data-verify]");
const said = button?.parentElement.querySelector("output");

async function sha256(text) {
  const hash = await crypto.subtle.digest("SHA-256", new TextEncoder().encode(text));
  return Array.from(new Uint8Array(hash), byte => byte.toString(16).padStart(2, "0")).join("");
}

async function verify() {
  const rows = [...document.querySelectorAll("tr[data-hash]")];  // the newest first
  let broken = 0;
  for (const [place, row] of rows.entries()) {
    const { previous, hash } = row.dataset, before = rows[place + 1];
    const text = row.querySelector("[data-sealed]").textContent;
    const holds = await sha256(`${previous}\n${text}`) === hash && (!before || before.dataset.hash === previous);
    row.lastElementChild.className = holds ? "good" : "bad";
    if (!holds) broken += 1;
  }
  said.className = broken ? "bad" : "good";
  said.textContent = broken ? `${broken} of ${rows.length} rows are not as they were sealed.`
    : `All ${rows.length} rows are as they were sealed, and each follows the one before it.`;
}

if (button && globalThis.crypto?.subtle) {
  button.disabled = false;
  button.addEventListener("click", verify);
} else if (said) said.textContent = "This browser gives hashes over HTTPS or on this machine alone.";
