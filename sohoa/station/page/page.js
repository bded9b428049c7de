"use strict";
// The page works without this file: every button is a form. It brings what has come since, and the keys.
const live = document.getElementById("live");
const cut = document.getElementById("cut");
const EVERY_MS = 1000;
let last = null;

async function look() {
  try {
    const address = new URL(location.pathname === "/open" ? "/" : location.href);
    address.pathname = address.pathname.replace(/\/(assign|remove|rescan|move|paper|close|ask|decide|settle)$/, "");
    address.searchParams.set("live", "");
    const answer = await fetch(address);
    if (!answer.ok) throw new Error(answer.status);
    show(await answer.text());
    cut.hidden = true;
  } catch {
    cut.hidden = false;
  }
  setTimeout(look, EVERY_MS);
}

function show(html) {
  const typed = live.contains(document.activeElement) && document.activeElement.matches("input, select");
  if (html === last || typed) return;
  if (last !== null) {
    const unfolded = live.querySelector("details")?.open;
    const focused = live.contains(document.activeElement) ? document.activeElement.id : "";
    live.innerHTML = html;
    if (unfolded && live.querySelector("details")) live.querySelector("details").open = true;
    if (focused) document.getElementById(focused)?.focus();
  }
  last = html;
}

function pressed(event) {
  if (event.target.matches("input, select") || event.ctrlKey || event.altKey || event.metaKey) return;
  const key = (event.shiftKey ? "Shift+" : "") + (event.key.length === 1 ? event.key.toLowerCase() : event.key);
  if (key === "m") {
    document.getElementById("code").focus();
    event.preventDefault();
    return;
  }
  const card = event.target.closest(".pages li");
  if (key === "ArrowLeft" || key === "ArrowRight") {
    const cards = [...live.querySelectorAll(".pages li")];
    const next = cards[card ? cards.indexOf(card) + (key === "ArrowRight" ? 1 : -1) : 0];
    next?.focus();
    event.preventDefault();
    return;
  }
  const button = [...(card ?? live).querySelectorAll("button[data-key]")].find((each) => each.dataset.key === key)
    ?? (key === "g" ? document.getElementById("close") : null);
  if (button && (card || key === "g")) {
    sessionStorage.setItem("focus", card?.id ?? "");
    button.click();
    event.preventDefault();
  }
}

document.addEventListener("keydown", pressed);
const wrong = document.getElementById("wrong");
const before = sessionStorage.getItem("focus");
sessionStorage.removeItem("focus");
const said = document.getElementById("said");
if (wrong ?? said) (wrong ?? said).focus();
else if (before) (document.getElementById(before) ?? live.querySelector(".pages li"))?.focus();
look();
