// What the keys do. Without this script the page is a plain form that can be sent too.
"use strict";
const inputs = [...document.querySelectorAll("[data-field]")];
const said = document.getElementById("said");
const decision = (input) => input.parentElement.querySelector("select");

function settle(input, act) {
  decision(input).value = act;
  input.parentElement.classList.toggle("done", act !== "");
  const left = inputs.filter((each) => decision(each).value === "");
  said.textContent = left.length ? `Còn ${left.length} mục` : "Xong: Ctrl+Enter để gửi";
  if (act !== "") (left.find((each) => inputs.indexOf(each) > inputs.indexOf(input)) ?? left[0] ??
    document.getElementById("send")).focus();
}

function show(name) {
  document.querySelectorAll("rect.here").forEach((each) => each.classList.remove("here"));
  const place = document.getElementById(`place-${name}`);
  place?.classList.add("here");
  place?.scrollIntoView({ block: "center" });
}

for (const input of inputs) {
  input.addEventListener("focus", () => { show(input.dataset.field); input.select(); });
  input.addEventListener("input", () => settle(input, ""));
  decision(input).addEventListener("change", (event) => settle(input, event.target.value));
  input.addEventListener("keydown", (event) => {
    if (event.isComposing || event.ctrlKey) return;
    if (event.key === "Enter") settle(input, "confirm");
    else if (event.key === "F8" && !input.readOnly) settle(input, "unreadable");
    else if (event.key === "Escape") { input.value = input.defaultValue; settle(input, ""); }
    else return;
    event.preventDefault();
  });
}
document.addEventListener("keydown", (event) => {
  const form = document.querySelector("form");
  if (!form) return;
  if (event.key === "F9") { document.getElementById("rescan").click(); event.preventDefault(); }
  if (event.key === "Enter" && event.ctrlKey) form.requestSubmit();
});
inputs[0]?.focus();
