// What forms are answered: a forecast with other prices, the price of bets of one match together, and of a coupon.
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
  accumulator(answer) {
    const legs = answer.combinations.map(match => [`${match.home} – ${match.away}`, `${match.legs.join(", ")}: ${percent(match.chance)}`]);
    return [
      listed([
        ["The whole coupon", element("b", percent(answer.chance))],
        ["Fair price", answer.fair_price === null ? "none: it cannot be won" : answer.fair_price.toFixed(2)],
        ...(answer.price === null ? [] : [
          ["At the best prices", `${answer.price.toFixed(2)}, so a unit is expected to ${answer.expected_value < 0 ? "lose" : "gain"} ${Math.abs(answer.expected_value).toFixed(2)}`],
        ]),
        ...legs,
      ]),
      element("p", answer.notice, { class: "meta" }),
    ];
  },
  pool(answer) {
    const right = answer.hits.map((chance, hits) => [`${hits} right`, percent(chance)]).filter(([, chance]) => chance !== "0 %").reverse();
    const columns = answer.likeliest.map(({ outcomes, chance }) => `${outcomes}: ${percent(chance)}`);
    const system = answer.system;
    return [
      listed([
        ["The ticket", element("b", percent(answer.chance))],
        ...(answer.expected_value === null ? [] : [["Expected gain of a unit", answer.expected_value.toFixed(2)]]),
        ["Fair payment", answer.fair_price === null ? "none" : `${answer.fair_price.toFixed(2)} for a unit on the right column`],
        ...(system ? [["Best system", `${system.picks.map(picks => picks.join("/")).join(", ")}: ${system.columns} columns, ${percent(system.chance)}`]] : []),
        ["Likeliest columns", columns.join("; ")],
        ...right,
      ]),
      element("p", answer.notice, { class: "meta" }),
    ];
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

// the button of the combination says how many bets it prices
const combine = document.getElementById("combine");
if (combine) {
  const button = combine.querySelector("button");
  const count = () => {
    const ticked = [...combine.elements].filter(field => field.checked).length;
    button.disabled = ticked === 0;
    button.textContent = ticked === 0 ? "Tick bets to price them" : ticked === 1 ? "Price the ticked bet" : `Price ${ticked} bets together`;
  };
  addEventListener("change", count);
  addEventListener("pageshow", count);
  count();
}

for (const code of document.querySelectorAll("[data-origin]")) code.textContent = code.textContent.replace("https://this-site", location.origin);
