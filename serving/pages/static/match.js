// What the forms of a match's page are answered: a forecast with other prices, and the price of bets together.
"use strict";

const OUTCOMES = ["home", "draw", "away"];
const percent = share => (share > 0 && share < 0.01 ? "<1 %" : share > 0.99 && share < 1 ? ">99 %" : `${Math.round(100 * share)} %`);

function element(name, text, attributes = {}) {
  const made = document.createElement(name);
  made.textContent = text;
  for (const [key, value] of Object.entries(attributes)) made.setAttribute(key, value);
  return made;
}

/** The bar of three probabilities and their percentages, as the macros of the templates draw them. */
function bar(chances, name) {
  const space = "http://www.w3.org/2000/svg", drawing = document.createElementNS(space, "svg");
  const shares = element("span", "", { class: "shares" });
  drawing.setAttribute("class", "bar");
  drawing.setAttribute("role", "img");
  drawing.setAttribute("aria-label", `${name}: ${OUTCOMES.map(outcome => `${outcome} ${percent(chances[outcome])}`).join(", ")}`);
  let left = 0;
  for (const outcome of OUTCOMES) {
    const part = document.createElementNS(space, "rect");
    for (const [key, value] of [["class", outcome], ["x", `${100 * left}%`], ["width", `${100 * chances[outcome]}%`], ["height", "100%"]])
      part.setAttribute(key, value);
    drawing.append(part);
    left += chances[outcome];
    shares.append(element("span", percent(chances[outcome])));
  }
  return [drawing, shares];
}

function listed(rows) {
  const list = document.createElement("dl");
  for (const [name, ...shown] of rows) {
    const value = document.createElement("dd");
    value.append(...shown);
    list.append(element("dt", name), value);
  }
  return list;
}

const ANSWERS = {
  forecast(answer, form) {
    const stored = JSON.parse(form.dataset.stored);
    const rows = ["market", "blend", "model"].filter(line => answer[line]).flatMap(line => [
      [`${line}, ${line === "model" ? "now" : "your prices"}`, ...bar(answer[line], line)],
      ...(stored[line] ? [[`${line}, stored`, ...bar(stored[line], `stored ${line}`)]] : []),
    ]);
    if (answer.over_2_5) rows.push(["over 2.5 goals", `${percent(answer.over_2_5.market)} by your prices, ${percent(answer.over_2_5.model)} by the model`]);
    return [listed(rows)];
  },
  combination(answer) {
    const price = value => (value === null ? "none: they exclude each other" : value.toFixed(2));
    return [
      listed([
        ["All of them", element("b", percent(answer.chance)), `, by the ${answer.combinations[0].line}`],
        ["Fair price", price(answer.fair_price)],
        ["If independent", `${percent(answer.product_of_legs)}: what multiplying the single chances would say`],
      ]),
      element("p", answer.notice, { class: "meta" }),
    ];
  },
};

for (const form of document.querySelectorAll("form[data-answer]")) {
  form.addEventListener("answer", event => {
    event.preventDefault();
    form.querySelector("output").replaceChildren(...ANSWERS[form.dataset.answer](event.detail, form));
  });
}

for (const code of document.querySelectorAll("[data-origin]")) code.textContent = code.textContent.replace("https://this-site", location.origin);
