// Sends the file that was chosen or dropped, or the claim of a QR code that led here, and shows the answer.
"use strict";
const place = document.getElementById("place");
const file = document.getElementById("file");
const answer = document.getElementById("answer");
const here = location.origin + location.pathname;

async function ask(address, body, type) {
  answer.textContent = "Đang kiểm tra …";
  try {
    const said = await fetch(address, { method: "POST", body, headers: { "Content-Type": type } });
    answer.innerHTML = await said.text();
  } catch {
    answer.textContent = "Không gửi được. Hãy thử lại.";
  }
}

function check(chosen) {
  if (!chosen) return;
  if (chosen.size > Number(file.dataset.most)) {
    answer.textContent = "Tệp quá lớn.";
    return;
  }
  ask(here, chosen, chosen.type || "application/octet-stream");
}

function checkClaim() {
  if (location.hash.length > 1) ask(`${here}claim`, location.hash.slice(1), "text/plain");
}

file.addEventListener("change", () => check(file.files[0]));
addEventListener("hashchange", checkClaim);
checkClaim();
for (const kind of ["dragover", "dragleave", "drop"]) place.addEventListener(kind, (event) => {
  event.preventDefault();
  place.classList.toggle("over", kind === "dragover");
  if (kind === "drop") check(event.dataTransfer.files[0]);
});
