// One place on some paper: what it says is typed and sent with Enter; F8: nobody can read it.
import { refusal, send } from "./send.js";
import { Suggestions } from "./suggest.js";

const form = document.getElementById("snippet");
const said = document.getElementById("said");
const input = document.getElementById("value");
let list, sending = false;

async function answer() {
  if (sending) return;
  sending = true;
  const refused = await send(form, said);
  if (!refused) { location.reload(); return; }
  said.textContent = refusal(refused.main);
  document.getElementById("unreadable").checked = false;
  sending = false;
}

if (form) {
  form.addEventListener("submit", (event) => { event.preventDefault(); answer(); });
  input.addEventListener("input", () => list?.show());
  input.addEventListener("keydown", (event) => {
    if (event.isComposing) return;
    if (list?.pressed(event.key)) event.preventDefault();
    else if (event.key === "F8") { document.getElementById("unreadable").checked = true; answer(); event.preventDefault(); }
  });
  input.focus();
  const names = (await (await fetch(form.dataset.names)).json())[input.dataset.kind];
  if (names) list = new Suggestions(input, names, said);
}
