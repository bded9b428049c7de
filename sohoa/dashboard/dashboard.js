"use strict";
// Brings the page up to date every minute, unless somebody is just using something on it.
const EVERY_MS = 60000;

setInterval(async () => {
  const main = document.querySelector("main");
  if (main.contains(document.activeElement)) return;
  try {
    const answer = await fetch(location.href);
    const page = new DOMParser().parseFromString(await answer.text(), "text/html");
    if (!answer.ok || main.contains(document.activeElement)) return;
    main.replaceWith(page.querySelector("main"));
    document.getElementById("now").replaceWith(page.getElementById("now"));
  } catch { /* no line: the time at the top tells how old this is */ }
}, EVERY_MS);
