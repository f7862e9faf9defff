// Photos with progress, and codes read by the camera. Everything works without it, by plain forms.
"use strict";
(() => {
  // A photo over a slow line: how far it is, and no lost page when it fails.
  const upload = document.getElementById("upload");
  upload?.addEventListener("submit", (event) => {
    event.preventDefault();
    const line = upload.querySelector(".progress");
    const bar = line.querySelector("progress");
    const words = line.querySelector("span");
    const button = upload.querySelector("button[type=submit]");
    const failed = () => {
      words.textContent = upload.dataset.failed;
      button.disabled = false;
      delete upload.dataset.sent;
    };
    const request = new XMLHttpRequest();
    request.open("POST", upload.action);
    request.upload.addEventListener("progress", ({ loaded, total }) => {
      bar.value = total ? (loaded / total) * 100 : 0;
      words.textContent = `${upload.dataset.sending} ${Math.round(bar.value)} %`;
    });
    request.addEventListener("load", () => {
      // Redirected to the page when all is well; else the page that says what is wrong.
      if (request.status < 400) { location.assign(request.responseURL); return; }
      if (!(request.getResponseHeader("content-type") ?? "").startsWith("text/html")) { failed(); return; }
      const fresh = new DOMParser().parseFromString(request.responseText, "text/html");
      document.querySelector("main").replaceWith(fresh.querySelector("main"));
      document.querySelector("main .banner")?.scrollIntoView();
    });
    request.addEventListener("error", failed);
    line.hidden = false;
    button.disabled = true;
    request.send(new FormData(upload));
  });

  // The camera: the browser reads the code where it can; else frames are sent to be read.
  const camera = document.getElementById("camera");
  const start = document.getElementById("camera-start");
  if (!camera || !navigator.mediaDevices?.getUserMedia) return;
  start.hidden = false;
  start.addEventListener("click", async () => {
    const words = camera.querySelector("[role=status]");
    const video = camera.querySelector("video");
    camera.hidden = false;
    let stream;
    try {
      const wanted = { facingMode: "environment", width: { ideal: 1280 }, height: { ideal: 720 } };
      stream = await navigator.mediaDevices.getUserMedia({ video: wanted });
    } catch {
      words.textContent = camera.dataset.denied;
      return;
    }
    start.hidden = true;
    words.textContent = camera.dataset.aim;
    video.srcObject = stream;
    await video.play();
    const stop = () => { for (const track of stream.getTracks()) track.stop(); };
    window.addEventListener("pagehide", stop);
    const go = (address) => { stop(); location.assign(address); };
    const detector = "BarcodeDetector" in window && (await BarcodeDetector.getSupportedFormats()).length ? new BarcodeDetector() : null;
    const canvas = document.createElement("canvas");
    const sent = async () => {
      const scale = Math.min(1, 1280 / Math.max(video.videoWidth, video.videoHeight));
      canvas.width = video.videoWidth * scale;
      canvas.height = video.videoHeight * scale;
      canvas.getContext("2d").drawImage(video, 0, 0, canvas.width, canvas.height);
      const frame = await new Promise((done) => { canvas.toBlob(done, "image/jpeg", 0.8); });
      const form = new FormData();
      form.append("token", camera.dataset.token);
      form.append("photo", frame, "frame.jpg");
      const answer = await fetch("/scan", { method: "POST", body: form, headers: { accept: "application/json" } });
      return answer.ok ? (await answer.json()).address : null;
    };
    const look = async () => {
      if (!stream.active) return;
      try {
        if (detector) {
          const [code] = await detector.detect(video);
          if (code) { go(`/scan?code=${encodeURIComponent(code.rawValue)}`); return; }
        } else {
          const address = await sent();
          if (address) { go(address); return; }
        }
      } catch { /* The next frame is another try. */ }
      setTimeout(look, detector ? 150 : 700);
    };
    look();
  });
})();
