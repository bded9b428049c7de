// Sends a form until the server answers: what arrives twice counts once, and until then the page stays as it is.
const RETRY_MS = 3000, PATIENCE_MS = 20000;

// Returns null once it was taken, otherwise what the server said: its status and the main part of its page, if any.
export async function send(form, said) {
  said.textContent = "Đang gửi …";
  const body = new URLSearchParams(new FormData(form));
  for (;;) {
    try {
      const signal = AbortSignal.timeout(PATIENCE_MS);
      const answer = await fetch(location.href, { method: "POST", body, redirect: "manual", signal });
      if (answer.type === "opaqueredirect") return null;
      if (answer.status < 500) {
        const page = new DOMParser().parseFromString(await answer.text(), "text/html");
        return { status: answer.status, main: page.querySelector("main") };
      }
    } catch { /* no line */ }
    said.textContent = "Chưa gửi được. Những gì bạn đã nhập vẫn ở đây; máy đang thử gửi lại …";
    await new Promise((done) => setTimeout(done, RETRY_MS));
  }
}

export const refusal = (main) => main?.querySelector("h1").textContent ?? "Máy chủ không nhận.";
