// Sends the file that was chosen or dropped, and shows the answer.
"use strict";
const place = document.getElementById("place");
const file = document.getElementById("file");
const answer = document.getElementById("answer");

async function check(chosen) {
  if (!chosen) return;
  if (chosen.size > Number(file.dataset.most)) {
    answer.textContent = "Tệp quá lớn.";
    return;
  }
  answer.textContent = "Đang kiểm tra …";
  try {
    const said = await fetch(location.href, { method: "POST", body: chosen, headers: { "Content-Type": "application/pdf" } });
    answer.innerHTML = await said.text();
  } catch {
    answer.textContent = "Không gửi được tệp. Hãy thử lại.";
  }
}

file.addEventListener("change", () => check(file.files[0]));
for (const kind of ["dragover", "dragleave", "drop"]) place.addEventListener(kind, (event) => {
  event.preventDefault();
  place.classList.toggle("over", kind === "dragover");
  if (kind === "drop") check(event.dataTransfer.files[0]);
});
