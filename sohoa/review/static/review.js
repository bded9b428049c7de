// What the keys do. Without this script the page is a plain form that can be sent too.
import { refusal, send } from "./send.js";
import { Suggestions } from "./suggest.js";

const GONE = [404, 409];
const form = document.getElementById("decision");
const said = document.getElementById("said");
const lens = document.getElementById("lens");
const inputs = [...document.querySelectorAll("[data-field]")];
const lists = new Map();
const answers = []; // in order, each with what stood there before
const decision = (input) => input.closest(".line").querySelector("select");
const open = () => inputs.filter((each) => decision(each).value === "");

function mark(input, act) {
  decision(input).value = act;
  input.closest(".line").classList.toggle("done", act !== "");
  const left = open().length;
  document.getElementById("left").textContent = left ? `còn ${left}/${inputs.length} mục` : "đã xong, Ctrl+Enter để gửi";
}

function remember(input) {
  input.dataset.value = input.value;
  input.dataset.act = decision(input).value;
}

function restore(input, { value, act }) {
  input.value = value;
  mark(input, act);
  remember(input);
}

function settle(input, act) {
  answers.push({ input, value: input.dataset.value, act: input.dataset.act });
  mark(input, act);
  remember(input);
  const left = open();
  (left.find((each) => inputs.indexOf(each) > inputs.indexOf(input)) ?? left[0] ?? document.getElementById("send")).focus();
}

function undo() {
  const last = answers.pop();
  if (!last) return;
  restore(last.input, last);
  last.input.focus();
  said.textContent = "Đã lấy lại câu trả lời vừa rồi";
}

// Marks where a field stands, and shows that line of the paper enlarged.
function show(name) {
  document.querySelectorAll("rect.here").forEach((each) => each.classList.remove("here"));
  const place = document.getElementById(`place-${name}`);
  lens.classList.toggle("empty", !place);
  if (!place) return;
  place.classList.add("here");
  place.scrollIntoView({ block: "center" });
  const [x, y, w, h] = ["x", "y", "width", "height"].map((each) => Number(place.getAttribute(each)));
  lens.querySelector("use").setAttribute("href", `#image-${place.dataset.page}`);
  lens.setAttribute("viewBox", `${x - h} ${y - 0.6 * h} ${w + 2 * h} ${2.2 * h}`);
}

// Opens or closes what led to the value of a field.
function tell(input) {
  const told = input.closest(".line").querySelector(".told");
  if (told) told.open = !told.open;
}

function pressed(event) {
  const input = event.target;
  if (event.isComposing || event.ctrlKey || event.altKey || event.metaKey) return;
  if (lists.get(input)?.pressed(event.key)) { /* the list has it */ }
  else if (event.key === "Enter") settle(input, "confirm");
  else if (event.key === "F2") tell(input);
  else if (event.key === "F8" && !input.readOnly) settle(input, "unreadable");
  else if (event.key === "Escape") restore(input, { value: input.defaultValue, act: "" });
  else return;
  event.preventDefault();
}

async function decide() {
  const button = document.getElementById("send");
  if (button.disabled) return;
  button.disabled = true;
  const refused = await send(form, said);
  if (!refused) {
    location.assign(form.elements.type.value ? location.href : form.dataset.next);
  } else if (refused.main && GONE.includes(refused.status)) {
    document.querySelector("main").replaceWith(refused.main);
    refused.main.querySelector("a").focus();
  } else {
    said.textContent = refusal(refused.main);
    button.disabled = false;
  }
}

function anywhere(event) {
  if (!form?.isConnected) return;
  const field = event.target.matches("input:not([type])") ? event.target : null;
  const typing = field && field.value !== (field.dataset.value ?? "");
  if (event.key === "F9") document.getElementById("rescan").click();
  else if (event.key === "Enter" && event.ctrlKey) form.requestSubmit();
  else if (event.key === "z" && event.ctrlKey && !typing) undo();
  else return;
  event.preventDefault();
}

for (const input of inputs) {
  remember(input);
  input.addEventListener("focus", () => { remember(input); show(input.dataset.field); input.select(); });
  input.addEventListener("input", () => { mark(input, ""); lists.get(input)?.show(); });
  input.addEventListener("keydown", pressed);
  decision(input).addEventListener("change", (event) => settle(input, event.target.value));
}
// Takes somebody whom the registry knows; whether it is they, Enter in the line says.
for (const button of document.querySelectorAll("[data-take]")) {
  button.addEventListener("click", () => {
    const input = document.getElementById(button.dataset.for);
    input.value = button.dataset.take;
    mark(input, "");
    input.focus();
  });
}
document.addEventListener("keydown", anywhere);
form?.addEventListener("submit", (event) => { event.preventDefault(); decide(); });
inputs[0]?.focus();
if (inputs.length) {
  const names = await (await fetch(form.dataset.names)).json();
  for (const input of inputs) {
    const known = names[input.dataset.kind];
    if (known) lists.set(input, new Suggestions(input, known, said));
  }
}
